#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Many guests at once, and many one after the other, against the real daemon over UNIX sockets.

`sessions.py idle N`     N idle sessions: memory above empty, and the share of a core they cost.
`sessions.py cycles N`   N connections over 100 identities: descriptors and memory before and after.
"""

from __future__ import annotations

import argparse
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "EndToEnd"))

from bars import bar, finish  # noqa: E402
from fake_guest import CLOSE, HEADER, LEVEL, RECEIPT, RESEEDED, TRANSFER, frame, hello  # noqa: E402

DAEMON = REPOSITORY / ".build" / "release" / "entmesh-host-tagged"
IDENTITIES = 100
IDLE_SECONDS = 30
CYCLES_A_SECOND = 8 * IDENTITIES
"""The daemon lets nobody connect more than ten times a second."""


class Daemon:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "guests.sock"
        self.process = subprocess.Popen(
            [DAEMON, "--no-vsock", "--no-libvirt", "--guests-socket", self.socket,
             "--control-socket", folder / "control.sock"],
            stderr=(folder / "log").open("wb"),
        )
        while not self.socket.exists():
            time.sleep(0.05)
        time.sleep(2)  # until the tank is full: what is measured next is above that

    def rss(self) -> int:
        """Resident bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def dial(daemon: Daemon, name: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    name.unlink(missing_ok=True)
    link.bind(str(name))
    link.connect(str(daemon.socket))
    link.sendall(hello() + frame(LEVEL, b"\0"))
    return link


def answer(link: socket.socket, data: bytes) -> int:
    """Acknowledges the blocks in `data`; how many there were. A level first, as an agent does."""
    blocks = 0
    while len(data) >= HEADER.size:
        _, _, kind, length, _ = HEADER.unpack_from(data)
        payload, data = data[HEADER.size : HEADER.size + length], data[HEADER.size + length :]
        if kind == TRANSFER:
            level = frame(LEVEL, b"\x64")
            link.sendall(level + frame(RECEIPT, payload[:4] + bytes([RESEEDED, 0, 0])))
            blocks += 1
        elif kind == CLOSE:
            raise RuntimeError(f"closed by the host, reason {payload[0]}")
    return blocks


def idle(daemon: Daemon, folder: Path, count: int) -> None:
    empty = daemon.rss()
    selector = selectors.DefaultSelector()
    for number in range(count):
        link = dial(daemon, folder / f"g{number}")
        selector.register(link, selectors.EVENT_READ, link)
    fed = 0
    while fed < count:
        for key, _ in selector.select(10):
            fed += answer(key.data, key.data.recv(4096))
    time.sleep(1)
    above = daemon.rss() - empty
    before = daemon.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    share = (daemon.cpu_seconds() - before) / IDLE_SECONDS
    print(f"| N2 idle sessions | {count} |")
    print(f"| N2 a session | {above / count / 1024:.1f} KiB |")
    bar("N2 memory above empty", above / 2**20, 64, " MiB")
    bar(f"N2 share of a core over {IDLE_SECONDS} s", 100 * share, 1, " %")


def cycles(daemon: Daemon, folder: Path, count: int) -> None:
    def one(number: int) -> None:
        with dial(daemon, folder / f"g{number % IDENTITIES}") as link:
            link.settimeout(30)
            while not answer(link, link.recv(4096)):
                pass

    def many(count: int) -> None:
        start = time.monotonic()
        for number in range(count):
            one(number)
            time.sleep(max(0, start + number / CYCLES_A_SECOND - time.monotonic()))

    many(10 * IDENTITIES)
    time.sleep(1)
    memory, descriptors = daemon.rss(), daemon.descriptors()
    start = time.monotonic()
    many(count)
    elapsed = time.monotonic() - start
    time.sleep(1)
    grown = daemon.rss() - memory
    print(f"| N9 cycles over {IDENTITIES} identities | {count} in {elapsed:.0f} s |")
    bar(f"N9 descriptors, {descriptors} before", daemon.descriptors(), descriptors)
    bar(f"N9 memory grown, {grown / 1024:.0f} KiB", 100 * grown / memory, 1, " %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["idle", "cycles"])
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with tempfile.TemporaryDirectory() as name:
        daemon = Daemon(Path(name))
        try:
            {"idle": idle, "cycles": cycles}[arguments.what](daemon, Path(name), arguments.count)
        finally:
            daemon.stop()
    finish()


main()
