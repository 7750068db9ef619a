# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What libvirt's administrators do to domains, and what the list says of it."""

from __future__ import annotations

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest
from entmesh_rig.hypervisor import Hypervisor

from product import entmesh, entmesh_json, is_seeded, row, rows, start_agent

SECONDS = 90

AT_ONCE_SECONDS = 30
"""From a guest's first command after a boot to its row: 3 s seen; on a busy machine what entmesh list
takes, mostly."""

FED_AFTER_BOOT = ("seeded", "reseeded")


def libvirtd_restarted(hypervisor: Hypervisor, guest: Guest) -> None:
    with scenario("libvirtd restarted"):
        served = row(guest)["servedBytes"]
        hypervisor.kill()
        wait_until(
            lambda: entmesh_json("status")["libvirt"]["state"] == "lost",
            "status says that libvirt is lost", SECONDS)
        check(row(guest)["isConnected"], "the session goes on meanwhile", row(guest))
        blocks = row(guest)["servedBlocks"]
        guest.output("kill $(cat /run/agent.pid)")
        start_agent(guest)
        wait_until(
            lambda: is_seeded(guest) and row(guest)["servedBlocks"] > blocks,
            "a new session is fed by the last known map (F29)", SECONDS)
        hypervisor.start()
        wait_until(
            lambda: entmesh_json("status")["libvirt"]["state"] == "connected",
            "it reconnects by itself", SECONDS)
        wait_until(lambda: is_seeded(guest), "the guest is still seeded", SECONDS)
        check(row(guest)["servedBytes"] >= served, "its counters went on", row(guest))


def paused(guest: Guest) -> None:
    with scenario("a guest paused and resumed"):
        guest.pause()
        wait_until(lambda: row(guest)["state"] == "paused", "it is listed as paused", SECONDS)
        guest.resume()
        wait_until(lambda: row(guest)["state"] == "running", "and as running again", SECONDS)
        wait_until(lambda: is_seeded(guest), "and is seeded", SECONDS)


def reset(guest: Guest) -> None:
    """`virsh reset` keeps QEMU, so the old session still stands (F32)."""
    with scenario("virsh reset"):
        guest.reset()
        wait_until(
            lambda: is_seeded(guest) and row(guest)["note"].startswith("reset, "),
            "it is fed again at once, and the note says after what", AT_ONCE_SECONDS)
        check(row(guest)["lastOutcome"] in FED_AFTER_BOOT, "its receipt says so", row(guest))


def panicked(guest: Guest) -> None:
    with scenario("the guest's kernel panics and boots again"):
        served = row(guest)["servedBlocks"]
        guest.panic()
        wait_until(
            lambda: is_seeded(guest) and row(guest)["servedBlocks"] > served,
            "it is fed again at once after its boot", AT_ONCE_SECONDS)
        check(row(guest)["lastOutcome"] in FED_AFTER_BOOT, "its receipt says so", row(guest))


def reverted(guest: Guest) -> None:
    """`guest` has a disk."""
    with scenario("reverted to a live snapshot"):
        guest.snapshot("before")
        wait_until(lambda: is_seeded(guest), "it is seeded before", SECONDS)
        guest.revert("before")
        wait_until(
            lambda: is_seeded(guest) and row(guest)["note"].startswith(("reverted, ", "restored, ")),
            "it is reseeded after, and the note says after what", SECONDS)
        check(row(guest)["lastOutcome"] == "reseeded", "the receipt says reseeded", row(guest))


def destroyed_and_renamed(guest: Guest) -> None:
    """`guest` boots without its agent."""
    with scenario("a guest destroyed, renamed and started"):
        served = row(guest)["servedBytes"]
        old = guest.name
        guest.destroy()
        wait_until(lambda: row(guest)["state"] == "shut off", "it is listed as shut off", SECONDS)
        wait_until(lambda: not row(guest)["isConnected"], "its session ended", SECONDS)
        guest.rename("renamed1")
        wait_until(lambda: "renamed1" in rows() and old not in rows(), "the list knows its new name", SECONDS)
        guest.start().wait_ready()
        start_agent(guest)
        wait_until(lambda: is_seeded(guest), "it is fed under it", SECONDS)
        check(row(guest)["servedBytes"] > served, "its counters stayed with its UUID", row(guest))
        check(entmesh("list", "--name").stdout.split().count("renamed1") == 1, "it is listed once")


def cid_taken_over(first: Guest, second: Guest) -> None:
    """Both have the same fixed CID; `first` runs."""
    with scenario("a CID taken over by another domain"):
        wait_until(lambda: is_seeded(first), f"{first.name} is fed", SECONDS)
        served = row(first)["servedBytes"]
        first.destroy()
        second.start().wait_ready()
        wait_until(lambda: is_seeded(second), f"{second.name} is fed with the same CID", SECONDS)
        check(row(second)["cid"] == 40, "it has it", row(second))
        check(row(first)["servedBytes"] == served, "nothing was booked on the other one", row(first))
        second.destroy()
