#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""N3, in real time: 99 polite guests on a source of 4 kB/s, alone and then beside abusers.

The abusers are one flooder and 20 guests that always claim not to be ready. The daemon is the real
one with a source of numbered blocks, over UNIX sockets. Each polite guest must get 95 % of what it
got alone, or of its equal share if that is less, and the slowest hundredth of all waits may grow by
a fifth.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "EndToEnd"))

from bars import bar, finish  # noqa: E402
from fake_guest import FakeGuest  # noqa: E402

DAEMON = REPOSITORY / ".build" / "release" / "entmesh-host-tagged"
SUPPLY = 4000
POLITE, LIARS, FLOODERS = 99, 20, 1
DROP = 6
"""Points a second that a polite guest's level falls: 32 bytes every two seconds or so."""
SETTLING_SECONDS = 20
SECONDS = 90


def measured(guests: list[FakeGuest]) -> tuple[list[float], float]:
    """Bytes a second of each, and the 99th hundredth of all waits in seconds."""
    time.sleep(SETTLING_SECONDS)
    before = [guest.byte_count for guest in guests]
    waits = [len(guest.waits) for guest in guests]
    time.sleep(SECONDS)
    rates = [(guest.byte_count - had) / SECONDS for guest, had in zip(guests, before)]
    since = sorted(wait for guest, had in zip(guests, waits) for wait in guest.waits[had:])
    return rates, since[len(since) * 99 // 100]


def run(folder: Path) -> None:
    socket = folder / "guests.sock"
    daemon = subprocess.Popen(
        [DAEMON, "--no-vsock", "--no-libvirt", "--guests-socket", socket,
         "--control-socket", folder / "control.sock", "--tank-size", "65536", f"--rate={SUPPLY}"],
        stderr=(folder / "log").open("wb"),
    )
    try:
        while not socket.exists():
            time.sleep(0.05)
        polite = [FakeGuest(f"polite{number}", socket, drop=DROP) for number in range(POLITE)]
        abusers = [FakeGuest(f"liar{number}", socket, lies=True) for number in range(LIARS)]
        abusers += [FakeGuest(f"flooder{number}", socket, floods=True) for number in range(FLOODERS)]
        for guest in polite:
            guest.start()
        alone, slow_alone = measured(polite)
        for guest in abusers:
            guest.start()
        beside, slow_beside = measured(polite)
    finally:
        daemon.terminate()
        daemon.wait()
    share = SUPPLY / (POLITE + LIARS + FLOODERS)
    ratios = [now / min(then, share) for then, now in zip(alone, beside)]
    print(f"polite guests: {sum(alone):.0f} B/s alone, {sum(beside):.0f} B/s beside; share {share:.1f}"
          f" B/s each; worst of all {min(ratios):.3f} of its due")
    print(f"slowest hundredth of waits: {1000 * slow_alone:.1f} ms alone, {1000 * slow_beside:.1f} ms beside")
    bar("N3 shortfall of the worst served polite guest", 100 * (1 - min(ratios)), 5, " %")
    bar("N3 growth of the p99 wait", 100 * (slow_beside / slow_alone - 1), 20, " %")


with tempfile.TemporaryDirectory(prefix="entmesh-fairness.") as name:
    run(Path(name))
finish()
