# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A giver such as no working program is (F47, F48), where it needs no TLS to be one: the own pool."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress

from entmesh_rig.checks import check

from fake_guest import CLOSE, TRANSFER, frame, frames, hello
from mesh import Host, mesh
from product import entmesh

SEQUENCE_BROKEN, FAULTY_SOURCE = 6, 24
"""Reasons in a close message (docs/protocol.md)."""

BLOCK = 32
ANSWER_SECONDS = 30


def faulty_giver() -> None:
    with mesh("a giver that replays, reorders, repeats, is stuck (F47, F48)", "m1") as made:
        host = made.host("m1", {}, listens=False)
        first, second = os.urandom(BLOCK), os.urandom(BLOCK)
        for what, sequences, whole in (("replays", (1, 1), 1), ("reorders", (2, 1), 0)):
            before = _received(host)
            reason = _give(host, *zip(sequences, (first, second)))
            check(reason == SEQUENCE_BROKEN, f"one that {what} messages is cut off", reason)
            taken = _received(host) - before
            check(taken == whole * BLOCK, "and what it gave by that is not taken", taken)
        reason = _give(host, (1, first))
        check(reason == FAULTY_SOURCE, "one that gives the same again is told why it ends", reason)
        _is_shown(host, "repeated")
        host.restart()
        reason = _give(host, (1, bytes(BLOCK)))
        check(reason == FAULTY_SOURCE, "so is one that gives zeros", reason)
        _is_shown(host, "stuck")
        reason = _give(host, (1, second))
        check(reason is not None, "nothing is taken of it until an operator says so", reason)
        where = ("--socket", str(host.control))
        warnings = host.report()["warnings"]
        check(any("--reset host" in each for each in warnings), "who is told how", warnings)
        done = entmesh("peers", "--reset", "host", *where)
        check(done.returncode == 0, "and can say so", done.stderr)
        check(not host.own_pool()["isFaulty"], "then it may give again", host.own_pool())
        check(host.report()["tank"]["received"] == 0, "M has nothing of it", host.report()["tank"])


def _give(host: Host, *blocks: tuple[int, bytes]) -> int | None:
    """Gives numbered blocks as the own pool; the reason why the daemon ends the connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(ANSWER_SECONDS)
        link.connect(str(host.pool_socket))
        given = (
            frame(TRANSFER, struct.pack(">II", sequence, 8 * len(block)) + block)
            for sequence, block in blocks
        )
        link.sendall(hello(sends=True) + b"".join(given))
        said = b""
        with suppress(ConnectionResetError):  # it need not read all of it
            while data := link.recv(4096):
                said += data
    return next((payload[0] for kind, payload in frames(said)[0] if kind == CLOSE), None)


def _received(host: Host) -> int:
    return sum(row["receivedBytes"] for row in host.rows() if row["kind"] == "own-pool")


def _is_shown(host: Host, fault: str) -> None:
    row = host.own_pool()
    check(row["isFaulty"] and row["state"] == "failed", "operators are shown that it failed", row)
    check(f"fault={fault}" in host.output(), f"the log says what it is: {fault}")
