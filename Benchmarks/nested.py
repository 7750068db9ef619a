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

from product import HostAgent, agent_image, entmesh_json, is_seeded  # noqa: E402

BARE = Path(sys.argv[1])
SAMPLES = 60
RESTORES = 5
PORT = 701
PAUSE = 0.6
"""Between two reseeds: a guest's bucket allows two blocks a second."""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def compare(name: str, ours: list[float], bare: list[float], share: float, label: str) -> None:
    a, b = percentile(ours, share), percentile(bare, share)
    print(f"| {name} {label} | {a / 1000:.2f} ms | {b / 1000:.2f} ms | {a / b:.2f} |", flush=True)


def round_trips(guest: Guest, host: Program) -> None:
    poll(lambda: len(host.output().split()) >= SAMPLES, 300)
    bare = [int(word) / 1000 for word in host.output().split()]
    ours: list[float] = []
    for _ in range(SAMPLES):
        reply = entmesh_json("reseed", guest.name)
        ours += [result["microseconds"] for result in reply["results"] if result["succeeded"]]
        time.sleep(PAUSE)
    print(f"({len(ours)} of ours, {len(bare)} of the bare C pair)")
    compare("N0", ours, bare, 0.5, "p50")
    compare("N0", ours, bare, 0.99, "p99")


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
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(RESTORES):
        guest.restore(guest.save())
        poll(lambda: is_seeded(guest), 60)
        time.sleep(3)  # both agents are done long before: what is read next is their logs
        ours.append(after_reset(guest.output("cat /run/ours.log"), "reset"))
        bare.append(after_reset(guest.output("cat /run/bare.log"), "reset"))
    print("raw, ms: ours " + ", ".join(f"{value / 1000:.1f}" for value in ours)
          + "; bare C " + ", ".join(f"{value / 1000:.1f}" for value in bare))
    a, b = statistics.median(ours), statistics.median(bare)
    print(f"| N35 median | {a / 1000:.2f} ms | {b / 1000:.2f} ms | {a / b:.2f} |")


def main() -> None:
    Hypervisor().start()
    HostAgent().start()
    host = Program("bare-host", [BARE, "host", "--vsock", str(SAMPLES), str(PORT)]).start()
    guest = Guest("bench1", image=agent_image(bare_agent=BARE))
    start_all([guest])
    guest.shell.tell("(entmesh-guest 2>&1 | probe stamp >/run/ours.log) &")
    guest.shell.tell(f"(bare-agent guest --vsock 2 {PORT} 2>&1 | probe stamp >/run/bare.log) &")
    poll(lambda: is_seeded(guest), 60)
    print("| what | entmesh | bare C | ratio |")
    round_trips(guest, host)
    restores(guest)


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"{error}\n{error.stderr}")
