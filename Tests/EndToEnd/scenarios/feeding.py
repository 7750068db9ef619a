# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Guests are fed and listed; a starving one becomes ready because of it."""

from __future__ import annotations

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest

from product import entmesh, entmesh_json, is_seeded, ledger_balances, row

FED_SECONDS = 60


def guests_are_fed(ordinary: Guest, starving: Guest, without_agent: Guest) -> None:
    """All three have booted; `without_agent` starves too."""
    with scenario("guests with the agent are fed, and listed"):
        for guest in (ordinary, starving):
            wait_until(lambda: is_seeded(guest), f"{guest.name} is listed as seeded", FED_SECONDS)
            found = row(guest)
            check(found["mode"] == "agent", "its mode is agent", found)
            check(found["level"] >= 90, "its level is near 100", found)
            check(found["servedBytes"] >= 32, "at least one block was acknowledged", found)
            check(found["lastOutcome"] in ("seeded", "reseeded"), "its receipt says so", found)
        found = row(without_agent)
        check(found["mode"] == "none", "the guest without the agent has mode none", found)
        check(found["note"] == "agent never connected", "and a note that says why", found)
        table = entmesh("list").stdout
        check(ordinary.name in table and "seeded" in table, "the table shows it in words", table)
        check(ledger_balances(), "the ledger balances", entmesh_json("status")["tank"])


def starving_guest_becomes_ready(starving: Guest, without_agent: Guest) -> None:
    with scenario("the starving guest is ready because of the agent"):
        ready = starving.output("probe watch-ready 30", 60)
        check(ready != "never", "getrandom no longer blocks", ready)
        check("seeded" in starving.agent_log(), "its agent's receipt said seeded", starving.agent_log())
        check(
            not without_agent.is_kernel_ready,
            "the same guest without the agent still starves",
            without_agent.output("probe avail"),
        )
