#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""`make run`: the main job, seen at work in the nested hypervisor."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from entmesh_rig.checks import check, run
from entmesh_rig.guest import Guest, start_all
from entmesh_rig.hypervisor import Hypervisor

from product import HostAgent, agent_image, entmesh, generation, is_seeded, ledger_balances, row

SECONDS = 120


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A dot a second, so that nobody takes emulation for a hang."""
    over = threading.Event()

    def dots() -> None:
        while not over.wait(1):
            print(".", end="", flush=True)

    print(f"{text} ", end="", flush=True)
    start = time.monotonic()
    thread = threading.Thread(target=dots)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        print(f" {time.monotonic() - start:.0f} s", flush=True)


def show(*arguments: str) -> None:
    print(f"\n$ entmesh {' '.join(arguments)}\n{entmesh(*arguments).stdout}", flush=True)


def watch(is_over: Callable[[], object]) -> None:
    """Shows the list whenever it says something new, and a dot while it does not."""
    deadline = time.monotonic() + SECONDS
    shown = ""
    while time.monotonic() < deadline:
        over = is_over()
        table = entmesh("list").stdout
        # Time passes and levels fall: no news.
        news = re.sub(r"[\d\s-]+", "", table)
        if "running" in table and news != shown:
            print(f"\n$ entmesh list\n{table}", flush=True)
            shown = news
        else:
            print(".", end="", flush=True)
        if over:
            break
        time.sleep(1)
    print(flush=True)


def main() -> None:
    start = time.monotonic()
    say("A hypervisor with libvirt and entmesh-host")
    with waiting("libvirtd starts"):
        Hypervisor().start()
    with waiting("entmesh-host starts, as an ordinary user"):
        host = HostAgent().start()
    image = agent_image()
    ordinary = Guest("web1", image=image, agent=[])
    starving = Guest("starving1", image=image, starving=True, agent=[])
    bare = Guest("bare1", image=image, starving=True)
    fed = (ordinary, starving)
    say("Three guests boot: web1; starving1, whose CPU has no RDRAND; bare1, the same without agent")
    with ThreadPoolExecutor() as pool:
        booting = pool.submit(start_all, [ordinary, starving, bare])
        watch(lambda: booting.done() and (booting.exception() or all(map(is_seeded, fed))))
        booting.result()
    check(is_seeded(ordinary), "web1 acknowledged an injection", row(ordinary))
    check(is_seeded(starving), "starving1 acknowledged an injection", row(starving))
    check(starving.is_kernel_ready, "in starving1 getrandom no longer blocks")
    check(not bare.is_kernel_ready, "in bare1, without the agent, it still does")

    say("web1 is saved and restored: its memory runs a second time")
    before = generation(ordinary)
    with waiting("virsh save"):
        image_file = ordinary.save()
    with waiting("virsh restore"):
        ordinary.restore(image_file)
    watch(lambda: is_seeded(ordinary) and row(ordinary)["note"] == "restored, reseeded")
    check(
        is_seeded(ordinary) and row(ordinary)["lastOutcome"] == "reseeded",
        "web1 was reseeded, and its receipt says so", row(ordinary))
    check(
        generation(ordinary) != before,
        "in web1 /run/entmesh-guest/generation changed: a sign to programs that they may be clones")
    show("status")
    check(ledger_balances(), "every byte is accounted for", entmesh("status").stdout)
    host.stop()

    say(f"Done in {time.monotonic() - start:.0f} s")
    print(
        "web1 and starving1 were fed from the hypervisor's hardware generator and TPM over AF_VSOCK and said so;\n"
        "bare1 shows what a guest without entmesh-guest is left with. Everything ran in an\n"
        "emulated hypervisor, and nothing of it stays.\n", flush=True)


run(main)
