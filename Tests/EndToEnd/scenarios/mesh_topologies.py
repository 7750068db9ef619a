# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The seed's examples with more than one host; its first one, K <-> M, is in single_host.py."""

from __future__ import annotations

import re
import subprocess

from entmesh_rig.checks import check, wait_until
from entmesh_rig.process import Program

from mesh import (
    CREDIT,
    FLOW_SECONDS,
    LINK_SECONDS,
    POOL,
    REFUSE,
    TANK,
    Host,
    Link,
    are_connected,
    mesh,
)
from product import AGENT

FULL = 80
DRY = 15
"""Levels; two buffers may stay 10 points apart."""

BLOCK = 32
"""Bytes that a modern kernel's pool takes, and gives once a minute."""

CONDITIONED = 64
"""Bytes that M makes of the first 72 it is given: three blocks, so two minutes."""

GIVEN_SECONDS = 60
FED_BACK_SECONDS = 200


def equal_trust() -> None:
    with mesh("two hosts, equal trust: K1 <-> M1 <-> M2 <-> K2", "m1", "m2") as made:
        first = made.host("m1", {"m2": CREDIT})
        second = made.host("m2", {"m1": CREDIT})
        _wait_for_links((first, "m2"), (second, "m1"))
        check(first.peer("m2")["keyExchange"] == "X25519MLKEM768", "what is recorded stays secret")
        _runs_dry("K2", second, first)
        _runs_dry("K1", first, second)


def _runs_dry(name: str, dry: Host, other: Host) -> None:
    """Both kernels fill both tanks; then one is drawn from, and all that there is follows."""
    for host in (dry, other):
        # Full: one that were not would be filled with what is left in the tank, and gives only of
        # its own.
        host.pool(own=POOL, gathers=1000)
    _wait_for_level("both kernels fill both tanks", FULL, dry, other)
    sent, given = other.peer(dry.namespace)["sentBytes"], other.own_pool()["receivedBytes"]
    other.pool(own=POOL)
    drained = dry.pool(drained=400)
    wait_until(lambda: dry.level <= DRY, f"{name} runs dry: its tank follows", FLOW_SECONDS)
    wait_until(lambda: other.level <= DRY, "so does the other host's tank", FLOW_SECONDS)
    wait_until(
        lambda: other.own_pool()["receivedBytes"] - given >= POOL // 2,
        "so does the other host's kernel", FLOW_SECONDS)
    sent = other.peer(dry.namespace)["sentBytes"] - sent
    check(sent >= TANK // 2, "half a tank at least went from host to host", sent)
    drained.end()
    check(drained.got() >= TANK, f"{name} got more than its own host had", drained.got())


def unequal_trust() -> None:
    with mesh("two hosts, unequal trust: K1 <-> M1 -> M2 <-> K2", "m1", "m2") as made:
        first = made.host("m1", {"m2": REFUSE})
        second = made.host("m2", {"m1": CREDIT})
        _wait_for_links((first, "m2"), (second, "m1"))
        second.pool(gathers=1000)
        _wait_for_level("K2 fills M2", FULL, second)
        check(first.peer("m2")["receives"] == "refuse", "M1 says that it takes nothing from M2")
        check(first.report()["tank"]["received"] == 0, "M1, which is empty, got nothing of it")
        first.pool(gathers=1000)
        drained = second.pool(drained=400)
        _wait_for_level("K1 fills M1", FULL, first)
        wait_until(
            lambda: first.peer("m2")["sentBytes"] >= TANK,
            "M1 feeds M2, whose kernel runs dry", FLOW_SECONDS)
        first.pool(own=0, drained=400)
        wait_until(lambda: first.level <= DRY, "K1 runs dry, and M1 after it", FLOW_SECONDS)
        check(first.peer("m2")["receivedBytes"] == 0, "M1 never took anything from M2")
        drained.end()
        check(drained.got() > 0, "K2 was fed", drained.got())


def cluster() -> None:
    clients = ("m4", "m5", "m6", "m7", "m8")
    with mesh("cluster: M1, M2 <-> M3 -> M4..M8", "m1", "m2", "m3", *clients) as made:
        # Clients dial; what M3 is connected to by whom is its own affair.
        trusted, client = Link("credit", dials=False), Link("refuse", dials=False)
        middle = made.host("m3", {"m1": trusted, "m2": trusted, **dict.fromkeys(clients, client)})
        first, second = (
            made.host(name, {"m3": CREDIT}, listens=False, waits=False) for name in ("m1", "m2"))
        fed = [
            made.host(name, {"m3": Link("credit", send=False)}, listens=False, waits=False)
            for name in clients
        ]
        _wait_for_links(*((middle, name) for name in middle.links))
        for host in (first, second):
            host.pool(gathers=1000)
        kernels = [host.pool(drained=20) for host in fed]
        _wait_for_level("M4 to M8 fill from K1 and K2", FULL // 2, *fed)
        _wait_for_level("and so does M3", FULL // 2, middle)
        before = second.peer("m3")["sentBytes"]
        first.pool(drained=400)
        wait_until(
            lambda: first.peer("m3")["receivedBytes"] >= TANK // 2,
            "K1 runs dry: M3 feeds M1", FLOW_SECONDS)
        wait_until(
            lambda: second.peer("m3")["sentBytes"] > before, "with what K2 gathers", FLOW_SECONDS)
        taken = [middle.peer(name)["receivedBytes"] for name in clients]
        check(not any(taken), "M3 took nothing from M4 to M8, whom nobody trusts", taken)
        for name, kernel in zip(clients, kernels):
            kernel.end()
            check(kernel.got() > 0, f"the kernel of {name} was fed", kernel.got())


def own_kernel() -> None:
    """The one example that a modern kernel can play too, with entmesh-guest at its side."""
    with mesh("K <-> M: the real kernel gives to M, which has no source", "m1") as made:
        host = made.host("m1", {}, listens=False)
        state = host.folder / "agent"
        agent = Program(
            f"{host.name}-agent",
            [AGENT, "--give", "--unix", host.pool_socket, "--state-dir", state],
        ).start()
        try:
            _kernel_gives(host, [str(AGENT), "--status", "--state-dir", str(state)])
        finally:
            agent.stop()


def _kernel_gives(host: Host, status: list[str]) -> None:
    wait_until(
        lambda: host.own_pool()["receivedBytes"] >= BLOCK, "K gives M a block", GIVEN_SECONDS)
    wait_until(
        lambda: host.own_pool()["sentBytes"] >= BLOCK,
        "once M has conditioned its first, it feeds K in return", FED_BACK_SECONDS)
    row, tank = host.own_pool(), host.report()["tank"]
    check(tank["received"] >= CONDITIONED, "M was credited with what K gave", tank)
    check(row["sentBytes"] <= 2 * BLOCK, "K got a block, or two: no sloshing", row)
    check(row["kind"] == "own-pool" and row["receives"] == "credit", "the peers are told so", row)
    check(row["state"] == "connected", "the agent is still connected", row)
    said = subprocess.run(status, capture_output=True, text=True, timeout=60).stdout
    for line in (r"Gives .* \d\d+ bytes", r"Last block +reseeded", r"Host +connected"):
        check(re.search(line, said), f"the agent says: {line}", said)
    print(f"        {row['receivedBytes']} bytes to M, {row['sentBytes']} to K", flush=True)


def _wait_for_links(*links: tuple[Host, str]) -> None:
    wait_until(lambda: are_connected(*links), "they connect", LINK_SECONDS)


def _wait_for_level(sentence: str, level: int, *hosts: Host) -> None:
    if not wait_until(lambda: all(host.level >= level for host in hosts), sentence, FLOW_SECONDS):
        print(f"        levels: {[host.level for host in hosts]}", flush=True)
