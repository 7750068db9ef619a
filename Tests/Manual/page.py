# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Reads a man page of ours in mdoc(7): its sections, and what it lists in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "host-agent/man", ROOT / "guest-agent/man")

ENDS = {"Ar", "Cm", "Ns", "Oc", "Oo", "Op", "Pa", "Xr", "Ql"}
"""Macros after which a word is an option no more."""

POINTS = set(".,:;()[]|")


@dataclass
class Item:
    """One `.It` of a list, with the lines below it."""

    head: str
    depth: int
    section: str
    subsection: str
    lines: list[str] = field(default_factory=list)

    @property
    def options(self) -> set[str]:
        return options(self.head)

    @property
    def text(self) -> str:
        return plain(" ".join(self.lines))


class Page:
    """A page: `name` is entmesh.1 or the like."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.lines = [line for line in path.read_text().splitlines() if not line.startswith(r".\"")]
        self.items: list[Item] = []
        self.sections: list[str] = []
        self._read()

    def _read(self) -> None:
        section = subsection = ""
        depth = 0
        for line in self.lines:
            macro, _, rest = line.partition(" ")
            match macro:
                case ".Sh":
                    section, subsection = rest, ""
                    self.sections.append(section)
                case ".Ss":
                    subsection = rest
                case ".Bl":
                    depth += 1
                case ".El":
                    depth -= 1
                case ".It":
                    self.items.append(Item(rest, depth, section, subsection))
                case _ if self.items and depth:
                    self.items[-1].lines.append(line)

    def in_section(self, section: str, subsection: str | None = None) -> list[Item]:
        """The items of a section, or of one subsection of it."""
        return [item for item in self.items if item.section == section
                and subsection in (None, item.subsection)]

    def section_lines(self, section: str) -> list[str]:
        text = re.search(rf"^\.Sh {section}\n(.*?)(?=^\.Sh |\Z)", self.source, re.S | re.M)
        return text[1].splitlines() if text else []

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def text(self) -> str:
        return plain(" ".join(self.lines))

    @property
    def references(self) -> set[str]:
        """What `.Xr` names, as entmesh.1."""
        return {f"{name}.{number}" for name, number in re.findall(r"\bXr (\S+) (\d)", self.source)}

    @property
    def exit_statuses(self) -> set[int]:
        return {int(item.head) for item in self.in_section("EXIT STATUS")}


def pages() -> dict[str, Page]:
    paths = [path for folder in FOLDERS for path in sorted(folder.iterdir())]
    return {path.name: Page(path) for path in paths}


def options(line: str) -> set[str]:
    """The options that a line of mdoc marks: `Fl w , Fl -watch Ar s` has -w and --watch."""
    found = set()
    marked = False
    for word in line.lstrip(".").split():
        if word == "Fl":
            marked = True
        elif word in ENDS:
            marked = False
        elif marked and word not in POINTS:
            found.add(f"-{word}")
    return found


def plain(text: str) -> str:
    """The words of mdoc, without its macros, quotation marks and escapes."""
    text = re.sub(r"\\[&~]", " ", text.replace(r"\&", ""))
    words = [word for word in text.replace('"', "").split()
             if not re.fullmatch(r"\.?[A-Z][a-z]", word)]
    return re.sub(r"\s+([.,:;)])", r"\1", " ".join(words))
