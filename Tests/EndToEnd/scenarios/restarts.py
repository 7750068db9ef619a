# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The daemon dies and comes back; nothing it sent before is ever sent again."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest

from fake_guest import FakeGuest
from product import RUN, HostAgent, entmesh, generation, is_seeded

FED_SECONDS = 120
STANDSTILL_SECONDS = 60
TAG = b"entmesh!"


def daemon_killed(host: HostAgent, guests: Sequence[Guest]) -> None:
    with scenario("the host agent is killed with SIGKILL and started again"):
        before = [generation(guest) for guest in guests]
        host.kill()
        host.start()
        for guest, old in zip(guests, before):
            wait_until(lambda: is_seeded(guest), f"{guest.name} reconnected and was fed", FED_SECONDS)
            check(generation(guest) == old, "a daemon that went is no sign of a clone", old)


def daemon_stopped(host: HostAgent, guests: Sequence[Guest]) -> None:
    with scenario("the host agent stands still for a minute, and goes on (F61)"):
        before = [guest.agent_log() for guest in guests]
        host.signal(signal.SIGSTOP)
        time.sleep(STANDSTILL_SECONDS)
        host.signal(signal.SIGCONT)
        for guest, log in zip(guests, before):
            done = entmesh("reseed", guest.name)
            check(done.stdout.strip() == f"{guest.name}: reseeded", "it is still fed", done)
            check(guest.agent_log() == log, "over the same connection", guest.agent_log())


def nothing_is_sent_twice() -> None:
    """The same daemon with a feed of tagged blocks; every receiver records."""
    with scenario("across SIGKILL, no block is sent twice, to anyone"):
        socket = RUN / "guests.sock"
        control = RUN / "tagged.sock"
        host = HostAgent(
            "--no-vsock", "--no-libvirt", "--guests-socket", str(socket),
            "--control-socket", str(control), program="entmesh-host-tagged", name="tagged",
        )
        guests = [FakeGuest(f"fake{number}", socket, drop=100) for number in range(8)]
        host.start()
        for guest in guests:
            guest.start()
        for life in range(3):
            before = [len(guest.blocks) for guest in guests]
            wait_until(
                lambda: all(len(guest.blocks) >= had + 3 for guest, had in zip(guests, before)),
                f"life {life + 1} of the daemon feeds all eight", FED_SECONDS)
            host.kill()
            if life < 2:
                host.start()
        for guest in guests:
            guest.stop()
        for guest in guests:
            guest.join()
        blocks = [block for guest in guests for block in guest.blocks]
        check(all(block.startswith(TAG) for block in blocks), "every block is one of the feed's")
        check(len(set(blocks)) == len(blocks), f"{len(blocks)} blocks, all different")
        runs = {block[8:16] for block in blocks}
        check(len(runs) == 3, "they come from three lives", len(runs))
