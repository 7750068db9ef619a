# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Links between hosts that break, crawl, cross each other and come back (F49)."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence

from entmesh_rig.checks import check, poll, wait_until
from entmesh_rig.network import inside

from mesh import (
    CREDIT,
    FLOW_SECONDS,
    LINK_SECONDS,
    PORT,
    TANK,
    Host,
    Link,
    Mesh,
    are_connected,
    mesh,
)

DEAD_SECONDS = range(40, 61)
"""Of silence between hosts: 45, and what an emulated machine adds."""

BAD_SECONDS = 60
"""How long a link is as bad as it gets."""

DIALLERS = 8
AWAY_SECONDS = 30
"""For the diallers to reach their longest pauses."""


def _pair(made: Mesh, **of_first: int) -> tuple[Host, Host]:
    first, second = made.host("m1", {"m2": CREDIT}, **of_first), made.host("m2", {"m1": CREDIT})
    _wait_for(first, second)
    return first, second


def _wait_for(first: Host, second: Host, sentence: str = "they connect") -> None:
    wait_until(lambda: are_connected((first, "m2"), (second, "m1")), sentence, LINK_SECONDS)


def half_open() -> None:
    with mesh("a partition that nobody is told of", "m1", "m2") as made:
        first, second = _pair(made)
        start = time.monotonic()
        made.network.partition("m2")
        silent = {host: _silence(host) - (time.monotonic() - start) for host in (first, second)}
        for host, name in ((first, "m2"), (second, "m1")):
            poll(lambda: host.peer(name)["state"] != "connected", LINK_SECONDS)
            seconds = round(time.monotonic() - start + silent[host])
            check(seconds in DEAD_SECONDS, f"{host.namespace} gives up after {seconds} s of silence")
            print(f"        {host.peer(name).get('lastError')}", flush=True)
        made.network.heal("m2")
        _wait_for(first, second, "once it is healed, they connect again")


def _silence(host: Host) -> float:
    """For how many seconds its connection has received nothing (ss(8), lastrcv)."""
    command = ["ss", "--tcp", "--info", "--no-header", "state", "established"]
    said = subprocess.run(inside(host.namespace, command), capture_output=True, text=True).stdout
    return min(int(each) for each in re.findall(r"lastrcv:(\d+)", said)) / 1000


def bad_link() -> None:
    with mesh("30 % loss and 2 s delay", "m1", "m2") as made:
        first, second = _pair(made, rate=0)
        second.pool(drained=100)
        wait_until(lambda: second.level >= 50, "the second is fed", FLOW_SECONDS)
        made.network.impair("m1", "loss", "30%")
        made.network.impair("m2", "loss", "30%", "delay", "2s")
        before = second.peer("m1")["receivedBytes"]
        # A span of time is what is asked about: nothing ends it.
        time.sleep(BAD_SECONDS)
        check(first.running and second.running, "both daemons live")
        made.check_ledgers()
        crawled = second.peer("m1")["receivedBytes"] - before
        print(f"        {crawled} bytes in {BAD_SECONDS} s, state {second.peer('m1')['state']}", flush=True)
        made.network.heal("m1")
        made.network.heal("m2")
        _wait_for(first, second, "on a good link they are connected")
        before = second.peer("m1")["receivedBytes"]
        wait_until(
            lambda: second.peer("m1")["receivedBytes"] - before >= TANK // 2,
            "and the second is fed again", FLOW_SECONDS)


def no_herd() -> None:
    names = [f"d{number}" for number in range(1, DIALLERS + 1)]
    with mesh(f"a listener comes back to {DIALLERS} diallers", "m1", *names) as made:
        listener = made.host("m1", {name: Link(dials=False) for name in names})
        for name in names:
            made.host(name, {"m1": Link()}, listens=False, waits=False)
        links = [(listener, name) for name in names]
        wait_until(lambda: are_connected(*links), "all are connected", LINK_SECONDS)
        listener.kill()
        time.sleep(AWAY_SECONDS)
        start = time.monotonic()
        listener.start()
        came: dict[str, float] = {}

        def all_came() -> bool:
            # By its log: asking takes seconds on a busy machine.
            for name in re.findall(r" host=(d\d+) .*host connected", listener.output()):
                came.setdefault(name, time.monotonic() - start)
            return len(came) == DIALLERS

        wait_until(all_came, "all come back", LINK_SECONDS)
        times = sorted(came.values())
        print(f"        after {', '.join(f'{each:.1f}' for each in times)} s", flush=True)
        # Those who came before the first look have one time.
        check(_most_at_once(times, 1) <= DIALLERS - 2, "not all at once", times)
        check(times[-1] - times[0] >= 2, "but over some time", times)


def _most_at_once(times: Sequence[float], span: float) -> int:
    return max(sum(start <= each <= start + span for each in times) for start in times)


def crossing_dials() -> None:
    with mesh("two hosts dial each other at the same time", "m1", "m2") as made:
        first = made.host("m1", {"m2": CREDIT})
        for host in ("m1", "m2"):
            made.network.impair(host, "delay", "300ms")
        # The kernel takes the call of the second while the first cannot; when it can again, its own
        # is due.
        first.signal(signal.SIGSTOP)
        second = made.host("m2", {"m1": CREDIT})
        time.sleep(2)
        first.signal(signal.SIGCONT)
        _wait_for(first, second)
        wait_until(
            lambda: (_connections("m1"), _connections("m2")) == (1, 1),
            "one connection is left", LINK_SECONDS)
        by = first.peer("m2")["dialledBy"], second.peer("m1")["dialledBy"]
        check(by in (("us", "them"), ("them", "us")), "both ends say who dialled it", by)
        print(f"        dialled by {by[0]}", flush=True)


def _connections(host: str) -> int:
    command = ["ss", "--tcp", "--no-header", "state", "established"]
    done = subprocess.run(inside(host, command), capture_output=True, text=True)
    return sum(f":{PORT}" in line for line in done.stdout.splitlines())


def impostor() -> None:
    with mesh("the same name from two hosts", "m1", "m2", "impostor") as made:
        listener = made.host("m1", {"m2": Link("credit", dials=False)}, rate=0)
        real = made.host("m2", {"m1": CREDIT}, listens=False)
        _wait_for(listener, real)
        false = made.host("m2", {"m1": CREDIT}, listens=False, namespace="impostor", certificate="m2")
        wait_until(
            lambda: re.search("under our name", false.peer("m1").get("lastError") or ""),
            "the second is told why it is refused", LINK_SECONDS)
        counters = listener.counters()
        check(any("duplicate-host" in each for each in counters), "the listener counts it", counters)
        check(are_connected((listener, "m2"), (real, "m1")), "the first stays connected")
        check(false.peer("m1")["receivedBytes"] == 0, "the second got nothing")


def killed() -> None:
    with mesh("a peer is killed, and comes back", "m1", "m2") as made:
        first, second = _pair(made, rate=0)
        for life in range(3):
            wait_until(
                lambda: second.report()["tank"]["resident"] >= TANK // 2,
                f"life {life + 1}: it is fed", FLOW_SECONDS)
            second.kill()
            wait_until(
                lambda: first.peer("m2")["state"] != "connected", "its peer notices", LINK_SECONDS)
            second.start()
            _wait_for(first, second, "it connects again")
        check(first.running, "the other never noticed more than that")
