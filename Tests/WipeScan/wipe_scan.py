#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Searches all readable memory of a process for any 8-byte piece of a known pattern.

    wipe_scan.py PID HEX

Exit status: 0 found nowhere, 1 found (each place is printed), 2 could not look. Reading the
memory of a process that is not dumpable takes CAP_SYS_PTRACE. The process should be at rest.
"""

import array
import mmap
import sys

PIECE = 8
# Of the kernel, not of the process; reading them fails or tells nothing.
FOREIGN = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
PAGE = mmap.PAGESIZE
# Of an entry of /proc/PID/pagemap: of a file, swapped out, present.
OF_FILE, SWAPPED, PRESENT = 1 << 61, 1 << 62, 1 << 63


def regions(pid):
    """Every readable mapping of `pid` as (start, end, is private, name)."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            name = fields[5].strip() if len(fields) > 5 else ""
            if fields[1].startswith("r") and name not in FOREIGN:
                start, end = (int(part, 16) for part in fields[0].split("-"))
                yield start, end, fields[1].endswith("p"), name or "[anonymous]"


def own_pages(pagemap, start, end, is_private):
    """The addresses of those pages from `start` to `end` that are not as in a file, or absent."""
    pagemap.seek(start // PAGE * 8)
    entries = array.array("Q", pagemap.read((end - start) // PAGE * 8))
    for index, entry in enumerate(entries):
        if not is_private or entry & (PRESENT | SWAPPED) and not entry & OF_FILE:
            yield start + index * PAGE


class Memory:
    """What `pid` had in memory when this was made.

    What no file holds: of a private mapping the pages that were written to, of a shared one all.
    """

    def __init__(self, pid):
        self.scanned = 0
        self.parts = []  # (address, bytes, mapping)
        with (
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory,
            open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap,
        ):
            for start, end, is_private, name in regions(pid):
                self._read(memory, own_pages(pagemap, start, end, is_private), name)

    def _read(self, memory, pages, name):
        address, kept = 0, bytearray()
        for page in pages:
            if page != address + len(kept):
                self._keep(address, kept, name)
                address, kept = page, bytearray()
            memory.seek(page)
            kept += memory.read(PAGE)
        self._keep(address, kept, name)

    def _keep(self, address, kept, name):
        if kept:
            self.scanned += len(kept)
            self.parts.append((address, bytes(kept), name))

    def find(self, pattern, stride=1):
        """Where pieces of `pattern` are: a list of (address, offset in the pattern, mapping).

        With a `stride` of PIECE a place that holds 15 bytes of it in a row is still found.
        """
        hits = []
        for offset in range(0, len(pattern) - PIECE + 1, stride):
            piece = pattern[offset : offset + PIECE]
            for address, data, name in self.parts:
                at = data.find(piece)
                while at >= 0:
                    hits.append((address + at, offset, name))
                    at = data.find(piece, at + 1)
        return hits


def find(pid, pattern):
    """Where pieces of `pattern` are in the memory of `pid`, and how many bytes were searched."""
    memory = Memory(pid)
    return memory.find(pattern), memory.scanned


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
