# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A scarce M serves by need: a liar and a flooder cannot starve polite guests (N3 in small)."""

from __future__ import annotations

import time

from entmesh_rig.checks import check, scenario, wait_until

from fake_guest import FakeGuest
from product import RUN, HostAgent, entmesh_json

SECONDS = 12
"""Of each of the two measurements."""

POLITE = 12
SUPPLY = 800
"""Bytes a second: enough for everybody's bucket but the liars' wish for more."""


def served(guests: list[FakeGuest]) -> list[float]:
    """Bytes a second that each got over a span of time: a measurement, not a wait."""
    before = [guest.byte_count for guest in guests]
    time.sleep(SECONDS)
    return [(guest.byte_count - had) / SECONDS for guest, had in zip(guests, before)]


def scarce_tank() -> None:
    with scenario("a liar and a flooder beside polite guests"):
        socket, control = RUN / "abuse.sock", RUN / "abuse-control.sock"
        host = HostAgent(
            "--no-vsock", "--no-libvirt", "--guests-socket", str(socket),
            "--control-socket", str(control), "--tank-size", "4096", f"--rate={SUPPLY}",
            program="entmesh-host-tagged", name="abuse",
        )
        host.start()
        polite = [FakeGuest(f"polite{number}", socket, drop=20) for number in range(POLITE)]
        liars = [FakeGuest(f"liar{number}", socket, lies=True) for number in range(3)]
        flooder = FakeGuest("flooder", socket, floods=True)
        for guest in polite:
            guest.start()
        wait_until(lambda: all(guest.blocks for guest in polite), "every polite guest is fed", 60)
        alone = served(polite)
        for guest in [*liars, flooder]:
            guest.start()
        beside = served(polite)
        wish = max(guest.byte_count for guest in liars) / SECONDS
        status = entmesh_json("status", "--socket", str(control))
        everybody = [*polite, *liars, flooder]
        for guest in everybody:
            guest.stop()
        for guest in everybody:
            guest.join()
        host.stop()
        print(f"        polite guests: {sum(alone):.0f} B/s alone, {sum(beside):.0f} B/s beside abusers", flush=True)
        check(sum(beside) >= 0.6 * sum(alone), "together they lose little", (alone, beside))
        check(min(beside) >= 0.4 * sum(alone) / POLITE, "and nobody is starved", (alone, beside))
        check(wish <= 64 + 1024 / SECONDS, f"no liar got more than its bucket ({wish:.0f} B/s)")
        blocks = [block for guest in everybody for block in guest.blocks]
        check(len(set(blocks)) == len(blocks), "nothing was sent twice")
        check(status["tank"]["balances"], "the ledger balances", status["tank"])
