#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What an hour of a fleet costs the simulator: 100, 300 and 1000 hosts of 100 guests each.

`simulation.py [PROGRAM]`. One host in a hundred has hardware and feeds one in ten, which feed the
rest. Prints CPU seconds and memory of each size, and the exponent with which the first grows.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bars import bar, finish

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / ".build" / "release" / "entmesh")
SIZES = (100, 300, 1000)
GUESTS = 100
MOST_EXPONENT = 1.25
"""An event queue and hash tables grow with n log n; memory that no cache holds adds to that."""

SCENARIO = """\
name: {hosts} hosts of {guests} guests
duration: 1 h
sample: 60 s
hosts:
  - {{name: hardware, count: {hardware}, tank: 1 MiB, source: 64 KiB/s, guests: {{count: {guests}, boot-within: 10 min}}}}
  - {{name: relay, count: {relays}, tank: 256 KiB, guests: {{count: {guests}, boot-within: 10 min}}}}
  - {{name: leaf, count: {leaves}, tank: 64 KiB, guests: {{count: {guests}, boot-within: 10 min}}}}
links:
  - {{from: hardware, to: relay, each: 1, forth: credit}}
  - {{from: relay, to: leaf, each: 2, forth: credit}}
faults: {{reset: 60, partition: 20, crash: 20, restore: 60}}
"""


def measured(folder: Path, hosts: int) -> float:
    """CPU seconds of one simulated hour."""
    hardware, relays = hosts // 100, hosts // 10
    file = folder / "fleet.yaml"
    file.write_text(
        SCENARIO.format(hosts=hosts, guests=GUESTS, hardware=hardware, relays=relays,
                        leaves=hosts - hardware - relays)
    )
    process = subprocess.Popen([PROGRAM, "simulate", file, "--json"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the simulation of {hosts} hosts ended with {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    print(
        f"| {hosts} hosts, {hosts * GUESTS} guests | {cpu:.1f} s CPU an hour"
        f" | {usage.ru_maxrss / 1024:.0f} MiB | {report['steps']} steps, {1e6 * cpu / report['steps']:.2f} us each |",
        flush=True,
    )
    return cpu


def exponent(costs: list[float]) -> float:
    """The slope of the straight line through the logarithms (least squares)."""
    xs = [math.log(size) for size in SIZES]
    ys = [math.log(cost) for cost in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


with tempfile.TemporaryDirectory(prefix="entmesh-simulation.") as name:
    costs = [measured(Path(name), hosts) for hosts in SIZES]
bar("exponent of the CPU cost over hosts", exponent(costs), MOST_EXPONENT)
finish()
