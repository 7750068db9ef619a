# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Guests that are fed in their initramfs, before the root is mounted, and what that costs a boot.

The images are Debian's own, made by initramfs-tools and by dracut with entmesh's hooks:
rig/early-boot-images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from entmesh_rig import CACHE
from entmesh_rig.checks import check, scenario
from entmesh_rig.guest import Guest, start_all

from product import HostAgent
from scenarios.restores import Held

IMAGES = CACHE / "early-boot"
INITRAMFS_TOOLS = IMAGES / "initramfs-tools.img"
DRACUT = IMAGES / "dracut.img"
AGENT = "usr/sbin/entmesh-guest"
MODULE = "vmw_vsock_virtio_transport.ko"
PORT = 700
WAIT_MS = 2000
"""What the agent is told."""
AT_ONCE_MS = 500
START_MS = 1500
"""For modprobe and the agent to start: tens of milliseconds, were this not emulated twice."""
MEMORY = 512
READY_BITS = 256


class Record:
    """What the initramfs left in /run/entmesh-guest/early-boot."""

    def __init__(self, guest: Guest) -> None:
        self.text = guest.output("cat /run/entmesh-guest/early-boot")
        self.outcome = self._field(r"outcome (.*)")
        self.waited = int(self._field(r"waited (\d+) ms"))
        self.bits_before = int(self._field(r"bits-before (\d+)"))
        self.bits_after = int(self._field(r"bits-after (\d+)"))

    def _field(self, pattern: str) -> str:
        found = re.search(f"^{pattern}$", self.text, re.MULTILINE)
        if not found:
            raise RuntimeError(f"no {pattern!r} in {self.text!r}")
        return found[1]


def early_boot() -> None:
    """Needs libvirtd, and port 700 of vsock for itself."""
    host = HostAgent(name="early-host").start()
    images_are_whole()
    fed_before_the_root()
    host.stop()
    nobody_listens()
    the_host_is_silent()


def images_are_whole() -> None:
    with scenario("Debian's initramfs has the agent, its hook and the module"):
        for image, hook in (
            ("initramfs-tools", "scripts/init-premount/entmesh"),
            ("dracut", "usr/lib/dracut/hooks/pre-mount/10-entmesh.sh"),
        ):
            files = (IMAGES / f"{image}.list").read_text().splitlines()
            check(AGENT in files, f"{image}: the agent", len(files))
            check(hook in files, f"{image}: its hook", len(files))
            check(any(file.endswith("/" + MODULE) for file in files), f"{image}: {MODULE}", len(files))


def fed_before_the_root() -> None:
    guests = {
        "initramfs-tools": guest("early1", INITRAMFS_TOOLS),
        "dracut": guest("early2", DRACUT),
        "no vsock": guest("early3", INITRAMFS_TOOLS, vsock=False),
    }
    start_all(guests.values())
    for image in ("initramfs-tools", "dracut"):
        with scenario(f"a starving guest is fed in its initramfs, made by {image}"):
            found = Record(guests[image])
            check(found.outcome == "fed", "its initramfs says so", found.text)
            check(found.bits_before < READY_BITS, "it starved until then", found.text)
            check(found.bits_after == READY_BITS, "its kernel was ready before the root", found.text)
            check(found.waited <= WAIT_MS + START_MS, f"the boot waited {found.waited} ms", found.text)
            check_order(guests[image])
    with scenario("a guest without vsock waits for nothing in its initramfs"):
        found = Record(guests["no vsock"])
        check(found.outcome == "no vsock device", "its initramfs says so", found.text)
        check(found.waited <= AT_ONCE_MS, f"the boot waited {found.waited} ms", found.text)
        check(found.bits_after < READY_BITS, "and it starves on", found.text)
    remove(guests.values())


def check_order(guest: Guest) -> None:
    """In the kernel's log: first ready, then the hook's line, then the root."""
    steps = ("crng init done", "entmesh: early boot: fed", "EXT4-fs (vda): mounted")
    # No more than that: it comes over an emulated serial line.
    log = guest.output("dmesg | grep -F " + " ".join(f"-e '{step}'" for step in steps))
    places = [log.find(step) for step in steps]
    in_order = -1 not in places and places == sorted(places)
    check(in_order, "ready, fed, root mounted, in this order", log[-2000:])


def nobody_listens() -> None:
    with scenario("a host without the daemon delays the boot by two seconds"):
        not_fed("early4")


def the_host_is_silent() -> None:
    with scenario("a host that takes the connection and says nothing delays it no longer"):
        Held(PORT)
        not_fed("early5")


def not_fed(name: str) -> None:
    booted = guest(name, INITRAMFS_TOOLS)
    start_all([booted])
    found = Record(booted)
    check(found.outcome == "not fed in time", "its initramfs says so", found.text)
    check(
        WAIT_MS <= found.waited <= WAIT_MS + START_MS,
        f"the boot waited {found.waited} ms, and went on", found.text)
    remove([booted])


def guest(name: str, image: Path, vsock: bool = True) -> Guest:
    """One that starves, and has a disk with a root on it."""
    return Guest(
        name, image=image, starving=True, vsock=vsock, disk=IMAGES / "disk.qcow2", memory=MEMORY,
        kernel_arguments=["root=/dev/vda", "ro"])


def remove(guests: Iterable[Guest]) -> None:
    for each in guests:
        each.remove()
