# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Who may not play the agent."""

from __future__ import annotations

import subprocess

from pathlib import Path

from entmesh_rig import CACHE, RESULTS
from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import GUESTS, Guest
from entmesh_rig.process import Program
from entmesh_rig.shell import Shell

from product import refusals, row, rows

SECONDS = 60
STRANGER_CID = 77


def unprivileged_process(guest: Guest) -> None:
    with scenario("a process without privilege in a guest dials the host (F28)"):
        before = refusals("unprivileged-peer")
        connected = row(guest)["isConnected"]
        print("       ", guest.output("probe drop-privs 1000 probe vsock-dial 2 700; true", 60))
        wait_until(lambda: refusals("unprivileged-peer") == before + 1, "it is refused and counted", SECONDS)
        check(connected and row(guest)["isConnected"], "the agent's session is not touched", row(guest))


def unknown_cid() -> None:
    """A guest that libvirt does not know: L1 itself, over vsock's loopback (CID 1)."""
    with scenario("a CID that is no libvirt domain dials the host (F29)"):
        before = refusals("unknown-guest")
        dial = (
            "import socket; s = socket.socket(socket.AF_VSOCK); "
            "s.bind((socket.VMADDR_CID_ANY, 900)); s.settimeout(10); s.connect((1, 700)); s.recv(64)"
        )
        subprocess.run(["/usr/bin/python3", "-c", dial], check=False, capture_output=True, timeout=60)
        wait_until(lambda: refusals("unknown-guest") > before, "it is refused and counted", SECONDS)


def unknown_machine(image: Path) -> None:
    """A whole VM with an honest agent, started behind libvirt's back."""
    with scenario("a VM that libvirt does not know (F29)"):
        before, names = refusals("unknown-guest"), set(rows())
        shell = GUESTS / "stranger-shell"
        stranger = Program("stranger", [
            "qemu-system-x86_64", "-M", "pc", "-accel", "kvm", "-cpu", "qemu64,-svm", "-m", "128",
            "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", CACHE / "l2" / "vmlinuz", "-initrd", image,
            "-append", 'console=ttyS0 quiet mitigations=off entmesh.agent=""',
            "-serial", f"file:{RESULTS / 'stranger.console'}",
            "-serial", f"unix:{shell},server=on,wait=off",
            "-device", f"vhost-vsock-pci,guest-cid={STRANGER_CID}",
        ]).start()
        wait_until(lambda: refusals("unknown-guest") > before, "its dial is refused and counted", SECONDS)
        wait_until(
            lambda: "the host says unknown-guest" in Shell(shell).run("cat /run/agent.log", 5)[1],
            "its agent is told why", SECONDS)
        check(set(rows()) == names, "no row appears", rows().keys())
        stranger.stop()
