#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Searches all readable memory of a process for any 8-byte piece of a known pattern.

    wipe_scan.py PID HEX

Exit status: 0 found nowhere, 1 found (each place is printed), 2 could not look. Reading the
memory of a process that is not dumpable takes CAP_SYS_PTRACE. The process should be at rest.
"""

import sys

PIECE = 8
# Of the kernel, not of the process; reading them fails or tells nothing.
FOREIGN = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
CHUNK = 1 << 20


def regions(pid):
    """Every readable mapping of `pid` as (start, end, name)."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            name = fields[5].strip() if len(fields) > 5 else ""
            if fields[1].startswith("r") and name not in FOREIGN:
                start, end = (int(part, 16) for part in fields[0].split("-"))
                yield start, end, name or "[anonymous]"


def find(pid, pattern):
    """Where pieces of `pattern` are: a list of (address, offset in the pattern, mapping)."""
    pieces = {pattern[i : i + PIECE]: i for i in range(len(pattern) - PIECE + 1)}
    hits = []
    scanned = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name in regions(pid):
            position = start
            tail = b""
            while position < end:
                memory.seek(position)
                data = memory.read(min(CHUNK, end - position))
                if not data:
                    break
                window = tail + data
                base = position - len(tail)
                for piece, offset in pieces.items():
                    at = window.find(piece)
                    while at >= 0:
                        hits.append((base + at, offset, name))
                        at = window.find(piece, at + 1)
                tail = window[-(PIECE - 1) :]
                position += len(data)
                scanned += len(data)
    return hits, scanned


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    pattern = bytes.fromhex(sys.argv[2])
    if len(pattern) < PIECE:
        print(f"wipe_scan: the pattern has fewer than {PIECE} bytes", file=sys.stderr)
        return 2
    try:
        hits, scanned = find(int(sys.argv[1]), pattern)
    except OSError as error:
        print(f"wipe_scan: {error}; run it as root", file=sys.stderr)
        return 2
    for address, offset, name in hits:
        print(f"{address:#x} {name}: bytes {offset} to {offset + PIECE - 1} of the pattern")
    print(f"wipe_scan: {len(hits)} pieces in {scanned >> 10} KiB", file=sys.stderr)
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main())
