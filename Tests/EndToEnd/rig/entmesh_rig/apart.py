# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Programs of scenarios side by side, each with a network and folders that are its own alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from entmesh_rig import RESULTS
from entmesh_rig.checks import check, include

NETWORKS = "/run/netns"
"""Where ip(8) keeps the names of network namespaces."""


def side_by_side(
    programs: Mapping[str, Sequence[str]], *, folders: Sequence[str], at_once: int, timeout: float
) -> None:
    """Runs the programs, `at_once` at a time, the first ones first; each ends as checks.run() does.

    Each sees no network interface but a loopback, and has `folders` to itself, empty at the start.
    Its logs go to RESULTS/NAME. What it printed is shown when it ends, and its checks are counted.
    """
    with ThreadPoolExecutor(at_once) as pool:
        ends = {
            pool.submit(_run, name, command, [NETWORKS, *folders], timeout): name
            for name, command in programs.items()
        }
        for end in as_completed(ends):
            if end.exception() is not None:
                check(False, f"{ends[end]}: {end.exception()}")
            else:
                include(end.result(), ends[end])


def _run(name: str, command: Sequence[str], folders: Sequence[str], timeout: float) -> str:
    results = RESULTS / name
    results.mkdir(parents=True, exist_ok=True)
    mounts = "".join(f"mkdir -p {each} && mount -t tmpfs none {each} && " for each in folders)
    whole = ["unshare", "--mount", "--net", "--", "/bin/sh", "-c", f'{mounts}exec "$@"', "sh"]
    with subprocess.Popen(
        [*whole, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "ENTMESH_RIG_RESULTS": str(results)},
    ) as process:  # fmt: skip
        try:
            return process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0] + f"ended after {timeout:.0f} s\n"
