# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What systemd says of the units, without starting any."""

from __future__ import annotations

import re
from pathlib import Path

from checks import check, scenario
from root import Root

FOLDER = "lib/systemd/system"
MOST = {"entmesh-host.service": 15, "entmesh-guest.service": 9, "entmesh-own-pool.service": 10}
"""The most exposure that is allowed, in tenths."""
ALL = [*MOST, "entmesh-host.socket"]

ALLOWED = {
    "entmesh-host.service": {"AF_VSOCK", "AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"},
    "entmesh-guest.service": {"AF_VSOCK"},
}
"""These two list what is refused, so the list must not fall behind."""
FAMILIES = Path("/usr/include/x86_64-linux-gnu/bits/socket.h")
NO_FAMILIES = {"AF_UNSPEC", "AF_LOCAL", "AF_FILE", "AF_ROUTE", "AF_MAX"}
"""Of the C library: other names, and none at all."""


def in_root(root: Root) -> None:
    with scenario("systemd takes the units as they are"):
        paths = [f"/{FOLDER}/{unit}" for unit in ALL]
        said = root.run("systemd-analyze", "verify", "--man=no", *paths)
        check(said.returncode == 0 and not said.stdout, "no word of systemd-analyze", said.stdout)
    with scenario("the units are confined"):
        for unit, most in MOST.items():
            _is_confined(root, unit, most)
        for unit, allowed in ALLOWED.items():
            _refuses_other_families((root.path / FOLDER / unit).read_text(), unit, allowed)


def _is_confined(root: Root, unit: str, most: int) -> None:
    said = root.run(
        "systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}",
        f"/{FOLDER}/{unit}",
    )  # fmt: skip
    level = re.search(r"Overall exposure level for .*: ([0-9.]+)", said.stdout)
    figure = level[1] if level else "?"
    sentence = f"{unit} is exposed by {most / 10} at most [{figure}]"
    check(level and said.returncode == 0, sentence, said.stdout)


def _refuses_other_families(text: str, unit: str, allowed: set[str]) -> None:
    lines = re.findall(r"(?m)^RestrictAddressFamilies=~(.*)$", text)
    refused = {family for line in lines for family in line.split()}
    known = re.findall(r"(?m)^#define (AF_\w+)\s", FAMILIES.read_text())
    wanted = set(known) - NO_FAMILIES - allowed
    check(refused == wanted, f"{unit} refuses every other address family", refused ^ wanted)
