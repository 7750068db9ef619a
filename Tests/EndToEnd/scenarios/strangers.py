# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Who may not play the agent."""

from __future__ import annotations

import subprocess

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest

from product import entmesh_json, is_seeded, row

SECONDS = 60


def refusals(reason: str) -> int:
    counters = entmesh_json("status")["counters"]
    return sum(c["count"] for c in counters if (c["name"], c["reason"]) == ("refused", reason))


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
