# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""libvirt in L1, without systemd."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from entmesh_rig import CACHE
from entmesh_rig.checks import poll
from entmesh_rig.process import Program

START_SECONDS = 120
"""libvirtd first asks QEMU for its capabilities: 10 s here, more on a loaded machine."""

VIRSH_SECONDS = 180
"""A snapshot writes all of a guest's memory under double emulation."""

# Written over the package's files, in L1's overlay.
QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
namespaces = []
remember_owner = 0
# QEMU writes its guests' consoles by itself: no virtlogd, one process less to emulate.
stdio_handler = "file"
"""
# No polkit in L1: the host agent is not root but may read, and only root may change anything.
LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
"""


# What libvirtd has learnt about this QEMU under this kernel takes it 7 s to ask. boot keeps
# it for the next run; libvirtd itself checks that it is still true.
CAPABILITIES = Path("/var/cache/libvirt/qemu/capabilities")
KEPT_CAPABILITIES = CACHE / "capabilities"
LEARNT_CAPABILITIES = Path("/run/entmesh-rig/capabilities")


# libvirt starts with nothing of the machine's: no networks or filters to load, and no
# folder that only the machine's root may read.
LIBVIRT_FOLDERS = ("/etc/libvirt", "/var/cache/libvirt", "/var/lib/libvirt", "/var/log/libvirt")


class VirshError(Exception):
    """A virsh command failed; the message has its words."""


def virsh(*arguments: str | Path, timeout: float = VIRSH_SECONDS) -> str:
    """Runs virsh against qemu:///system and returns what it printed."""
    command = ["virsh", "--quiet", "--connect", "qemu:///system", *map(str, arguments)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )
    if done.returncode != 0:
        raise VirshError(f"virsh {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout.strip()


def prepare_libvirt() -> None:
    """Gives libvirtd its folders and configuration; once in the life of L1."""
    if os.path.ismount(LIBVIRT_FOLDERS[0]):
        return
    for folder in LIBVIRT_FOLDERS:
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    Path("/etc/libvirt/qemu.conf").write_text(QEMU_CONF)
    Path("/etc/libvirt/libvirtd.conf").write_text(LIBVIRTD_CONF)
    # Not asked for its capabilities, since no guest here uses it.
    Path("/usr/bin/qemu-system-i386").unlink(missing_ok=True)
    if KEPT_CAPABILITIES.exists():
        shutil.copytree(KEPT_CAPABILITIES, CAPABILITIES, copy_function=shutil.copyfile)


class Hypervisor:
    """libvirtd. Guests outlive its end, as on a real host."""

    def __init__(self) -> None:
        self._libvirtd = Program("libvirtd", ["/usr/sbin/libvirtd"])

    def start(self) -> Hypervisor:
        """Starts libvirtd and waits until it answers."""
        prepare_libvirt()
        self._libvirtd.start()
        _, found = poll(self._answers, START_SECONDS)
        if found is not True:
            raise TimeoutError(f"libvirtd does not answer: {found}\n{self._libvirtd.output()}")
        virsh("domcapabilities")  # asks for the capabilities, if they are not known yet
        shutil.copytree(CAPABILITIES, LEARNT_CAPABILITIES, dirs_exist_ok=True)
        return self

    def stop(self) -> None:
        self._libvirtd.stop()

    def kill(self) -> None:
        """As a crash looks: SIGKILL."""
        self._libvirtd.kill()

    def restart(self) -> Hypervisor:
        self.stop()
        return self.start()

    @property
    def pid(self) -> int:
        return self._libvirtd.pid

    def _answers(self) -> bool | str:
        if not self._libvirtd.running:
            return f"it ended with {self._libvirtd.status}"  # true: no use to wait longer
        # The socket listens before the drivers are up; a list is answered after.
        virsh("list")
        return True
