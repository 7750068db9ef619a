#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""N0b: how fast one host refills another's tank of 1 MiB from level 5 to 90, against a plain TLS
stream into the same conditioner in the same process and run.

    mesh.py BUILD    where BUILD is such as .build/release
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from bars import at_least, finish

PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else ".build/release") / "bench-mesh"
ROUNDS = 21


def main() -> None:
    output = subprocess.run(
        [PROGRAM, str(ROUNDS)], check=True, capture_output=True, text=True, timeout=300).stdout
    # The first round fills caches.
    rounds = [line.split() for line in output.splitlines()][1:]
    mesh = statistics.median(float(words[1]) for words in rounds)
    plain = statistics.median(float(words[3]) for words in rounds)
    print(f"medians of {len(rounds)}: mesh {mesh:.1f} MB/s, plain stream {plain:.1f} MB/s")
    at_least("N0b refill, of the plain stream's rate", mesh / plain, 0.5)
    finish()


main()
