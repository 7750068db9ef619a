# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""systemd in an L1 that was booted by `boot --root debian`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

COMMAND_SECONDS = 120


def run(*command: str, timeout: float = COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
    """Runs a command, whatever comes of it."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )


def output(*command: str, timeout: float = COMMAND_SECONDS) -> str:
    """What a command printed, which must succeed."""
    done = run(*command, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def properties(unit: str, *names: str) -> dict[str, str]:
    """What `systemctl show` says of a unit."""
    lines = output("systemctl", "show", unit, *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)


def main_pid(unit: str) -> int:
    """0 when the unit does not run."""
    return int(properties(unit, "MainPID")["MainPID"])


def process_status(pid: int) -> dict[str, str]:
    """The lines of /proc/PID/status (proc(5))."""
    return parse_status(open(f"/proc/{pid}/status").read())


def parse_status(text: str) -> dict[str, str]:
    """The same of a process elsewhere."""
    parts = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in parts}


def journal(*matches: str) -> list[dict[str, Any]]:
    """The records of this boot with these fields."""
    lines = output("journalctl", "--boot", "--quiet", "--output=json", *matches)
    return [json.loads(line) for line in lines.splitlines()]
