# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A guest's agent in a few lines: honest, or not. It records every block it is sent.

It dials a UNIX socket on which guests are named by the path their own end is bound to.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path

HEADER = struct.Struct(">HBBHH")
MAGIC = 0x454D
HELLO, LEVEL, TRANSFER, RECEIPT, STATUS, HEARTBEAT, CLOSE = range(1, 8)
RESEEDED, FAILED = 2, 7


def frame(kind: int, payload: bytes) -> bytes:
    return HEADER.pack(MAGIC, 1, kind, len(payload), 0) + payload


def frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames, type and payload, and what is left after them."""
    found = []
    while len(data) >= HEADER.size:
        _, _, kind, length, _ = HEADER.unpack_from(data)
        if len(data) < HEADER.size + length:
            break
        found.append((kind, data[HEADER.size : HEADER.size + length]))
        data = data[HEADER.size + length :]
    return found, data


def hello(
    *, ready: bool = True, occasion: int = 0, capacity: int = 32, sends: bool = False
) -> bytes:
    version = b"fake-guest"
    state = (1 if ready else 0) | occasion << 1
    payload = bytes([1, 1, 0, sends, 2, state]) + struct.pack(">I", capacity)
    return frame(HELLO, payload + bytes([len(version)]) + version)


class FakeGuest(threading.Thread):
    """One connection after the other, until stop().

    `drop` is by how many points its level falls a second. A liar says it is not ready
    and at level 0 for ever; a flooder sends heartbeats as fast as it can.
    """

    def __init__(self, name: str, path: Path, *, drop: float = 0, lies: bool = False, floods: bool = False) -> None:
        super().__init__(daemon=True)
        self.guest = name
        self.path = path
        self.drop = drop
        self.lies = lies
        self.floods = floods
        self.blocks: list[bytes] = []
        self.waits: list[float] = []
        self.connections = 0
        self.closed: list[int] = []
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()

    @property
    def byte_count(self) -> int:
        return sum(map(len, self.blocks))

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._connect()
            except OSError:
                pass
            self._over.wait(0.2)

    def _connect(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            own = self.path.with_name(self.guest)
            own.unlink(missing_ok=True)
            link.bind(str(own))
            link.connect(str(self.path))
            link.settimeout(0.2)
            self.connections += 1
            link.sendall(hello(ready=not self.lies) + frame(LEVEL, b"\0"))
            self._level, self._asked, self._fed = 0, time.monotonic(), None
            received = b""
            while not self._over.is_set():
                if self.floods:
                    link.sendall(frame(HEARTBEAT, b"\0") * 50)
                try:
                    data = link.recv(4096)
                except TimeoutError:
                    data = None
                if data == b"":
                    return
                received += data or b""
                received = self._take(link, received)
                self._fall(link)

    def _take(self, link: socket.socket, data: bytes) -> bytes:
        whole, data = frames(data)
        for kind, payload in whole:
            if kind == TRANSFER:
                self._accept(link, payload)
            elif kind == CLOSE:
                self.closed.append(payload[0])
        return data

    def _accept(self, link: socket.socket, payload: bytes) -> None:
        self.blocks.append(payload[8:])
        if self._asked is not None:
            self.waits.append(time.monotonic() - self._asked)
        answer = b""
        if not self.lies and self._level != 100:
            self._level, self._asked = 100, None
            answer = frame(LEVEL, b"\x64")
        self._fed = time.monotonic()
        link.sendall(answer + frame(RECEIPT, payload[:4] + bytes([RESEEDED, 0, 0])))

    def _fall(self, link: socket.socket) -> None:
        if not self.drop or self._fed is None:
            return
        level = max(0, 100 - int((time.monotonic() - self._fed) * self.drop))
        if self._level - level >= 10 or (level == 0 and self._level != 0):
            self._level = level
            self._asked = self._asked or time.monotonic()
            link.sendall(frame(LEVEL, bytes([level])))

