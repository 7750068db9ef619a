# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Bars and whether they were met. A benchmark that missed one ends with 1."""

from __future__ import annotations

import sys
from typing import NoReturn

_missed: list[str] = []


def bar(name: str, value: float, limit: float, unit: str = "") -> None:
    """Prints what was measured beside the most that it may be."""
    _show(name, value, limit, unit, value <= limit)


def at_least(name: str, value: float, limit: float, unit: str = "") -> None:
    """Prints what was measured beside the least that it may be."""
    _show(name, value, limit, unit, value >= limit)


def _show(name: str, value: float, limit: float, unit: str, is_met: bool) -> None:
    if not is_met:
        _missed.append(name)
    # As many places as the bar has, and two at least.
    places = max(2, len(f"{limit:.10g}".partition(".")[2]))
    shown = f"{value:.{places}f}".removesuffix(".00")
    verdict = "ok" if is_met else "MISSED"
    print(f"| {name} | {shown}{unit} | bar {limit:.10g}{unit} | {verdict} |", flush=True)


def finish() -> NoReturn:
    if _missed:
        print(f"missed: {', '.join(_missed)}", flush=True)
    sys.exit(1 if _missed else 0)
