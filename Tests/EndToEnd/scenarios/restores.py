# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Saved memory that runs again, twice: each clone is reseeded, and they differ."""

from __future__ import annotations

import re

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.clone import clone_image
from entmesh_rig.guest import Guest

from product import entmesh, generation, is_seeded, row

SECONDS = 90
SAMPLES = 100
"""What each clone gives at least after its restore, 5 to 25 a second."""


def samples(guest: Guest) -> dict[str, int]:
    """What `probe sample-forever` has written to the console: 4 bytes each, and the microseconds.

    A clone's console has only what it gave since its restore; the save may cut one line in two.
    """
    lines = re.findall(r"^(\d+) ([0-9a-f]{8})$", guest.console_text(), re.MULTILINE)
    return {sample: int(microseconds) for microseconds, sample in lines}


def clone_while_sampling(guest: Guest, clone: Guest) -> None:
    """Saves `guest`, whose generator is being watched, and lets it and its clone go on.

    `clone` is made of the same arguments as `guest`, and not defined yet.
    """
    guest.output("probe sample-forever >/dev/ttyS0 & echo $! >/run/sampler.pid")
    wait_until(lambda: samples(guest), "what its generator gives is watched", SECONDS)
    image = guest.save()
    before = len(samples(guest))
    copy = clone_image(image, guest, clone)
    guest.restore(image)
    clone.restore(copy)
    wait_until(lambda: len(samples(guest)) > before + SAMPLES, "the original goes on", SECONDS)
    wait_until(lambda: len(samples(clone)) > SAMPLES, "its clone goes on", SECONDS)


def stop_sampling(guest: Guest) -> None:
    guest.output("kill $(cat /run/sampler.pid)")


def fed_after_reset(guest: Guest) -> int:
    """The microseconds at which the agent was fed after it saw the transport reset."""
    log = guest.agent_log()
    found = re.search(r"transport reset.*?^(\d+) [^\n]*fed: reseeded$", log, re.DOTALL | re.MULTILINE)
    if not found:
        raise RuntimeError(f"no reset and no block after it in {log!r}")
    return int(found[1]) // 1000


def restored_twice(guest: Guest, clone: Guest) -> None:
    """`guest` has an agent that `start_agent` started."""
    with scenario("saved, and the image restored as two clones (F32)"):
        before = generation(guest)
        clone_while_sampling(guest, clone)
        for each in (guest, clone):
            wait_until(
                lambda: is_seeded(each) and row(each)["note"] == "restored, reseeded",
                f"{each.name} is listed as restored, reseeded", SECONDS)
            check(row(each)["lastOutcome"] == "reseeded", "its receipt says reseeded", row(each))
            stop_sampling(each)
        generations = [generation(each) for each in (guest, clone)]
        check(before not in generations, "the generation file changed", generations)
        check(generations[0] != generations[1], "and differs between the clones", generations)
        for one, other in ((guest, clone), (clone, guest)):
            fed, others = fed_after_reset(one), samples(other)
            given = {sample: when for sample, when in samples(one).items() if when > fed}
            check(len(given) > 0, f"{one.name} gave {len(given)} outputs after its block")
            shared = [when for sample, when in given.items() if sample in others]
            check(not shared, f"and {other.name} none of them at any time", (fed, shared))
        clone.remove()


def restored_without_agent(guest: Guest, clone: Guest) -> None:
    """What happens to who has no agent: it goes on with the state it was saved with.

    Nothing tells either of them; they part when the kernel next reseeds by itself.
    """
    with scenario("control: two clones without the agent"):
        clone_while_sampling(guest, clone)
        ours, others = samples(guest), samples(clone)
        common = sorted(when for sample, when in ours.items() if sample in others)
        # One line may have been under way when the guest was saved.
        check(len(common) > 1, "both give the same random numbers after the restore", common)
        span = (common[-1] - common[0]) / 1000 if common else 0
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
