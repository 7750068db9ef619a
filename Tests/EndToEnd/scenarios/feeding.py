# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Guests are fed and listed; a starving one becomes ready because of it."""

from __future__ import annotations

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest

from product import entmesh, is_seeded, row, start_agent

FED_SECONDS = 60


def guests_are_fed(ordinary: Guest, starving: Guest, without_agent: Guest) -> None:
    """All three have booted; `without_agent` starves too."""
    with scenario("guests with the agent are fed, and listed"):
        for guest in (ordinary, starving):
            wait_until(lambda: is_seeded(guest), f"{guest.name} is listed as seeded", FED_SECONDS)
            found = row(guest)
            check(found["mode"] == "agent", "its mode is agent", found)
            check(found["level"] >= 85, "its level is near 100: it is fed again at 90", found)
            check(found["servedBytes"] >= 32, "at least one block was acknowledged", found)
            check(found["lastOutcome"] in ("seeded", "reseeded"), "its receipt says so", found)
        found = row(without_agent)
        check(found["mode"] == "none", "the guest without the agent has mode none", found)
        check(found["note"] == "agent never connected", "and a note that says why", found)
        table = entmesh("list").stdout
        check(ordinary.name in table and "seeded" in table, "the table shows it in words", table)


def starving_guest_becomes_ready(starving: Guest, without_agent: Guest) -> None:
    """Starts the agent of `starving`, which has run without it until now."""
    with scenario("a starving guest becomes ready because of the agent"):
        for guest in (starving, without_agent):
            check(not guest.is_kernel_ready, f"{guest.name} starves", guest.output("probe avail"))
        start_agent(starving)
        ready = starving.output("probe watch-ready 30", 60)
        check(ready != "never", "with the agent getrandom no longer blocks", ready)
        wait_until(
            lambda: "fed: seeded" in starving.agent_log(),
            "and its receipt said seeded", FED_SECONDS)
        check(
            not without_agent.is_kernel_ready,
            "the same guest without the agent still starves",
            without_agent.output("probe avail"),
        )


def no_vsock(guest: Guest) -> None:
    """`guest` has no vsock device, and booted with agent=["--once"]."""
    with scenario("a guest without vsock (F36)"):
        wait_until(lambda: guest.run("cat /run/agent.status")[0] == 0, "its agent ended", FED_SECONDS)
        check(guest.output("cat /run/agent.status") == "69", "with 69", guest.agent_log())
        lines = guest.agent_log().splitlines()
        check(len(lines) == 1 and "no AF_VSOCK" in lines[0], "after one line that says why", lines)
        said = guest.run("entmesh-guest --if-available")
        check(said == (0, ""), "with --if-available it is a silent success", said)
