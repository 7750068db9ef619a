# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A host to hold against the guest agent, over a UNIX socket: version 1 of the protocol.

It speaks plainly and, on demand, wrongly. Standard library only.
"""

import contextlib
import os
import select
import socket
import struct
import time

HELLO, LEVEL, TRANSFER, RECEIPT, STATUS, HEARTBEAT, CLOSE = 1, 2, 3, 4, 5, 6, 7
SEEDED, RESEEDED, DEFERRED, MIXED, ACCEPTED, DISCARDED, FAILED = range(1, 8)
MALFORMED, UNEXPECTED, SEQUENCE_BROKEN, SHUTDOWN = 2, 3, 6, 0
OCCASIONS = ("start", "peer ended", "transport reset")


class Ended(Exception):
    """The agent's end of the stream is gone."""


def frame(kind, payload, version=1):
    return struct.pack(">HBBHH", 0x454D, version, kind, len(payload), 0) + payload


def hello(sends=True, lowest=1, highest=1, kind=1, accepts=0, name=b"fake-host 1"):
    flags = struct.pack(">BBBBBBI", lowest, highest, kind, sends, accepts, 1, 1 << 20)
    return frame(HELLO, flags + bytes([len(name)]) + name)


def level(percent):
    return frame(LEVEL, bytes([percent]))


def receipt(sequence, outcome, errno=0):
    return frame(RECEIPT, struct.pack(">IBH", sequence, outcome, errno))


def transfer(sequence, block, bits=None):
    bits = 8 * len(block) if bits is None else bits
    return frame(TRANSFER, struct.pack(">II", sequence, bits) + block)


class Host:
    """Listens on `path`; every method that waits raises TimeoutError."""

    def __init__(self, path, backlog=8):
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(backlog)
        self.links = []

    def accept(self, timeout=10.0):
        self.listener.settimeout(timeout)
        connection, _ = self.listener.accept()
        link = Link(connection, time.monotonic())
        self.links.append(link)
        return link

    def close(self):
        for link in self.links:
            link.close()
        self.listener.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


class Link:
    """One connection of the agent."""

    def __init__(self, connection, accepted_at):
        self.socket = connection
        self.accepted_at = accepted_at
        self.buffer = b""
        self.sequence = 0
        self.reads = 0

    def send(self, data):
        self.socket.sendall(data)

    def fill(self, timeout):
        ready, _, _ = select.select([self.socket], [], [], max(0, timeout))
        if not ready:
            raise TimeoutError("the agent said nothing")
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Ended()
        self.reads += 1
        self.buffer += data

    def next(self, timeout=10.0):
        """The next frame as (type, payload)."""
        deadline = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 8:
                magic, version, kind, length, reserved = struct.unpack_from(">HBBHH", self.buffer)
                assert magic == 0x454D and version == 1 and reserved == 0
                if len(self.buffer) >= 8 + length:
                    payload = self.buffer[8 : 8 + length]
                    self.buffer = self.buffer[8 + length :]
                    return kind, payload
            self.fill(deadline - time.monotonic())

    def expect(self, kind, timeout=10.0):
        """The next frame of `kind`; other kinds but close are passed over."""
        while True:
            got, payload = self.next(timeout)
            if got == kind:
                return payload
            assert got != CLOSE, f"closed with reason {payload[0]}"

    def greet(self, **options):
        """Both hellos and the first level; returns the agent's hello as a dictionary."""
        self.send(hello(**options))
        payload = self.expect(HELLO)
        lowest, highest, kind, sends, accepts, state, capacity = struct.unpack_from(
            ">BBBBBBI", payload
        )
        self.hello = {
            "kind": kind, "sends": sends, "accepts": accepts, "ready": state & 1,
            "occasion": OCCASIONS[state >> 1], "capacity": capacity,
            "version": payload[11 : 11 + payload[10]].decode(),
        }
        self.level = self.expect(LEVEL)[0]
        return self.hello

    def feed(self, block=None, bits=None, timeout=10.0):
        """Sends a block; returns (level or None, outcome, errno) of the answer."""
        self.sequence += 1
        self.send(transfer(self.sequence, os.urandom(32) if block is None else block, bits))
        level = None
        while True:
            kind, payload = self.next(timeout)
            if kind == LEVEL:
                level = payload[0]
            elif kind == RECEIPT:
                sequence, outcome, errno = struct.unpack(">IBH", payload)
                assert sequence == self.sequence
                return level, outcome, errno
            else:
                assert kind != CLOSE, f"closed with reason {payload[0]}"

    def take(self, timeout=10.0, outcome=ACCEPTED):
        """Waits for a block of the agent's and acknowledges it; returns (sequence, bits, bytes)."""
        deadline = time.monotonic() + timeout
        while True:
            kind, payload = self.next(deadline - time.monotonic())
            assert kind != CLOSE, f"closed with reason {payload[0]}"
            if kind == TRANSFER:
                sequence, bits = struct.unpack_from(">II", payload)
                self.send(receipt(sequence, outcome))
                return sequence, bits, payload[8:]

    def wait_closed(self, timeout=10.0):
        """The reason of the close frame, or None if the stream just ended."""
        try:
            while True:
                kind, payload = self.next(timeout)
                if kind == CLOSE:
                    return payload[0]
        except Ended:
            return None

    def close(self):
        self.socket.close()
