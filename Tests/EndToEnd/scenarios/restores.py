# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Saved memory that runs again, twice: each clone is reseeded, and they differ."""

from __future__ import annotations

import re

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.clone import clone_image
from entmesh_rig.guest import Guest

from product import entmesh, entmesh_json, is_seeded, ledger_balances, row

SECONDS = 90
OUTPUT_BYTES = 64


def output(guest: Guest) -> str:
    """What the guest's generator gives now, without blocking."""
    return guest.output(f"probe sample {OUTPUT_BYTES}")


def restored_twice(guest: Guest, clone: Guest) -> None:
    """`clone` is made of the same arguments as `guest`, and not defined yet."""
    with scenario("saved, and the image restored as two clones"):
        generation = guest.output("cat /run/entmesh-guest/generation 2>/dev/null || true")
        image = guest.save()
        copy = clone_image(image, guest, clone)
        guest.restore(image)
        clone.restore(copy)
        for each in (guest, clone):
            wait_until(
                lambda: is_seeded(each) and row(each)["note"] == "restored, reseeded",
                f"{each.name} is listed as restored, reseeded", SECONDS)
            check(row(each)["lastOutcome"] == "reseeded", "its receipt says reseeded", row(each))
            check("reset" in each.agent_log(), "its agent saw the transport reset", each.agent_log())
        generations = [each.output("cat /run/entmesh-guest/generation") for each in (guest, clone)]
        check(generation not in generations, "the generation file changed", generations)
        check(generations[0] != generations[1], "and differs between the clones", generations)
        check(output(guest) != output(clone), "their generators' outputs differ")
        check(ledger_balances(), "the ledger balances", entmesh_json("status")["tank"])
        clone.remove()


def samples(console: str) -> list[str]:
    """What `probe sample-forever` has written to a console."""
    return [line.strip() for line in console.splitlines() if re.fullmatch(r"[0-9a-f]{64}", line.strip())]


def restored_without_agent(guest: Guest, clone: Guest) -> None:
    """What happens to who has no agent: it goes on with the state it was saved with.

    Each writes what its generator gives to its console, so what both give after the restore is seen.
    Nothing tells either of them; they part when the kernel next reseeds by itself.
    """
    with scenario("control: the same without the agent"):
        guest.shell.tell("probe sample-forever 20 >/dev/console 2>&1 &")
        wait_until(lambda: samples(guest.console_text()), "it writes what its generator gives", SECONDS)
        image = guest.save()
        before = len(samples(guest.console_text()))
        copy = clone_image(image, guest, clone)
        guest.restore(image)
        wait_until(lambda: len(samples(guest.console_text())) > before + 20, "the original goes on", SECONDS)
        guest.destroy()
        clone.restore(copy)
        wait_until(lambda: len(samples(clone.console_text())) > 20, "its clone goes on", SECONDS)
        clone.destroy()
        # A line that the save cut in two is whole for one of them only: so look for any in common.
        first = set(samples(guest.console_text())[before:])
        common = [sample for sample in samples(clone.console_text()) if sample in first]
        # Not a check: how soon the kernel reseeds by itself is a matter of its timers.
        print(f"        outputs of 32 bytes that both gave after the restore: {len(common)}", flush=True)
        clone.remove()
        guest.remove()


def operator_reseeds(guest: Guest) -> None:
    with scenario("an operator's reseed waits for the receipt"):
        served = row(guest)["servedBlocks"]
        done = entmesh("reseed", guest.name)
        check(done.returncode == 0, "entmesh reseed succeeds", done.stderr)
        check(done.stdout.strip() == f"{guest.name}: reseeded", "and says so", done.stdout)
        check(row(guest)["servedBlocks"] > served, "a block was acknowledged", row(guest))
        refused = entmesh("reseed", guest.name, user=65533)
        check(refused.returncode == 1, "an ordinary user may not", refused)
        unknown = entmesh("reseed", "nosuch")
        check(
            unknown.returncode == 1 and "failed to get domain 'nosuch'" in unknown.stderr,
            "an unknown domain is named", unknown.stderr)
