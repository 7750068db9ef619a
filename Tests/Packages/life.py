# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Installation, upgrade, removal and purge, where no systemd runs: as in the making of an image."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from checks import check, scenario
from package import Package
from readme_commands import commands
from root import Root

NAMES = ("entmesh-host", "entmesh-guest")
OWN_LINE = "log: {level: debug}\n"
WRITTEN = ("etc/entmesh/peers/web1.key", "var/lib/entmesh/ledger.json")
"""What an operator and the daemon leave behind."""

_before: set[str] = set()


def begin(root: Root, *packages: Package) -> None:
    with scenario("both packages are installed into a root where no systemd runs"):
        _before.update(root.paths())
        said = _install(root, *packages)
        check("triggers for initramfs-tools" in said, "the initramfs is made anew", said)
        who = root.run("id", "entmesh").stdout
        check("(dialout)" in who and "(tss)" in who, "the daemon's user may open devices", who)
        facts = root.run("stat", "-c", "%a %U %G", "/etc/entmesh/peers").stdout.strip()
        check(facts == "750 root entmesh", "keys have a directory of their own", facts)
        version = packages[0].field("Version")
        answer = root.run("entmesh", "--version").stdout.strip()
        check(answer == f"entmesh {version}", "the command line says the package's version", answer)
        missing = root.run("sh", "-c", "ldd /usr/sbin/entmesh-host | grep 'not found'").stdout
        check(not missing, "the daemon finds its libraries", missing)
        for unit in ("entmesh-host.socket", "entmesh-host.service"):
            _is(root, unit, "enabled")
        _is(root, "entmesh-own-pool.service", "disabled")


def goes_on(root: Root, *packages: Package) -> None:
    with scenario("an upgrade keeps what an operator wrote"):
        config = root.path / "etc/entmesh/host.yaml"
        with config.open("a") as file:
            file.write(OWN_LINE)
        for path in WRITTEN:
            (root.path / path).parent.mkdir(exist_ok=True)
            (root.path / path).touch()
        root.run("systemctl", "disable", "entmesh-host.socket")
        with tempfile.TemporaryDirectory(prefix="entmesh-packages-") as folder:
            _install(root, *(package.newer(Path(folder)) for package in packages))
        check(config.read_text().endswith(OWN_LINE), "the configuration is as it was")
        check(_exist(root) == list(WRITTEN), "so are certificates and ledger", _exist(root))
        _is(root, "entmesh-host.socket", "disabled")
    with scenario("a removal leaves what an operator wrote, and a purge nothing"):
        _dpkg(root, "--remove", *NAMES)
        check(not (root.path / "usr/sbin/entmesh-host").exists(), "the daemon is gone")
        check(not (root.path / "usr/lib/entmesh").exists(), "so is the guest tree")
        check(_exist(root) == list(WRITTEN), "certificates and ledger are not", _exist(root))
        _dpkg(root, "--purge", *NAMES)
        left = root.paths() - _before
        check(not left, "after the purge no file is left", sorted(left))
        lost = _before - root.paths()
        check(not lost, "and none of somebody else's is missing", sorted(lost))


def is_typed(root: Root, guest: Package) -> None:
    """As in a guest that is there already."""
    with scenario("the guest's package is installed by the command of README.md"):
        folder = root.path / "srv"
        shutil.copy(guest.path, folder)
        (install,) = commands("Put the agent into it", sudo=False)
        done = root.run("sh", "-c", f"cd /srv && {install}")
        check(done.returncode == 0, install, done.stdout)
        check((root.path / "usr/sbin/entmesh-guest").exists(), "the agent is there")


def _install(root: Root, *packages: Package) -> str:
    for package in packages:
        shutil.copy(package.path, root.path / "tmp")
    return _dpkg(root, "--install", *(f"/tmp/{package.path.name}" for package in packages))


def _dpkg(root: Root, action: str, *what: str) -> str:
    done = root.run("dpkg", action, *what)
    check(done.returncode == 0, f"dpkg {action} succeeds", done.stdout)
    return done.stdout


def _exist(root: Root) -> list[str]:
    return [path for path in WRITTEN if (root.path / path).exists()]


def _is(root: Root, unit: str, state: str) -> None:
    found = root.run("systemctl", "is-enabled", unit).stdout.strip()
    check(found == state, f"{unit} is {state}", found)
