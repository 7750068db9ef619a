# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Saved memory that runs again, twice: each clone is reseeded, and they differ."""

from __future__ import annotations

import re
import socket
import threading

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.clone import clone_image
from entmesh_rig.guest import Guest

from product import entmesh, generation, is_seeded, row

SECONDS = 90
SAMPLES_PORT = 901
"""Where `probe sample-after-reset` dials, to notice the reset."""
CONTROLS = 3


class Held:
    """Takes connections over vsock and keeps them, for as long as their guests do."""

    def __init__(self, port: int) -> None:
        self._listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        self._listener.bind((socket.VMADDR_CID_ANY, port))
        self._listener.listen()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            self._connections.append(self._listener.accept()[0])


def clone_while_sampling(guest: Guest, clone: Guest) -> None:
    """Saves `guest` and runs the image twice; each samples its generator from the reset on.

    `clone` is made of the same arguments as `guest`, and not defined yet.
    """
    guest.output(f"probe sample-after-reset 2 {SAMPLES_PORT} >/run/samples &")
    wait_until(lambda: guest.output("cat /run/samples") == "connected", "it is ready to sample", SECONDS)
    image = guest.save()
    copy = clone_image(image, guest, clone)
    guest.restore(image)
    clone.restore(copy)


def samples(guest: Guest) -> dict[str, int]:
    """What its generator gave since the restore, 4 bytes each, and the milliseconds."""
    wait_until(
        lambda: guest.output("tail -n 1 /run/samples") == "done",
        f"{guest.name} has sampled its generator since its restore", SECONDS)
    lines = re.findall(r"^(\d+) ([0-9a-f]{8})$", guest.output("cat /run/samples"), re.MULTILINE)
    return {sample: int(milliseconds) for milliseconds, sample in lines}


def fed_after_reset(guest: Guest) -> int:
    """The milliseconds at which the agent was fed after it saw the transport reset."""
    log = guest.agent_log()
    found = re.search(r"transport reset.*?^(\d+) [^\n]*fed: reseeded$", log, re.DOTALL | re.MULTILINE)
    if not found:
        raise RuntimeError(f"no reset and no block after it in {log!r}")
    return int(found[1]) // 1_000_000


def restored_twice(guest: Guest, clone: Guest) -> None:
    """`guest` has an agent that `start_agent` started; `Held(SAMPLES_PORT)` listens."""
    with scenario("saved, and the image restored as two clones (F32)"):
        before = generation(guest)
        clone_while_sampling(guest, clone)
        for each in (guest, clone):
            wait_until(
                lambda: is_seeded(each) and row(each)["note"] == "restored, reseeded",
                f"{each.name} is listed as restored, reseeded", SECONDS)
            check(row(each)["lastOutcome"] == "reseeded", "its receipt says reseeded", row(each))
        generations = [generation(each) for each in (guest, clone)]
        check(before not in generations, "the generation file changed", generations)
        check(generations[0] != generations[1], "and differs between the clones", generations)
        outputs = {each: samples(each) for each in (guest, clone)}
        for one, other in ((guest, clone), (clone, guest)):
            fed = fed_after_reset(one)
            given = {sample: when for sample, when in outputs[one].items() if when > fed}
            check(len(given) > 0, f"{one.name} gave {len(given)} outputs after its block")
            shared = [when for sample, when in given.items() if sample in outputs[other]]
            check(not shared, f"and {other.name} none of them at any time", (fed, shared))
        clone.remove()


def restored_without_agent(guest: Guest, clone: Guest) -> None:
    """What happens to who has no agent: it goes on with the state it was saved with.

    Nothing tells either of them; they part when the kernel next reseeds by itself. Seldom that is
    at once: then they are cloned again.
    """
    with scenario("control: two clones without the agent"):
        common: list[int] = []
        for _ in range(CONTROLS):
            clone_while_sampling(guest, clone)
            ours, others = samples(guest), samples(clone)
            common = sorted(when for sample, when in ours.items() if sample in others)
            clone.remove()
            if common:
                break
        check(common, "both give the same random numbers after the restore", common)
        span = common[-1] - common[0] if common else 0
        print(f"        {len(common)} outputs in common, within {span} ms", flush=True)
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
