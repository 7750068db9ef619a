# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""The tables of the documents in Markdown."""

from __future__ import annotations

import re

from page import ROOT


def rows(path: str, head: str, below: str = "") -> list[list[str]]:
    """The rows of the table whose head begins so, the first one below a line, if that is given."""
    text = (ROOT / path).read_text().partition(below)[2] if below else (ROOT / path).read_text()
    found = re.search(rf"^{re.escape(head)}.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    if not found:
        raise LookupError(f"{path} has no table that begins with {head!r}")
    return [cells(line) for line in found[1].splitlines()]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> list[str]:
    """What is set as code in a cell: "`a`, `b`" has a and b."""
    return re.findall(r"`([^`]+)`", cell)
