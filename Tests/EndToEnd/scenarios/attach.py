# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A guest gets its vsock device from `entmesh attach`, and loses it to `entmesh detach`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from entmesh_rig.checks import check, scenario, wait_until
from entmesh_rig.guest import Guest
from entmesh_rig.hypervisor import virsh

from product import USER, entmesh, is_seeded, row, start_agent

SECONDS = 90

AT_ONCE_SECONDS = 15
"""For what libvirt tells the daemon by an event; a minute if it had to look."""


def a_host_is_looked_at() -> None:
    with scenario("the doctor looks at a host on which all is well"):
        found = json.loads(entmesh("doctor", "--json").stdout)["findings"]
        check(
            {finding["subject"] for finding in found if finding["verdict"] == "fail"} <= {"group"},
            "nothing fails but the group, which L1 has not", found)
        subjects = {finding["subject"] for finding in found}
        check({"daemon", "hwrng", "tpm", "vsock", "libvirt", "guests"} <= subjects, "all is looked at", found)
        judged = entmesh("check")
        check(
            judged.returncode in (0, 1) and judged.stdout.startswith("ENTMESH "),
            "and check judges it", judged)


def to_a_running_guest(guest: Guest) -> None:
    """`guest` runs without vsock and without its agent."""
    with scenario("a vsock device is attached to a running guest"):
        shown = entmesh("attach", guest.name, "--dry-run")
        check(shown.returncode == 0 and "<cid auto='yes'/>" in shown.stdout, "a dry run shows it", shown)
        check(_devices(guest) == (0, 0), "and changes nothing", _devices(guest))
        refused = entmesh("attach", guest.name, user=USER)
        check(
            refused.returncode == 1 and "takes root or group libvirt" in refused.stderr,
            "who may not is told which group to join", refused)

        report = _report("attach", guest)
        check(
            (report["persistent"], report["live"]) == ("added", "added"),
            "it is added to the definition and to the running guest", report)
        check(report["contextID"] == guest.cid, "and libvirt chose a CID at once", report)
        silent = entmesh("doctor", "--guest", guest.name)
        check(
            silent.returncode == 1 and "fail  agent   never connected" in silent.stdout,
            "the doctor says what is missing still", silent)
        inside = guest.run("entmesh-guest-doctor")
        check(
            inside[0] == 1 and "/usr/bin/entmesh-guest is there, and does not run" in inside[1],
            "and so does the one in the guest", inside)
        start_agent(guest)
        wait_until(lambda: is_seeded(guest), "the guest is fed", SECONDS)
        fed = entmesh("doctor", "--guest", guest.name)
        check(fed.returncode == 0 and "0 fail" in fed.stdout, "the doctor finds it well", fed)
        inside = guest.run("entmesh-guest-doctor")
        check(
            inside[0] == 0 and "ok    host       connected over vsock" in inside[1],
            "and so does the one in the guest", inside)
        again = entmesh("attach", guest.uuid)
        check(
            again.returncode == 0 and "has a vsock device already" in again.stdout,
            "a second time there is nothing to do", again)


def from_a_running_guest(guest: Guest) -> None:
    """`guest` runs, and is fed."""
    with scenario("a vsock device is detached from a running guest"):
        report = _report("detach", guest)
        check(
            (report["persistent"], report["live"]) == ("removed", "removed"),
            "it is taken out of the definition and the running guest", report)
        check(_devices(guest) == (0, 0), "libvirt has none any more", _devices(guest))
        wait_until(
            lambda: row(guest)["note"] == f"no vsock: attach {guest.name}",
            "the list says so at once, and what to type", AT_ONCE_SECONDS)


def one_side_only(guest: Guest) -> None:
    """`guest` runs, with its agent and without vsock."""
    with scenario("what one configuration lacks is mended"):
        file = guest.folder / "vsock.xml"
        file.write_text("<vsock model='virtio'><cid auto='yes'/></vsock>")
        virsh("attach-device", guest.name, file, "--live")
        report = _report("attach", guest)
        check(
            (report["persistent"], report["live"]) == ("added", "present"),
            "a device that only the running guest has goes into the definition", report)
        wait_until(lambda: is_seeded(guest), "and the guest is fed again", SECONDS)
        guest.destroy()
        guest.start().wait_ready()
        start_agent(guest)
        wait_until(lambda: is_seeded(guest), "and after its next start too", SECONDS)
        _report("detach", guest)


def to_a_saved_guest(guest: Guest) -> None:
    """`guest` runs, with its agent and without vsock."""
    with scenario("a vsock device is attached to a saved guest"):
        guest.managed_save()
        report = _report("attach", guest)
        check((report["persistent"], report["live"]) == ("added", "none"), "the definition has it", report)
        check(
            any("saved memory has no vsock device" in note for note in report["notes"]),
            "and that the saved memory has none is said", report)
        guest.start().wait_ready()
        report = _report("attach", guest)
        check((report["persistent"], report["live"]) == ("present", "added"), "after its start it goes in", report)
        wait_until(lambda: is_seeded(guest), "the guest is fed", SECONDS)


def to_a_transient_guest(guest: Guest) -> None:
    """`guest` is shut off and has a vsock device."""
    with scenario("a vsock device of a transient guest"):
        file = guest.folder / "transient.xml"
        file.write_text(virsh("dumpxml", guest.name, "--inactive"))
        guest.remove()
        virsh("create", file)
        guest.wait_ready()
        report = _report("detach", guest)
        check((report["persistent"], report["live"]) == ("none", "removed"), "is detached from what runs", report)
        report = _report("attach", guest)
        check((report["persistent"], report["live"]) == ("none", "added"), "and attached to it", report)
        check(any("transient" in note for note in report["notes"]), "with a word of caution", report)
        guest.destroy()


def _report(command: str, guest: Guest) -> dict[str, Any]:
    """What a change says as JSON; it must succeed."""
    done: subprocess.CompletedProcess[str] = entmesh(command, guest.name, "--json")
    check(done.returncode == 0, f"entmesh {command} succeeds", done)
    return json.loads(done.stdout)


def _devices(guest: Guest) -> tuple[int, int]:
    """How many vsock devices the definition and the running guest have."""
    definition, live = (virsh("dumpxml", guest.name, *more) for more in (["--inactive"], []))
    return definition.count("<vsock"), live.count("<vsock")
