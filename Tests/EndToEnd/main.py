#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""All end-to-end scenarios, in one boot of the nested hypervisor.

`main.py NAME...` runs only the named groups: feeding, sources, restarts, domains, restores,
strangers, attach, single_host, abusers, early_boot, mesh; of the last one also a single scenario, as
`mesh.ring` for the function ring().
"""

from __future__ import annotations

import argparse
import sys

from entmesh_rig.apart import side_by_side
from entmesh_rig.checks import run
from entmesh_rig.guest import Guest, start_all
from entmesh_rig.hypervisor import Hypervisor

from mesh import FOLDER
from product import REPOSITORY, HostAgent, agent_image, start_agent
from scenarios import (
    abusers,
    attach,
    domains,
    early_boot,
    feeding,
    mesh_certificates,
    mesh_faults,
    mesh_links,
    mesh_loops,
    mesh_topologies,
    restarts,
    restores,
    single_host,
    sources,
    strangers,
)

TAKEN_CID = 40

MESH = {
    each.__name__: each
    for each in (
        # Those that mostly wait come first, beside those that do not.
        mesh_topologies.own_kernel,
        mesh_links.half_open,
        mesh_links.bad_link,
        mesh_topologies.equal_trust,
        mesh_certificates.strangers_are_refused,
        mesh_links.no_herd,
        mesh_topologies.cluster,
        mesh_topologies.unequal_trust,
        mesh_loops.two_empty_tanks,
        mesh_loops.two_tanks_come_to_rest,
        mesh_loops.ring,
        mesh_loops.only_mixed,
        mesh_certificates.certificates_are_rotated,
        mesh_links.crossing_dials,
        mesh_links.impostor,
        mesh_links.killed,
        mesh_faults.faulty_giver,
    )
}
"""Hosts that feed hosts, by the names of their scenarios."""

MESH_AT_ONCE = 3
MESH_SECONDS = 900
"""For any one of them, however busy the machine."""


def meshes(names: list[str]) -> None:
    """One is played here, several are side by side."""
    if len(names) == 1:
        MESH[names[0]]()
    elif names:
        programs = {f"mesh.{name}": [sys.executable, __file__, f"mesh.{name}"] for name in names}
        side_by_side(
            programs, folders=[str(FOLDER)], at_once=MESH_AT_ONCE, timeout=MESH_SECONDS)


def on_one_machine(wanted: set[str]) -> None:
    """What needs no guest."""
    if "single_host" in wanted:
        single_host.k_and_m()
    if "abusers" in wanted:
        abusers.scarce_tank()
    if "restarts" in wanted:
        restarts.nothing_is_sent_twice()
    meshes([name for name in MESH if wanted & {"mesh", f"mesh.{name}"}])


def with_guests(hypervisor: Hypervisor, wanted: set[str]) -> None:
    host = HostAgent().start()
    image = agent_image()
    web = Guest("web1", image=image, agent=[], disk=True)
    starving = Guest("starving1", image=image, starving=True)
    bare = Guest("bare1", image=image, starving=True)
    start_all([web, starving, bare])
    if "feeding" in wanted:
        feeding.starving_guest_becomes_ready(starving, bare)
        feeding.guests_are_fed(web, starving, bare)
        unattached = Guest("unattached1", image=image, vsock=False, agent=["--once"])
        start_all([unattached])
        feeding.no_vsock(unattached)
        unattached.remove()
    else:
        start_agent(starving)
    if "attach" in wanted:
        doctor = REPOSITORY / "guest-agent" / "entmesh-guest-doctor"
        attached = Guest(
            "attached1", image=agent_image(entmesh_guest_doctor=doctor), vsock=False)
        start_all([attached])
        attach.a_host_is_looked_at()
        attach.to_a_running_guest(attached)
        attach.from_a_running_guest(attached)
        attach.one_side_only(attached)
        attach.to_a_saved_guest(attached)
        attached.destroy()
        attach.to_a_transient_guest(attached)
    if "sources" in wanted:
        sources.three_at_once(host, web)
        sources.bad_reload(host, web)
    if "strangers" in wanted:
        strangers.unprivileged_process(web)
        strangers.unknown_cid()
        strangers.unknown_machine(image)
    if "restores" in wanted:
        restores.operator_reseeds(web)
        restores.Held(restores.SAMPLES_PORT)
        restores.restored_twice(starving, Guest("clone1", image=image, starving=True))
        plain = Guest("plain1", image=image)
        start_all([plain])
        restores.restored_without_agent(plain, Guest("plain2", image=image))
    if "restarts" in wanted:
        restarts.daemon_killed(host, [web, starving])
        restarts.daemon_stopped(host, [web, starving])
    if "domains" in wanted:
        domains.libvirtd_restarted(hypervisor, web)
        domains.paused(web)
        domains.reset(web)
        domains.panicked(web)
        domains.reverted(web)
        domains.destroyed_and_renamed(starving)
        bare.remove()
        first = Guest("cid1", image=image, agent=[], cid=TAKEN_CID)
        second = Guest("cid2", image=image, agent=[], cid=TAKEN_CID)
        start_all([first])
        domains.cid_taken_over(first, second)
    host.stop()


WITHOUT_GUESTS = {"single_host", "abusers", "mesh"}
WITH_GUESTS = {"attach", "feeding", "sources", "restarts", "domains", "restores", "strangers"}
WITH_GUESTS_OF_ITS_OWN = {"early_boot"}
GROUPS = WITHOUT_GUESTS | WITH_GUESTS | WITH_GUESTS_OF_ITS_OWN


def parse() -> set[str]:
    """The names of what is to be played."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--without", action="append", default=[], metavar="GROUP")
    options = parser.parse_args()
    unknown = {*options.names, *options.without} - GROUPS - {f"mesh.{name}" for name in MESH}
    if unknown:
        parser.error(f"no such scenarios: {', '.join(sorted(unknown))}")
    return (set(options.names) or GROUPS) - set(options.without)


def main() -> None:
    wanted = parse()
    on_one_machine(wanted)
    if wanted & (WITH_GUESTS | WITH_GUESTS_OF_ITS_OWN):
        hypervisor = Hypervisor().start()
        if wanted & WITH_GUESTS:
            with_guests(hypervisor, wanted)
        if "early_boot" in wanted:
            early_boot.early_boot()


run(main)
