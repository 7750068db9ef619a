# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What end-to-end scenarios are written with. Used inside the nested hypervisor
only: on the bare machine, which may itself be a guest, CIDs 1 and 2 lead out."""

import os
import sys
from pathlib import Path

if os.environ.get("ENTMESH_RIG") != "1" or not Path("/run/entmesh-rig/command").exists():
    sys.exit("entmesh_rig: not inside the nested hypervisor: run this through rig/boot -- ...")

CACHE = Path(os.environ["ENTMESH_RIG_CACHE"])
"""What rig/prepare made: l2/vmlinuz, probe."""

RESULTS = Path(os.environ["ENTMESH_RIG_RESULTS"])
"""Logs go here; kept by boot's --results."""

RIG = Path(__file__).resolve().parents[1]
"""The folder of boot, guest-image and the rest."""
