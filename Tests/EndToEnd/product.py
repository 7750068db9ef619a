# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The product in the nested hypervisor: the daemon, its command line, guests with the agent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from entmesh_rig.checks import check, closing_checks
from entmesh_rig.guest import Guest, guest_image
from entmesh_rig.process import END_SECONDS, Program

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ENTMESH_BUILD", REPOSITORY / ".build" / "release"))
AGENT = REPOSITORY / "guest-agent" / "build" / "entmesh-guest"
RUN = Path("/run/entmesh")
CONTROL_SOCKET = RUN / "control.sock"
OWN_POOL_SOCKET = RUN / "guest.sock"
CONFIG = RUN / "host.yaml"

USER = 65534
"""Whom the daemon runs as: nobody, with one capability."""

START_SECONDS = 60
COMMAND_SECONDS = 60


class HostAgent(Program):
    """entmesh-host as its unit runs it: an ordinary user with CAP_NET_BIND_SERVICE."""

    def __init__(self, *options: str, program: str = "entmesh-host", name: str = "entmesh-host") -> None:
        RUN.mkdir(exist_ok=True)
        shutil.chown(RUN, USER, USER)
        # What the package's udev rule and the group tss do.
        for device, mode in (("/dev/hwrng", 0o640), ("/dev/tpmrm0", 0o660)):
            shutil.chown(device, 0, USER)
            os.chmod(device, mode)
        if program == "entmesh-host":
            CONFIG.write_text("# All defaults.\n")
            options = ("--config", str(CONFIG), *options)
        super().__init__(
            name,
            [BUILD / program, "--own-pool-socket", OWN_POOL_SOCKET, *options],
            user=USER,
            capabilities=["net_bind_service"],
        )
        # The ones for tests have control sockets of their own, and scenarios to themselves.
        if program == "entmesh-host":
            closing_checks.append(self._check_ledger)

    def start(self) -> HostAgent:
        super().start()
        self.wait_for_line("listening for operators", START_SECONDS)
        return self

    def reload(self, config: str) -> None:
        """Gives it another configuration while it runs."""
        CONFIG.write_text(config)
        self.signal(signal.SIGHUP)

    def _check_ledger(self) -> None:
        if self.running:
            check(ledger_balances(), "the ledger balances", entmesh_json("status")["tank"])
        elif self.status not in (None, 0, -signal.SIGKILL):
            check(False, "the daemon ended by itself", self.status)

    def stop(self, timeout: float = END_SECONDS) -> int | None:
        was_running = self.running
        status = super().stop(timeout)
        if was_running:
            check(status == 0, "the daemon ends in order", status)
        return status


def entmesh(*arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command line; `user` makes it an unprivileged one."""
    command = [str(BUILD / "entmesh"), *arguments]
    if user is not None:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS
    )


def entmesh_json(*arguments: str) -> dict[str, Any]:
    """What a reading command says as JSON; it must succeed."""
    done = entmesh(*arguments, "--json")
    if done.returncode != 0:
        raise RuntimeError(f"entmesh {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def rows() -> dict[str, dict[str, Any]]:
    """All guests by name, as `entmesh list --all --json` has them."""
    return {row["name"]: row for row in entmesh_json("list", "--all")["guests"]}


def row(guest: Guest) -> dict[str, Any]:
    return rows()[guest.name]


def refusals(reason: str) -> int:
    """How many connections the daemon refused for that reason since it started."""
    counters = entmesh_json("status")["counters"]
    return sum(c["count"] for c in counters if (c["name"], c["reason"]) == ("refused", reason))


def is_seeded(guest: Guest) -> bool:
    """Whether the guest's agent acknowledged a block on its live connection."""
    return row(guest)["seeding"] == "seeded"


def generation(guest: Guest) -> str:
    """The generation file of its agent; empty if there is none yet."""
    return guest.output("cat /run/entmesh-guest/generation 2>/dev/null || true")


def adopt(folder: Path) -> None:
    """Gives a folder and all that is in it to the daemon's user."""
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, USER, USER)


def ledger_balances(*where: str) -> bool:
    """in = resident + in flight + delivered + discarded, as `entmesh status` shows it."""
    return balances(entmesh_json("status", *where)["tank"])


def balances(tank: dict[str, Any]) -> bool:
    """The same of one that was read already."""
    parts = tank["resident"] + tank["inFlight"] + tank["delivered"] + tank["discarded"]
    return tank["balances"] and tank["received"] == parts


def start_agent(guest: Guest) -> None:
    """Starts the agent in a guest of agent=None, with stamps in its log."""
    guest.output("(entmesh-guest 2>&1 | probe stamp >/run/agent.log) &")


def agent_image(**more: Path | str) -> Path:
    """A guest's initramfs with the agent in it; `more` are programs for /usr/bin."""
    additions: dict[str, Path | str] = {"/usr/bin/entmesh-guest": AGENT}
    additions |= {f"/usr/bin/{name.replace('_', '-')}": path for name, path in more.items()}
    return guest_image(additions)
