#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""From a package to the first guest that is fed, to its upgrade and removal, on a hypervisor with
systemd: `boot --root debian -- packages.py`. Needs what `make deb` makes.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

# What is tried is what the package installs, not what was built.
os.environ["ENTMESH_BUILD"] = "/usr/bin"

from entmesh_rig import RESULTS
from entmesh_rig.checks import check, run
from entmesh_rig.guest import GUESTS, Guest
from entmesh_rig.systemd import output

import package
from product import row
from scenarios import package_guest, package_install, package_removal, package_upgrade

FIRST_GUEST_SECONDS = 900
"""From the package to the first guest that is fed: five minutes on a machine, three times that emulated."""


def first_guest(deb: Path) -> Guest:
    start = time.monotonic()
    package_install.installed(deb.parent)
    package_guest.baked()
    guest = package_guest.debian_guest()
    package_guest.attached(guest)
    package_guest.fed(guest)
    took = time.monotonic() - start
    check(
        row(guest)["servedBytes"] > 0 and took < FIRST_GUEST_SECONDS,
        f"from the package to the first guest that is fed: {took:.0f} s, all emulated")
    return guest


def main() -> None:
    GUESTS.mkdir()
    deb = package.built(package.HOST)
    package_install.users()
    before = package.files() | package.traces()
    guest = first_guest(deb)
    package_guest.early_boot(guest)
    package_guest.hardened(guest)
    package_install.hardened()
    package_install.sources()
    package_install.own_pool()
    package_install.operators()
    package_upgrade.reloaded(guest)
    package_upgrade.restored(guest)
    package_upgrade.killed(guest)
    package_upgrade.hung(guest)
    package_upgrade.refused(guest)
    package_upgrade.upgraded(deb, GUESTS, guest)
    package_upgrade.quiet()
    package_removal.removed(guest)
    package_removal.purged(before)
    (RESULTS / "journal.log").write_text(output("journalctl", "--boot", "--no-pager"))


run(main)
