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


def samples(console: str) -> dict[str, int]:
    """What `probe sample-forever` has written to a console: 8 bytes each, and when."""
    lines = re.findall(r"^(\d+) ([0-9a-f]{16})$", console, re.MULTILINE)
    return {sample: int(nanoseconds) for nanoseconds, sample in lines}


def common_samples(guest: Guest, clone: Guest) -> list[int]:
    """When both gave the same, in nanoseconds of the clocks that they share.

    The clone's console has only what it gave since its restore; the save may cut one line in two.
    """
    others = samples(clone.console_text())
    return sorted(when for sample, when in samples(guest.console_text()).items() if sample in others)


def sampling_clones(guest: Guest, clone: Guest) -> None:
    """Saves `guest`, whose generator is being watched, and lets it and its clone go on."""
    guest.shell.tell("probe sample-forever &")
    wait_until(lambda: samples(guest.console_text()), "what its generator gives is watched", SECONDS)
    image = guest.save()
    before = len(samples(guest.console_text()))
    copy = clone_image(image, guest, clone)
    guest.restore(image)
    wait_until(lambda: len(samples(guest.console_text())) > before + 100, "the original goes on", SECONDS)
    clone.restore(copy)
    wait_until(lambda: len(samples(clone.console_text())) > 100, "its clone goes on", SECONDS)


def restored_without_agent(guest: Guest, clone: Guest) -> None:
    """What happens to who has no agent: it goes on with the state it was saved with.

    Nothing tells either of them; they part when the kernel next reseeds by itself.
    """
    with scenario("control: two clones without the agent"):
        sampling_clones(guest, clone)
        common = common_samples(guest, clone)
        check(len(common) > 0, "both give the same random numbers after the restore", common)
        span = (common[-1] - common[0]) / 1e6 if common else 0
        print(f"        {len(common)} outputs in common, within {span:.0f} ms", flush=True)
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
