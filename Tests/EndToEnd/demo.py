#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""`make run`: the main job, seen at work in the nested hypervisor."""

from __future__ import annotations

import time

from entmesh_rig.checks import check, run, wait_until
from entmesh_rig.guest import Guest, start_all
from entmesh_rig.hypervisor import Hypervisor

from product import HostAgent, agent_image, entmesh, is_seeded, ledger_balances, row

SECONDS = 120


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def show_list() -> None:
    print(entmesh("list").stdout, flush=True)


def watch_until(guests: list[Guest]) -> None:
    """Shows the list whenever it says something new, until all are seeded."""
    deadline = time.monotonic() + SECONDS
    shown = ""
    while time.monotonic() < deadline:
        text = entmesh("list").stdout
        if text != shown:
            print(text, flush=True)
            shown = text
        if all(is_seeded(guest) for guest in guests):
            return
        time.sleep(1)


def main() -> None:
    start = time.monotonic()
    say("starting libvirtd and entmesh-host in the hypervisor")
    Hypervisor().start()
    host = HostAgent().start()
    image = agent_image()
    ordinary = Guest("web1", image=image, agent=[])
    starving = Guest("starving1", image=image, starving=True, agent=[])
    bare = Guest("bare1", image=image, starving=True)
    say("booting three guests: web1, starving1 (no RDRAND), bare1 (starving, no agent)")
    start_all([ordinary, starving, bare])
    say("entmesh list, until both agents have an acknowledged injection")
    watch_until([ordinary, starving])
    check(is_seeded(ordinary), "web1 acknowledged an injection", row(ordinary))
    check(is_seeded(starving), "starving1 acknowledged an injection", row(starving))
    check(starving.is_kernel_ready, "getrandom in starving1 no longer blocks")
    check(not bare.is_kernel_ready, "getrandom in bare1, without the agent, still blocks")
    say("saving web1 and restoring it: its memory runs a second time")
    image_file = ordinary.save()
    show_list()
    ordinary.restore(image_file)
    wait_until(
        lambda: is_seeded(ordinary) and row(ordinary)["note"] == "restored, reseeded",
        "web1 was reseeded at once, and its receipt says so", SECONDS)
    show_list()
    say("entmesh status")
    print(entmesh("status").stdout, flush=True)
    check(ledger_balances(), "in = resident + in flight + delivered + discarded")
    host.stop()
    say(f"done in {time.monotonic() - start:.0f} s")


run(main)
