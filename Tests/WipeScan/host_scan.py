#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""After the daemon has delivered a block, no piece of it is left in its memory.

    host_scan.py BUILD    where BUILD holds entmesh-host-tagged, such as .build/release

The daemon's blocks are tagged: the last eight bytes of each occur nowhere else. Needs root, since
the daemon is not dumpable. Prints what it asserts; exits 1 if anything is found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

import wipe_scan  # noqa: E402
from fake_guest import FakeGuest  # noqa: E402

BLOCKS = 20
DEADLINE = 60


def wait_for(what: str, condition) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"FAIL  {what}: not within {DEADLINE} s")
        time.sleep(0.05)


def next_tail(block: bytes, ahead: int) -> bytes:
    """The last eight bytes of the block `ahead` after this one, which is still in the tank."""
    run, number = block[8:16], int.from_bytes(block[16:24], "big") + ahead
    return (int.from_bytes(run, "big") ^ number).to_bytes(8, "big")


def main() -> int:
    if os.geteuid() != 0:
        print("skipped: reading the memory of a process that is not dumpable takes root")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guests.sock"
        daemon = subprocess.Popen(
            [Path(sys.argv[1]) / "entmesh-host-tagged", "--no-vsock", "--no-libvirt",
             "--guests-socket", path, "--control-socket", Path(folder) / "control.sock"],
            stderr=subprocess.DEVNULL,
        )
        guest = FakeGuest("scanned", path, drop=100)
        try:
            wait_for("the daemon listens", path.exists)
            guest.start()
            wait_for(f"{BLOCKS} blocks are delivered", lambda: len(guest.blocks) >= BLOCKS)
            guest.stop()
            guest.join()
            time.sleep(0.5)  # the scan needs a process at rest
            daemon.send_signal(signal.SIGSTOP)
            found = [hit for block in guest.blocks for hit in wipe_scan.find(daemon.pid, block[-8:])[0]]
            resident, scanned = wipe_scan.find(daemon.pid, next_tail(guest.blocks[-1], 100))
            daemon.send_signal(signal.SIGCONT)
        finally:
            daemon.kill()
            daemon.wait()
    for hit in found:
        print(f"  found: {hit}")
    print(f"  {'FAIL' if found else 'ok  '}  nothing of {len(guest.blocks)} delivered blocks in {scanned >> 20} MiB")
    print(f"  {'ok  ' if resident else 'FAIL'}  the search does find a block that is still in the tank")
    return 1 if found or not resident else 0


sys.exit(main())
