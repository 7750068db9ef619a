# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Background programs in L1: our own daemon, libvirtd, listeners."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from entmesh_rig import RESULTS
from entmesh_rig.checks import poll
from entmesh_rig.network import inside

END_SECONDS = 30
"""For a program to end after SIGTERM, generous for an emulated machine."""


class Program:
    """One program, started and ended as often as a scenario likes.

    Output goes to RESULTS/NAME.log, appended over restarts. With `user` (a number or
    a name) it runs without privileges but for the named `capabilities`, as our unit
    gives them: "net_bind_service". With `namespace` it runs on that host's network.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        user: int | str | None = None,
        group: int | str | None = None,
        capabilities: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> None:
        self.name = name
        self.command = [*_privileges(user, group, capabilities), *map(str, command)]
        if namespace is not None:
            self.command = inside(namespace, self.command)
        self.environment = dict(environment or {})
        self.log = RESULTS / f"{name}.log"
        self.log.unlink(missing_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> Program:
        """Starts it, and forgets the log lines of earlier runs."""
        if self.running:
            raise RuntimeError(f"{self.name} is running already, as {self.pid}")
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        return self

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """How the last run ended: an exit status, minus a signal's number, None while it runs."""
        return None if self._process is None else self._process.poll()

    def output(self) -> str:
        """What this run has logged."""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace")

    def signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def wait(self, timeout: float = END_SECONDS) -> int:
        """Waits for it to end by itself; TimeoutExpired if it does not."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.wait(timeout)

    def stop(self, timeout: float = END_SECONDS) -> int | None:
        """SIGTERM, and SIGKILL after the timeout. Returns the status."""
        if self._process is None:
            return None
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """As a crash looks: SIGKILL."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def restart(self) -> Program:
        self.stop()
        return self.start()

    def wait_for_line(self, pattern: str, timeout: float) -> str:
        """Waits for a line of this run's log in which the regular expression is found."""

        def found() -> str:
            for line in self.output().splitlines():
                if re.search(pattern, line):
                    return line
            return ""

        def found_or_over() -> str | bool:
            # Look whether it runs first: its last line may come before its end.
            running = self.running
            return found() or not running

        line, _ = poll(found_or_over, timeout)
        if not isinstance(line, str) or not line:
            how = "is still running" if self.running else f"ended with {self.status}"
            tail = "\n".join(self.output().splitlines()[-15:])
            raise TimeoutError(f"{self.name} {how} without a line {pattern!r}; its log:\n{tail}")
        return line


def _privileges(
    user: int | str | None, group: int | str | None, capabilities: Sequence[str]
) -> list[str]:
    if user is None:
        return []
    command = ["setpriv", f"--reuid={user}", f"--regid={user if group is None else group}"]
    command.append("--clear-groups")
    if capabilities:
        # Ambient, so that they last over execve; ambient needs inheritable.
        added = ",".join(f"+{each}" for each in capabilities)
        command += [f"--inh-caps=-all,{added}", f"--ambient-caps=-all,{added}"]
    else:
        command.append("--inh-caps=-all")
    return [*command, "--no-new-privs", "--"]
