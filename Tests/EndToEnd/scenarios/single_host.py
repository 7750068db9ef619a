# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The seed's first example, K <-> M, with a 512-byte stand-in for an old kernel's pool."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from entmesh_rig.checks import check, scenario

from product import BUILD, RUN, HostAgent, entmesh_json

SOCKET = RUN / "k.sock"
CONTROL = RUN / "k-control.sock"
TANK = 4096


def run_pair(*, rate: int, own: int, foreign: int = 0, noise: int = 0, drain: int = 0, seconds: int = 6) -> tuple[dict[str, Any], dict[str, Any]]:
    """M fed at `rate` bytes a second (-1: not at all) and K side by side; what both say at the end."""
    host = HostAgent(
        "--no-vsock", "--no-libvirt", "--own-pool-socket", str(SOCKET), "--own-pool", "credit",
        "--control-socket", str(CONTROL), "--tank-size", str(TANK), f"--rate={rate}",
        program="entmesh-host-tagged", name="k-and-m",
    )
    host.start()
    pool = [
        BUILD / "pool-stand-in", "--unix", SOCKET, f"--own={own}", f"--foreign={foreign}",
        f"--rate={noise}", f"--drain={drain}", f"--seconds={seconds}",
    ]
    done = subprocess.run(list(map(str, pool)), capture_output=True, text=True, timeout=120)
    status = entmesh_json("status", "--socket", str(CONTROL))
    host.stop()
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout), status["tank"]


def check_both(pool: dict[str, Any], tank: dict[str, Any]) -> None:
    check(tank["balances"], "M's ledger balances", tank)
    given, received = set(pool["given"]), set(pool["received"])
    check(len(given) == len(pool["given"]), "K gave nothing twice")
    check(len(received) == len(pool["received"]), "M gave nothing twice")
    check(not given & received, "nothing came back as it was given")
    check("closed" not in pool, "the connection held", pool.get("closed"))


def k_and_m() -> None:
    with scenario("K <-> M: M full, K empty: M fills K"):
        pool, tank = run_pair(rate=0, own=0)
        check(pool["foreign"] >= 320, "K is nearly full of M's bytes", pool["foreign"])
        check(not pool["given"], "and gave nothing", len(pool["given"]))
        check_both(pool, tank)
    with scenario("K <-> M: K full, M empty: K gives to M"):
        pool, tank = run_pair(rate=-1, own=512)
        check(len(pool["given"]) >= 8, "K gave blocks", len(pool["given"]))
        check(tank["resident"] > 0, "M has some of it", tank)
        check(len(pool["received"]) <= 2, "and gave hardly any back: no sloshing", len(pool["received"]))
        check_both(pool, tank)
    with scenario("K <-> M: both empty: nothing moves"):
        pool, tank = run_pair(rate=-1, own=0, seconds=3)
        check(not pool["given"] and not pool["received"], "no transfer at all", pool)
        check_both(pool, tank)
    with scenario("K <-> M: both full: nothing moves"):
        pool, tank = run_pair(rate=0, own=512, seconds=3)
        check(not pool["given"], "K gives nothing", len(pool["given"]))
        check(not pool["received"], "M gives nothing", len(pool["received"]))
        check_both(pool, tank)
    with scenario("K <-> M: K gathers noise, M has no source: it flows to M"):
        pool, tank = run_pair(rate=-1, own=0, noise=200)
        check(tank["resident"] > 0, "M fills from K", tank)
        check_both(pool, tank)
    with scenario("K <-> M: K is drained: M keeps it up"):
        pool, tank = run_pair(rate=0, own=0, foreign=384, drain=100)
        check(pool["level"] >= 50, "K stays above half", pool["level"])
        check_both(pool, tank)
