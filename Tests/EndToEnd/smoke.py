#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Does the nested hypervisor do all that scenarios need? No part of entmesh runs here.

    Tests/EndToEnd/rig/boot -- Tests/EndToEnd/smoke.py
"""

from __future__ import annotations

import re
from pathlib import Path

from entmesh_rig import CACHE
from entmesh_rig.checks import check, run, scenario, wait_until
from entmesh_rig.clone import clone_image
from entmesh_rig.guest import Guest, guest_image, start_all
from entmesh_rig.hypervisor import Hypervisor, virsh
from entmesh_rig.process import Program

LISTENER = Path(__file__).resolve().parent / "helpers" / "vsock-listener.py"
NOBODY = 65534
PORT = 700
FIXED_CID = 42
GREETING = b"hello".hex()


def main() -> None:
    hypervisor = Hypervisor()
    ordinary = Guest("ordinary", disk=True, virtio_rng=True)
    starving = Guest("starving", starving=True)
    # The test helper stands in for the agent, to see that the switch starts one.
    stand_in = Guest(
        "stand-in",
        image=guest_image({"/usr/bin/entmesh-guest": CACHE / "probe"}),
        starving=True,
        agent=["watch-ready", "1"],
        cid=FIXED_CID,
    )
    with scenario("libvirtd answers"):
        hypervisor.start()
        check("QEMU" in virsh("version"), "virsh knows its version")
    with scenario("three guests boot side by side"):
        start_all([ordinary, starving, stand_in])
        for guest in (ordinary, starving, stand_in):
            uptime = guest.output("cut -d ' ' -f 1 /proc/uptime")
            check(guest.state == "running", f"{guest.name} runs commands {uptime} s after its boot")
    starving_stays_so(ordinary, starving)
    the_agent_switch(stand_in)
    vsock(ordinary)
    saved_memory(starving)
    clones(starving)
    pauses(ordinary)
    boots(ordinary)
    snapshots(ordinary)
    libvirtd_goes(hypervisor, ordinary)
    renames(starving)


def starving_stays_so(ordinary: Guest, starving: Guest) -> None:
    with scenario("a starving guest stays so, an ordinary one is ready"):
        check(ordinary.is_kernel_ready, "the ordinary guest's kernel is ready")
        hwrng = ordinary.output("cat /sys/class/misc/hw_random/rng_current")
        check(hwrng.startswith("virtio_rng"), "and it uses its virtio-rng", hwrng)
        _, first = starving.run("probe watch-ready 15")
        check(first == "never", "the starving guest does not become ready in 15 s", first)
        available, poolsize = map(int, starving.output("probe avail").split())
        check(available < 64 and poolsize == 256, f"it has gathered {available} bits of 256")
        sample = starving.output("probe sample 32")
        check(re.fullmatch("[0-9a-f]{64}", sample), "a sample can be had nevertheless", sample)
        check(not starving.is_kernel_ready, "and the sample did not make it ready")


def the_agent_switch(stand_in: Guest) -> None:
    with scenario("the kernel command line starts an agent"):
        wait_until(lambda: stand_in.run("cat /run/agent.status")[0] == 0, "it ran and ended", 30)
        check(stand_in.output("cat /run/agent.status") == "1", "its status is kept")
        check(stand_in.agent_log() == "never", "so is what it printed", stand_in.agent_log())
        check(stand_in.cid == FIXED_CID, f"the guest has the fixed CID {FIXED_CID}", stand_in.cid)


def vsock(guest: Guest) -> None:
    unprivileged = f"probe drop-privs {NOBODY} probe vsock-dial 2"
    with scenario("AF_VSOCK from a guest to an unprivileged listener"):
        listener = Program(
            "listener", [LISTENER, PORT], user=NOBODY, capabilities=["net_bind_service"]
        ).start()
        listener.wait_for_line("^listening$", timeout=30)
        for who, command, source in (
            ("root", f"probe vsock-dial 2 {PORT}", "[0-9]{4,}"),
            ("root from port 600", f"probe vsock-dial 2 {PORT} 600", "600"),
            ("an unprivileged user", f"{unprivileged} {PORT}", "[0-9]{4,}"),
        ):
            said = guest.output(command).split("\n")
            check(said == ["connected", GREETING, "EOF"], f"{who} connects and is greeted", said)
            caller = listener.output().splitlines()[-1]
            check(
                re.fullmatch(f"caller {guest.cid} {source}", caller),
                f"the host sees {caller!r}",
                f"CID {guest.cid}",
            )
        _, said_text = guest.run(f"{unprivileged} {PORT} 600")
        check(said_text == "bind: EACCES", "an unprivileged user cannot have port 600", said_text)
        listener.stop()
        _, said_text = guest.run(f"probe vsock-dial 2 {PORT}")
        check(said_text == "connect: ECONNRESET", "no listener is ECONNRESET", said_text)


def saved_memory(guest: Guest) -> None:
    with scenario("one image restored twice, one after the other"):
        guest.run("echo kept > /run/mark")
        boot_id = guest.boot_id
        image = guest.save()
        check(guest.state == "shut off", "saved")
        for nth in ("first", "second"):
            guest.restore(image)
            guest.wait_ready()
            check(guest.run("cat /run/mark") == (0, "kept"), f"the {nth} runs on")
            check(guest.boot_id == boot_id, "its boot_id is as before")
            check(not guest.is_kernel_ready, "and it still starves")
            guest.destroy()
    with scenario("managed save"):
        guest.restore(image)
        guest.managed_save()
        guest.start().wait_ready()
        check(guest.run("cat /run/mark") == (0, "kept"), "start took the saved memory")


def clones(guest: Guest) -> None:
    with scenario("two guests of one memory at the same time"):
        twin = Guest("twin", starving=True)
        image = guest.save()
        copy = clone_image(image, guest, twin)
        guest.restore(image)
        twin.restore(copy)
        for each in (guest, twin):
            each.wait_ready()
            check(each.run("cat /run/mark") == (0, "kept"), f"{each.name} runs on")
        check(guest.cid != twin.cid, f"their CIDs are {guest.cid} and {twin.cid}")
        check(guest.boot_id == twin.boot_id, "their boot_id is the same")
        twin.remove()


def pauses(guest: Guest) -> None:
    with scenario("pause and resume"):
        guest.pause()
        check(guest.state == "paused", "paused", guest.state)
        check(not guest.shell.answers(2), "it does not answer")
        guest.resume()
        wait_until(lambda: guest.shell.answers(3), "it answers again", 30)


def boots(guest: Guest) -> None:
    for name, restart in (
        ("reset", guest.reset),
        ("reboot", guest.reboot),
        ("panic", guest.panic),
    ):
        with scenario(name):
            pid = qemu_pid(guest)
            boot_id = guest.boot_id
            restart()
            check(guest.boot_id != boot_id, "it booted anew")
            check(qemu_pid(guest) == pid, "in the same QEMU process")


def snapshots(guest: Guest) -> None:
    with scenario("live snapshot and revert"):
        guest.run("echo old > /run/mark")
        guest.snapshot("before")
        check(guest.run("cat /run/mark") == (0, "old"), "it runs on")
        guest.run("echo new > /run/mark")
        pid = qemu_pid(guest)
        guest.revert("before")
        guest.wait_ready()
        check(guest.run("cat /run/mark") == (0, "old"), "reverted")
        # libvirt 9.0 starts QEMU anew for it, so that to vhost it is as a restore.
        check(qemu_pid(guest) != pid, "in a new QEMU process")


def libvirtd_goes(hypervisor: Hypervisor, guest: Guest) -> None:
    with scenario("libvirtd goes and comes back"):
        pid = qemu_pid(guest)
        hypervisor.restart()
        check(guest.state == "running", "the guest runs on over a restart", guest.state)
        hypervisor.kill()
        check(guest.shell.answers(10), "and after a crash")
        hypervisor.start()
        check(guest.state == "running" and qemu_pid(guest) == pid, "and is found again")


def renames(guest: Guest) -> None:
    with scenario("rename"):
        guest.destroy()
        guest.rename("renamed")
        guest.start().wait_ready()
        check(guest.state == "running", "it runs under its new name")
        guest.remove()


def qemu_pid(guest: Guest) -> int:
    return int(Path(f"/run/libvirt/qemu/{guest.name}.pid").read_text())


if __name__ == "__main__":
    run(main)
