# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Our Debian packages in a hypervisor with systemd: what is installed, and what is left of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from entmesh_rig import RESULTS
from entmesh_rig.systemd import output, properties

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "entmesh-host"
SERVICE = "entmesh-host.service"
SOCKET = "entmesh-host.socket"
CONFIG = Path("/etc/entmesh/host.yaml")
OPERATOR = "operator1"
"""Whom README.md makes a member of the group."""

# What README.md has is typed as it is there.
sys.path.insert(0, str(REPOSITORY / "Tests" / "Manual"))
from readme_commands import commands  # noqa: E402

UPGRADE, REMOVE, PURGE = commands("Upgrade, remove, purge", "docs/operating.md", sudo=False)

COMMAND_SECONDS = 300
# Written all the time, by others: logs, caches, the state of dpkg, of libvirt and of its guests.
FOREIGN = (
    "/var/log", "/var/cache", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/libvirt",
    "/etc/libvirt", "/var/tmp", "/tmp", "/root",
)  # fmt: skip
# Other file systems, and the machine's.
MOUNTS = ("/proc", "/sys", "/dev", "/run", "/srv", str(REPOSITORY), str(RESULTS))

# Who types `apt-get install` answers its question.
APT_CONFIG = """\
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
"""


def built(name: str) -> Path:
    """The package that `make deb` made."""
    found = sorted((REPOSITORY / "host-agent" / "build").glob(f"{name}_*.deb"))
    if len(found) != 1:
        raise FileNotFoundError(f"{len(found)} packages {name} in host-agent/build; type: make deb")
    return found[0]


def typed(command: str, folder: Path = Path("/")) -> subprocess.CompletedProcess[str]:
    """A command of README.md, typed by root in a folder."""
    config = Path("/run/apt.conf")
    config.write_text(APT_CONFIG)
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, timeout=COMMAND_SECONDS, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "APT_CONFIG": str(config), "USER": OPERATOR},
    )  # fmt: skip


def must(command: str, folder: Path = Path("/")) -> str:
    """The same, which must succeed; what it printed."""
    done = typed(command, folder)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}: {done.stdout}")
    return done.stdout


def successor(package: Path, folder: Path) -> Path:
    """The same package under a higher version."""
    tree = folder / "successor"
    output("dpkg-deb", "--raw-extract", str(package), str(tree))
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines()
    changed = [f"{line}+next" if line.startswith("Version: ") else line for line in lines]
    control.write_text("\n".join(changed) + "\n")
    made = folder / f"{HOST}_next_amd64.deb"
    output("dpkg-deb", "-Znone", "--build", str(tree), str(made))
    shutil.rmtree(tree)
    return made


def version() -> str:
    """That of the installed package."""
    return output("dpkg-query", "--show", "--showformat=${Version}", HOST)


def status_line() -> str:
    """What `systemctl status` shows of the daemon's own words."""
    return properties(SERVICE, "StatusText")["StatusText"]


def listens_on_vsock() -> bool:
    """Whether anybody listens on port 700."""
    return ":700 " in output("ss", "--no-header", "--listening", "--vsock") + " "


def files() -> set[str]:
    """All files of this system that packages could have made, by their paths."""
    found: set[str] = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [
            each for each in folders
            if os.path.join(folder, each) not in (*FOREIGN, *MOUNTS)
        ]  # fmt: skip
        found.update(os.path.join(folder, name) for name in (*folders, *names))
    return found


def traces() -> set[str]:
    """Whatever is called like us, wherever it is; but not in the repository or the journal."""
    lines = output(
        "find", "/", "-xdev", "-path", str(REPOSITORY), "-prune", "-o",
        "-iname", "*entmesh*", "-print")
    return set(lines.splitlines())
