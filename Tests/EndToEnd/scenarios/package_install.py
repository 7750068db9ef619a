# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""entmesh-host is installed from its package, and runs as its units say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.systemd import main_pid, output, process_status, properties, run

import package
from package import OPERATOR, SERVICE, SOCKET, commands
from product import entmesh_json

ACTIVE_SECONDS = 90
STRANGER = "stranger1"
NET_BIND_SERVICE = 1 << 10
STATUS_LINE = r"\d+ guests?, tank \d+ %, \d+ sources? ok"
OWN_POOL = "entmesh-own-pool.service"
EXPOSURE = 15
"""N28: at most 1.5, in tenths."""


def installed(folder: Path) -> None:
    """By what README.md says, in the folder that the package lies in; there is no network."""
    with scenario("the package is installed, and its service runs"):
        output("modprobe", "--remove", "vhost_vsock")
        install, join, doctor = commands("Install the host agent", sudo=False)
        package.must(install, folder)
        package.must(join)
        wait_until(_is_active, "the service is active", ACTIVE_SECONDS)
        found = properties(SERVICE, "Type", "NotifyAccess", "WatchdogUSec")
        check(found["Type"] == "notify", "systemd was told that it is ready", found)
        check(found["WatchdogUSec"] not in ("0", "infinity"), "a watchdog looks after it", found)
        enabled = run("systemctl", "is-enabled", SERVICE, SOCKET).stdout.split()
        check(enabled == ["enabled", "enabled"], "it starts with the machine", enabled)
        check(package.listens_on_vsock(), "systemd listens for guests on port 700")
        check(Path("/sys/module/vhost_vsock").exists(), "the guests' end of vsock was loaded")
        wait_until(
            lambda: re.match(STATUS_LINE, package.status_line()),
            "its state is put in one line", ACTIVE_SECONDS)
        # It changes while the tank fills.
        wait_until(
            lambda: f'Status: "{package.status_line()}"'
            in output("systemctl", "--no-pager", "status", SERVICE),
            "systemctl status shows it", ACTIVE_SECONDS)
        print(f"        {package.status_line()}", flush=True)
        found = package.typed(doctor)
        check(found.returncode in (0, 1, 2) and found.stdout, f"{doctor} looks at it", found)
        print(found.stdout)


def users() -> None:
    """Who has nothing to do with us yet."""
    for name in (OPERATOR, STRANGER):
        output("useradd", name)


def _is_active() -> bool:
    return properties(SERVICE, "ActiveState")["ActiveState"] == "active"


def hardened() -> None:
    with scenario("it runs hardened (N28)"):
        pid = main_pid(SERVICE)
        status = process_status(pid)
        for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
            more = int(status[name], 16) & ~NET_BIND_SERVICE
            check(more == 0, f"{name}: no capability but a low port's", status[name])
        check(status["Uid"].split()[0] != "0", "it is not root", status["Uid"])
        check(status["NoNewPrivs"] == "1", "it can never gain privileges")
        check(status["Seccomp"] == "2", "its system calls are filtered")
        inside = ("nsenter", "--mount", f"--target={pid}", "--")
        written = run(*inside, "touch", "/usr/written").stderr
        check("Read-only" in written, "/usr is read-only to it", written)
        seen = run(*inside, "ls", "/root").stdout
        check(seen == "", "/root is empty to it", seen)
        gate = run("systemd-analyze", "security", f"--threshold={EXPOSURE}", SERVICE)
        last = gate.stdout.strip().splitlines()[-1:]
        check(gate.returncode == 0, f"{' '.join(last)}", gate.stdout)


def sources() -> None:
    with scenario("it reads the hypervisor's generators"):
        found = output("stat", "--format=%U %G %a", "/dev/hwrng")
        check(found == "root entmesh 640", "/dev/hwrng is its group's alone", found)
        read = _as("entmesh", "dd", "if=/dev/hwrng", "of=/dev/null", "bs=16", "count=1")
        check(read.returncode == 0, "its user may read it", read.stderr)
        wait_until(
            lambda: all(source["isHealthy"] for source in entmesh_json("status")["sources"]),
            "all its sources are well", ACTIVE_SECONDS)


def own_pool() -> None:
    """Its unit is off until somebody wants it."""
    with scenario("the hypervisor's own kernel is fed by a unit, too"):
        (enable,) = commands("The host's own pool", "docs/operating.md", sudo=False)
        package.must(enable)
        wait_until(_own_pool_is_seeded, f"{enable}: it is seeded", ACTIVE_SECONDS)
        status = process_status(main_pid(OWN_POOL))
        check(status["Seccomp"] == "2", "its system calls are filtered")
        output("systemctl", "disable", "--now", OWN_POOL)


def _own_pool_is_seeded() -> bool:
    return (entmesh_json("status").get("ownPool") or {}).get("seeding") == "seeded"


def operators() -> None:
    """One of two users was taken into the group."""
    with scenario("members of the group entmesh may look, others not"):
        done = _as(OPERATOR, "entmesh", "status")
        check(done.returncode == 0, "a member sees the status", done.stderr)
        done = _as(STRANGER, "entmesh", "status")
        check(done.returncode != 0, "somebody else does not", done.stdout)
        check("group entmesh" in done.stderr, "and is told which group to join", done.stderr)
        done = _as(OPERATOR, "entmesh", "reseed", "nobody1")
        check("root" in done.stderr, "a member may change nothing", done.stderr)


def _as(user: str, *command: str) -> subprocess.CompletedProcess[str]:
    """As a user with all its groups, as after a login."""
    return run("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *command)
