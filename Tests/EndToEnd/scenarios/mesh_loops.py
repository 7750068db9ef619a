# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Nothing sloshes, nothing comes round (F50), and what is only mixed in fills no tank."""

from __future__ import annotations

import time

from entmesh_rig.checks import check, wait_until

from mesh import (
    CREDIT,
    FLOW_SECONDS,
    LINK_SECONDS,
    POOL,
    TANK,
    Host,
    Link,
    Mesh,
    are_connected,
    at_rest,
    mesh,
)

STILL_SECONDS = 10
"""Without a transfer: what is at rest."""

LARGEST_GAP = 10
"""Points between two tanks that trust each other."""

MIX_BLOCK = 32


def _pair(made: Mesh, link: Link, **of_first: int) -> tuple[Host, Host]:
    first, second = made.host("m1", {"m2": link}, **of_first), made.host("m2", {"m1": link})
    wait_until(
        lambda: are_connected((first, "m2"), (second, "m1")), "they connect", LINK_SECONDS)
    return first, second


def _moved(*hosts: Host) -> list[int]:
    """What every host sent to every other so far, in bytes."""
    return [row["sentBytes"] for host in hosts for row in host.rows() if row["kind"] == "host"]


def two_empty_tanks() -> None:
    with mesh("two empty tanks", "m1", "m2") as made:
        first, second = _pair(made, CREDIT)
        time.sleep(STILL_SECONDS)
        check(_moved(first, second) == [0, 0], "nothing moves", _moved(first, second))
        check(first.level == second.level == 0, "and nothing comes from nothing")


def two_tanks_come_to_rest() -> None:
    with mesh("two tanks that trust each other", "m1", "m2") as made:
        first, second = _pair(made, CREDIT)
        kernel = first.pool(gathers=400)
        wait_until(lambda: first.level >= 40, "K1 gathers", FLOW_SECONDS)
        kernel.end()
        check(
            at_rest(lambda: _moved(first, second), STILL_SECONDS, FLOW_SECONDS),
            "they come to rest", _moved(first, second))
        levels = first.level, second.level
        check(abs(levels[0] - levels[1]) <= LARGEST_GAP, "at levels that are much the same", levels)
        check(second.peer("m1")["sentBytes"] == 0, "and nothing went back: no sloshing")


def ring() -> None:
    names = ("m1", "m2", "m3")
    with mesh("a ring: A -> B -> C -> A", *names) as made:
        hosts = []
        for index, name in enumerate(names):
            after, before = names[(index + 1) % 3], names[index - 1]
            links = {after: Link("refuse"), before: Link("credit", send=False, dials=False)}
            hosts.append(made.host(name, links))
        first, second, third = hosts
        wait_until(
            lambda: are_connected((first, "m2"), (second, "m3"), (third, "m1")),
            "they connect", LINK_SECONDS)
        for turn in range(2):
            kernel = first.pool(own=POOL, gathers=1000)
            wait_until(lambda: third.level >= 60, "what A has reaches C", FLOW_SECONDS)
            kernel.end()
            before = third.peer("m1")["sentBytes"]
            first.pool(drained=400)
            wait_until(
                lambda: third.peer("m1")["sentBytes"] - before >= TANK // 4,
                f"A runs dry, and C feeds it: turn {turn + 1}", FLOW_SECONDS)
        backward = [(host, name) for host, name in zip(hosts, ("m3", "m1", "m2"))]
        sent = [host.peer(name)["sentBytes"] for host, name in backward]
        check(not any(sent), "nothing went the other way round", sent)


def only_mixed() -> None:
    with mesh("a peer that only mixes, as they do by default", "m1", "m2") as made:
        first, second = _pair(made, Link(), rate=0)
        row = second.peer("m1")
        check(row["receives"] == "mix", "mixing is the default", row)
        wait_until(
            lambda: second.peer("m1")["receivedBytes"] > 0, "it is given something", FLOW_SECONDS)
        time.sleep(STILL_SECONDS)
        got = second.peer("m1")["receivedBytes"]
        check(got == MIX_BLOCK, "which is one block, and no more for now", got)
        tank = second.report()["tank"]
        check(tank["received"] == tank["resident"] == 0, "its tank never grows by it", tank)
        check(first.peer("m2").get("theirLevel", 0) >= 80, "it says that it has had enough")
