# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The commands of README.md, for whoever runs them in a test.

    from readme_commands import commands
    for command in commands("Install on a hypervisor"):
        run(command)

A fenced block that is marked `sh` is one to type; blocks without a mark show output. Every section
with such a block is claimed in CLAIMED by the file that runs it: `make test-manual` fails if one is
not, or if that file does not ask for it. docs/baking.md is held so by `make test-baking`.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MAKEFILE = "Makefile"
"""Claims a block of `make TARGET` alone: CI runs the targets, all but those that only measure."""

INSTALL = "Tests/EndToEnd/scenarios/package_install.py"
GUEST = "Tests/EndToEnd/scenarios/package_guest.py"
"""Run in the nested hypervisor, with systemd and a Debian guest."""

UPGRADE = "Tests/EndToEnd/scenarios/package_upgrade.py"

CLAIMED = {
    "README.md": {
        "Build the packages": MAKEFILE,
        "Install the host agent": INSTALL,
        "Attach a guest": GUEST,
        "Put the agent into it": "Tests/Packages/life.py",
        "See that it is fed": GUEST,
        "A directory that becomes an image": GUEST,
        "A disk image": "Tests/Manual/baking_checks.py",
        "Try it without a hypervisor": MAKEFILE,
    },
    "docs/operating.md": {
        "Upgrade, remove, purge": "Tests/EndToEnd/package.py",
        "The host's own pool": INSTALL,
        "What guests were given": UPGRADE,
    },
}


def commands(section: str, document: str = "README.md", *, sudo: bool = True) -> list[str]:
    """The commands of a section, in order, each with its continuation lines; no comments.

    Without `sudo` for who is root.
    """
    found = []
    for block in blocks(document).get(section, []):
        for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines():
            command = re.sub(r"(^|\s+)#\s.*$", "", line).strip()
            if command:
                shlex.split(command)  # one that goes on in the next line would be run in halves
                found.append(command)
    if not found:
        raise LookupError(f"{document} has no sh block in a section {section!r}")
    return found if sudo else [re.sub(r"\bsudo ", "", command) for command in found]


def blocks(document: str = "README.md", mark: str = "sh") -> dict[str, list[str]]:
    """The fenced blocks with this mark, by the heading of whatever level they stand below."""
    found: dict[str, list[str]] = {}
    section = ""
    block: list[str] | None = None
    marked = False
    for line in (ROOT / document).read_text().splitlines():
        fence = re.match(r" *```(\S*)", line)
        if fence and block is None:
            block, marked = [], fence[1] == mark
        elif fence:
            if marked:
                found.setdefault(section, []).append("\n".join(block or []) + "\n")
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("#"):
            section = line.lstrip("#").strip()
    return found
