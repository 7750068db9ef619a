# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The seed's examples with more than one host; its first one, K <-> M, is in single_host.py."""

from __future__ import annotations

from entmesh_rig.checks import check, wait_until

from mesh import CREDIT, FLOW_SECONDS, LINK_SECONDS, REFUSE, TANK, Host, Link, are_connected, mesh

FULL = 80
DRY = 15
"""Levels; two buffers may stay 10 points apart."""

HALF = 256
"""Of a stand-in's 512 bytes."""


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
        host.pool(gathers=1000)
    _wait_for_level("both kernels fill both tanks", FULL, dry, other)
    sent, given = other.peer(dry.namespace)["sentBytes"], other.own_pool()["receivedBytes"]
    other.pool(own=2 * HALF)
    drained = dry.pool(drained=400)
    wait_until(lambda: dry.level <= DRY, f"{name} runs dry: its tank follows", FLOW_SECONDS)
    wait_until(lambda: other.level <= DRY, "so does the other host's tank", FLOW_SECONDS)
    wait_until(
        lambda: other.own_pool()["receivedBytes"] - given >= HALF,
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
        check(first.status()["tank"]["received"] == 0, "M1, which is empty, got nothing of it")
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
        first, second = (made.host(name, {"m3": CREDIT}, listens=False) for name in ("m1", "m2"))
        fed = [
            made.host(name, {"m3": Link("credit", send=False)}, listens=False) for name in clients
        ]
        _wait_for_links(*((host, "m3") for host in (first, second, *fed)))
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
        check(second.peer("m3")["sentBytes"] > before, "with what K2 gathers")
        taken = [middle.peer(name)["receivedBytes"] for name in clients]
        check(not any(taken), "M3 took nothing from M4 to M8, whom nobody trusts", taken)
        for name, kernel in zip(clients, kernels):
            kernel.end()
            check(kernel.got() > 0, f"the kernel of {name} was fed", kernel.got())


def _wait_for_links(*links: tuple[Host, str]) -> None:
    wait_until(lambda: are_connected(*links), "they connect", LINK_SECONDS)


def _wait_for_level(sentence: str, level: int, *hosts: Host) -> None:
    wait_until(lambda: all(host.level >= level for host in hosts), sentence, FLOW_SECONDS)
