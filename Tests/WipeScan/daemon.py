# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The host agent as it was built, without vsock and libvirt, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

DEADLINE = 60


def wait_for(what: str, condition) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {DEADLINE} s")
        time.sleep(0.05)


class Noise(threading.Thread):
    """A noise source: a pipe at `path` that never runs dry. `written` is all that went in."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.written = bytearray()
        os.mkfifo(path)
        os.chmod(path, 0o644)
        self.start()

    def run(self) -> None:
        try:
            with open(self.path, "wb", buffering=0) as pipe:
                while True:
                    samples = os.urandom(4096)
                    self.written += samples[: pipe.write(samples)]
        except (BrokenPipeError, FileNotFoundError):
            pass


class Daemon:
    """`program` of `build` in `folder`; what listens where is up to `options`."""

    def __init__(self, build: Path, program: str, folder: Path, *options: str | Path) -> None:
        self.control = folder / "control.sock"
        self._build = build
        self._process = subprocess.Popen(
            [build / program, *self.options(folder), *options], stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self._log: list[str] = []
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        wait_for("the daemon answers or ends", lambda: self.control.exists() or self._has_ended)
        if self._has_ended:
            self._reader.join()
            raise AssertionError(f"the daemon ended with {self._process.returncode}: {self.log}")

    @property
    def _has_ended(self) -> bool:
        return self._process.poll() is not None

    @staticmethod
    def options(folder: Path) -> list[str | Path]:
        return ["--no-vsock", "--no-libvirt", "--control-socket", folder / "control.sock"]

    @property
    def log(self) -> str:
        return "".join(self._log)

    def _read_log(self) -> None:
        self._log.extend(self._process.stderr)

    def status(self) -> dict:
        """What `entmesh status --json` says."""
        report = subprocess.run(
            [self._build / "entmesh", "status", "--json", "--socket", self.control],
            capture_output=True, text=True, timeout=DEADLINE)
        if report.returncode != 0:
            raise AssertionError(f"entmesh status: {report.returncode}: {report.stderr}")
        return json.loads(report.stdout)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stderr.close()
