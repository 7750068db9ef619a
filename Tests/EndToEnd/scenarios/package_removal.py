# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The package is removed and purged: guests run and start without it, and nothing is left."""

from __future__ import annotations

import shutil

from entmesh_rig.checks import check, scenario
from entmesh_rig.guest import Guest, start_all
from entmesh_rig.systemd import output, run

import package
from package import CONFIG, PURGE, REMOVE, SERVICE, SOCKET


def removed(guest: Guest) -> None:
    with scenario("the package is removed under a running guest"):
        package.must(REMOVE)
        check(guest.state == "running" and guest.run("true")[0] == 0, "the guest runs on")
        check(not package.listens_on_vsock(), "nobody listens for guests any more")
        listed = output("systemctl", "list-units", "--all", "--plain", "--no-legend", "entmesh*")
        # What is enabled until the purge is remembered by its name.
        units = [line.split()[1:3] for line in listed.splitlines()]
        check(
            all(unit == ["not-found", "inactive"] for unit in units),
            "no unit of ours is loaded, and none has failed", listed)
        check(CONFIG.exists(), "the configuration is kept until purge")
        check(not shutil.which("entmesh"), "the programs are gone")
        other = Guest("other1")
        start_all([other])
        check(other.state == "running", "a guest with vsock starts without us")
        other.remove()


def purged(before: set[str]) -> None:
    """`before` are the files from before the package was first installed."""
    with scenario("the package is purged"):
        package.must(PURGE)
        left = package.files() - before
        check(not left, "no file is left", sorted(left))
        named = package.traces() - before
        check(not named, "none that is called like us either", sorted(named))
        for unit in (SERVICE, SOCKET):
            state = run("systemctl", "is-enabled", unit).stdout.strip()
            check(state in ("", "not-found"), f"{unit} is unknown to systemd", state)
        failed = output("systemctl", "--failed", "--plain", "--no-legend")
        check("entmesh" not in failed, "and nothing of ours is called failed", failed)
