# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A Debian image is baked; its guest gets a vsock, boots and is fed, by the units in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest
from entmesh_rig.hypervisor import virsh
from entmesh_rig.systemd import output, parse_status, run

import package
from package import commands
from product import is_seeded, row

DEVICE = Path("/dev/vdb")
IMAGE = Path("/srv/web1")
BOOT = Path("/var/lib/libvirt/boot")
"""Where the guest's own kernel and initramfs are put for libvirt."""

MEMORY = 512
INITRAMFS_SECONDS = 240
FED_SECONDS = 90
SETTLED_SECONDS = 120
EXPOSURE = 9
"""N28: at most 0.9, in tenths."""
NEEDED = 1 << 21 | 1 << 10
"""CAP_SYS_ADMIN to credit the kernel's pool, CAP_NET_BIND_SERVICE for a low source port."""
LOCKING = 1 << 14
"""CAP_IPC_LOCK."""

# What an image that ran once has, and its clones must not share.
STATE = {
    "var/lib/systemd/random-seed": "seed",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
}


@contextmanager
def _mounted() -> Iterator[None]:
    IMAGE.mkdir(parents=True, exist_ok=True)
    output("mount", str(DEVICE), str(IMAGE))
    try:
        yield
    finally:
        output("umount", "--recursive", str(IMAGE))


def baked() -> None:
    with scenario("a Debian image is baked and sealed"), _mounted():
        for path, text in STATE.items():
            (IMAGE / path).write_text(text)
        (bake,) = commands("A directory that becomes an image", sudo=False)
        said = package.must(bake)
        for path in ("usr/sbin/entmesh-guest", "usr/lib/systemd/system/entmesh-guest.service"):
            check((IMAGE / path).exists(), f"/{path} is in the image", said)
        check(not (IMAGE / "var/lib/systemd/random-seed").exists(), "the random seed is gone")
        machine_id = IMAGE / "etc/machine-id"
        check(machine_id.stat().st_size == 0, "the machine's id is empty", machine_id.read_text())
        _rebuild_initramfs(said)
        BOOT.mkdir(exist_ok=True)
        shutil.copy(next((IMAGE / "boot").glob("vmlinuz-*")), BOOT / "vmlinuz")
        shutil.copy(next((IMAGE / "boot").glob("initrd.img-*")), BOOT / "initrd.img")


def _rebuild_initramfs(said: str) -> None:
    """Types what bake says is next."""
    following = re.search(r"next: (chroot .* update-initramfs .*)", said)
    check(following, "it says how the agent comes into the initramfs", said)
    done = run("sh", "-c", following[1] if following else "false", timeout=INITRAMFS_SECONDS)
    check(done.returncode == 0, "and that does it", done.stdout + done.stderr)


def debian_guest() -> Guest:
    """Without vsock; starving, so that what the agent does in its early boot shows."""
    return Guest(
        "web1", kernel=BOOT / "vmlinuz", image=BOOT / "initrd.img", system=DEVICE,
        starving=True, vsock=False, memory=MEMORY,
    )  # fmt: skip


def attached(guest: Guest) -> None:
    """It is started for a moment only, paused: what is not active has no note."""
    with scenario("a domain without vsock gets one by entmesh attach"):
        guest.define()
        virsh("start", "--paused", guest.name)
        wait_until(
            lambda: row(guest)["note"] == f"no vsock: attach {guest.name}",
            "the list says that it has none, and what to type", FED_SECONDS)
        guest.destroy()
        plan, attach = commands("Attach a guest", sudo=False)
        check("<vsock" in package.must(plan), f"{plan} shows the XML")
        check("<vsock" not in virsh("dumpxml", guest.name), "and changes nothing")
        package.must(attach)
        xml = virsh("dumpxml", guest.name)
        check(xml.count("<vsock") == 1, f"{attach}: it has one", xml)
        again = package.must(attach)
        check(virsh("dumpxml", guest.name).count("<vsock") == 1, "a second time too", again)


def fed(guest: Guest) -> None:
    with scenario("it boots under libvirt, and is listed as fed"):
        guest.start()
        wait_until(lambda: is_seeded(guest), f"{guest.name} is listed as seeded", 2 * FED_SECONDS)
        found = row(guest)
        check(found["servedBytes"] > 0, "at least one block was acknowledged", found)
        check(found.get("lastOutcome") in ("seeded", "reseeded"), "its receipt says so", found)
        for command in commands("See that it is fed", sudo=False):
            print(f"{command}\n{package.must(command)}", flush=True)


def early_boot(guest: Guest) -> None:
    with scenario("its kernel was ready before the root was mounted"):
        guest.wait_ready()
        said = guest.output("dmesg | grep 'entmesh: early boot'")
        check("early boot: fed" in said, f"the initramfs fed it: {said.rpartition(': ')[2]}", said)
        record = guest.output("cat /run/entmesh-guest/early-boot")
        check("bits-after 256" in record, "its pool was full then", record)
        ready = _kernel_time(guest, "random: crng init")
        systemd = _kernel_time(guest, "systemd.1.: systemd")
        check(ready < systemd, f"ready at {ready:.1f} s, systemd began at {systemd:.1f} s")


def _kernel_time(guest: Guest, line: str) -> float:
    """When the first such line was written, in seconds since the kernel started."""
    found = re.search(r"\[ *([\d.]+)\]", guest.output(f"dmesg | grep -m 1 '{line}'"))
    return float(found[1]) if found else 0


def hardened(guest: Guest) -> None:
    with scenario("in the guest the agent runs as its unit says, started by udev"):
        wait_until(lambda: _has_booted(guest), "the guest's boot is over", SETTLED_SECONDS)
        failed = guest.output("systemctl --failed --plain --no-legend")
        check("entmesh" not in failed, "nothing of ours failed", failed)
        state = guest.output("systemctl is-active entmesh-guest")
        check(state == "active", "entmesh-guest is active", state)
        check(".device" in _value(guest, "WantedBy"), "the vsock device wants it")
        status = parse_status(guest.output(f"cat /proc/{_value(guest, 'MainPID')}/status"))
        found = status["CapEff"]
        check(int(found, 16) & NEEDED == NEEDED, "it has the capabilities that it needs", found)
        check(int(found, 16) & ~(NEEDED | LOCKING) == 0, "and no other", found)
        check(status["NoNewPrivs"] == "1", "it can never gain privileges")
        check(status["Seccomp"] == "2", "its system calls are filtered")
        said = guest.output("journalctl --boot --quiet --output=cat --unit entmesh-guest")
        check("seeded" in said, "and what it injects is credited (RNDADDENTROPY)", said)
        gate, text = guest.run(
            f"systemd-analyze security --no-pager --threshold={EXPOSURE} entmesh-guest", 90)
        check(gate == 0, text.rpartition("\n")[2], text)


def _has_booted(guest: Guest) -> bool:
    """Whatever else of the system failed."""
    return guest.run("systemctl is-system-running")[1] in ("running", "degraded")


def _value(guest: Guest, name: str) -> str:
    return guest.output(f"systemctl show --property={name} --value entmesh-guest")
