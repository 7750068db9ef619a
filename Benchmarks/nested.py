#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""In the nested hypervisor: entmesh against bare C, in the same guest and run.

N0: from the host taking the level for 0 to the receipt of a 32-byte block, over vsock.
N35: from the guest's transport reset after a restore to the block that went in.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))

from entmesh_rig.guest import Guest, start_all  # noqa: E402
from entmesh_rig.checks import poll  # noqa: E402
from entmesh_rig.hypervisor import Hypervisor  # noqa: E402
from entmesh_rig.process import Program  # noqa: E402

from bars import bar, finish  # noqa: E402
from product import HostAgent, agent_image, entmesh_json, is_seeded, start_agent  # noqa: E402

BARE = Path(sys.argv[1])
SAMPLES = 200
RESTORES = 5
PORT = 701
PACE = 0.6
"""Seconds from one reseed to the next: a guest's bucket allows two blocks a second."""


def bare_host(blocks: int) -> Program:
    command = [BARE, "host", "--vsock", str(blocks), str(PORT)]
    return Program("bare-host", command).start()


def compare(name: str, ours: float, bare: float, limit: float) -> None:
    """Both in microseconds; the bar is on their ratio."""
    print(f"| {name} | {ours / 1000:.2f} ms | bare C {bare / 1000:.2f} ms |", flush=True)
    bar(f"{name} against bare C", ours / bare, limit, " x")


def round_trips(guest: Guest) -> None:
    """N0: both at the same time, at the same pace, so that they meet the same load."""
    host = bare_host(SAMPLES)
    ours: list[float] = []
    while len(ours) < SAMPLES:
        start = time.monotonic()
        [result] = entmesh_json("reseed", guest.name)["results"]
        if not result["succeeded"]:
            raise RuntimeError(f"a reseed failed: {result}")
        ours.append(result["microseconds"])
        time.sleep(max(0, start + PACE - time.monotonic()))
    poll(lambda: len(host.output().split()) >= SAMPLES, 60)
    host.stop()
    bare = [int(word) / 1000 for word in host.output().split()[:SAMPLES]]
    print(f"({len(ours)} of ours, {len(bare)} of the bare C pair)")
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        compare(f"N0 {label}", percentile(ours, share), percentile(bare, share), 2)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def after_reset(log: str, reset: str) -> float:
    """Microseconds from the last line that tells of a reset to the next "fed"."""
    began = None
    found = None
    for line in log.splitlines():
        match = re.match(r"(\d+) (.*)", line)
        if not match:
            continue
        if reset in match[2]:
            began, found = int(match[1]), None
        elif "fed" in match[2] and began is not None and found is None:
            found = int(match[1])
    if began is None or found is None:
        raise RuntimeError(f"no reset and fed in {log!r}")
    return (found - began) / 1000


def restores(guest: Guest) -> None:
    """N35."""
    host = bare_host(1)
    poll(lambda: host.output(), 60)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(RESTORES):
        guest.restore(guest.save())
        poll(lambda: is_seeded(guest), 60)
        # Both agents are done long before. Ours writes three lines a restore, and after the first
        # eight lines one in ten seconds.
        time.sleep(20)
        ours.append(after_reset(guest.output("cat /run/agent.log"), "reset"))
        bare.append(after_reset(guest.output("cat /run/bare.log"), "reset"))
    print("raw, ms: ours " + ", ".join(f"{value / 1000:.1f}" for value in ours)
          + "; bare C " + ", ".join(f"{value / 1000:.1f}" for value in bare))
    compare("N35 median", statistics.median(ours), statistics.median(bare), 3)


def main() -> None:
    Hypervisor().start()
    HostAgent().start()
    guest = Guest("bench1", image=agent_image(bare_agent=BARE))
    start_all([guest])
    start_agent(guest)
    guest.output(f"(bare-agent guest --vsock 2 {PORT} 2>&1 | probe stamp >/run/bare.log) &")
    poll(lambda: is_seeded(guest), 60)
    round_trips(guest)
    restores(guest)
    finish()


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"{error}\n{error.stderr}")
