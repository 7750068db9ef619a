#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""All end-to-end scenarios, in one boot of the nested hypervisor.

`main.py NAME...` runs only the named groups: feeding, sources, restarts, domains, restores,
strangers, single_host, abusers.
"""

from __future__ import annotations

import sys

from entmesh_rig.checks import run
from entmesh_rig.guest import Guest, start_all
from entmesh_rig.hypervisor import Hypervisor

from product import HostAgent, agent_image, start_agent
from scenarios import (
    abusers,
    domains,
    feeding,
    restarts,
    restores,
    single_host,
    sources,
    strangers,
)

TAKEN_CID = 40


def on_one_machine(wanted: set[str]) -> None:
    """What needs no guest."""
    if "single_host" in wanted:
        single_host.k_and_m()
    if "abusers" in wanted:
        abusers.scarce_tank()
    if "restarts" in wanted:
        restarts.nothing_is_sent_twice()


def with_guests(wanted: set[str]) -> None:
    hypervisor = Hypervisor().start()
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


GROUPS = {"feeding", "sources", "restarts", "domains", "restores", "strangers", "single_host", "abusers"}


def main() -> None:
    wanted = set(sys.argv[1:]) or GROUPS
    unknown = wanted - GROUPS
    if unknown:
        raise SystemExit(f"no such scenarios: {', '.join(sorted(unknown))}")
    if wanted & {"single_host", "abusers", "restarts"}:
        on_one_machine(wanted)
    if wanted - {"single_host", "abusers"}:
        with_guests(wanted)


run(main)
