#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""N5 and N36: how fast a source in memory becomes conditioned output on one core, with all health
tests on, and what that output looks like to `rngtest` and `ent`.

    tank.py BUILD    where BUILD is such as .build/release
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bars import at_least, bar, finish

PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else ".build/release") / "bench-tank"
RATE_SECONDS = 5
RNGTEST_BYTES = 400_000_000
BLOCK_BITS = 20_000
"""What `rngtest` judges at once (FIPS 140-2)."""
ENT_BYTES = 16 << 20


def rate(claim: float) -> dict[str, float]:
    """MB/s of conditioned and raw bytes, and the parts of the time that tests and hash take."""
    command = ["taskset", "-c", "0", PROGRAM, "rate", str(claim), str(RATE_SECONDS)]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2])}


def rngtest_failures() -> float:
    """The share of blocks that a perfect source fails about 7 times in 10,000."""
    # rngtest takes the first 4 bytes for its own start.
    dump = subprocess.Popen([PROGRAM, "dump", str(RNGTEST_BYTES + 4)], stdout=subprocess.PIPE)
    report = subprocess.run(["rngtest"], stdin=dump.stdout, capture_output=True, text=True).stderr
    dump.stdout.close()
    dump.wait()
    good = int(re.search(r"FIPS 140-2 successes: (\d+)", report)[1])
    bad = int(re.search(r"FIPS 140-2 failures: (\d+)", report)[1])
    assert good + bad == RNGTEST_BYTES * 8 // BLOCK_BITS, report
    return bad / (good + bad)


def ent_bits() -> float:
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([PROGRAM, "dump", str(ENT_BYTES)], check=True, stdout=file)
        assert os.stat(file.name).st_size == ENT_BYTES
        report = subprocess.run(["ent", "-t", file.name], check=True, capture_output=True, text=True)
    return float(report.stdout.splitlines()[1].split(",")[2])


def main() -> None:
    for claim in (8, 4, 1):
        found = rate(claim)
        print(
            f"claim {claim}   {found['conditioned']:.1f} MB/s out of {found['raw']:.1f} MB/s raw; "
            f"tests {100 * found['tests']:.0f} %, hash {100 * found['hash']:.0f} % of the time")
        if claim == 8:
            at_least("N5 conditioned output, one core", found["conditioned"], 5, " MB/s")
    share = rngtest_failures()
    at_least("N36 rngtest, failures of 1e4 blocks", 1e4 * share, 4)
    bar("N36 rngtest, failures of 1e4 blocks", 1e4 * share, 12)
    at_least("N36 ent, bits a byte", ent_bits(), 7.99998)
    finish()


main()
