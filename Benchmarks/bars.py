# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Bars and whether they were met. A benchmark that missed one ends with 1."""

from __future__ import annotations

import sys
from typing import NoReturn

_missed: list[str] = []


def bar(name: str, value: float, limit: float, unit: str = "") -> None:
    """Prints what was measured beside the most that it may be."""
    if value > limit:
        _missed.append(name)
    verdict = "MISSED" if value > limit else "ok"
    shown = f"{value:.2f}".removesuffix(".00")
    print(f"| {name} | {shown}{unit} | bar {limit:g}{unit} | {verdict} |", flush=True)


def finish() -> NoReturn:
    if _missed:
        print(f"missed: {', '.join(_missed)}", flush=True)
    sys.exit(1 if _missed else 0)
