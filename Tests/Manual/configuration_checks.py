# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Every key of the shipped configuration and of docs/configuration.md is in host.yaml(5)."""

from __future__ import annotations

import re
import tempfile
import unittest

from command_checks import PROGRAMS
from page import ROOT, Item, pages
from program import run
from tables import cells, code

Key = tuple[str, ...]
"""A section, a key in it, and if that is a list, a key of its elements."""


def keys_of_page() -> dict[Key, Item]:
    """Each key with its item: `.It Ic name : Ar text`, or several in one."""
    found: dict[Key, Item] = {}
    parent: tuple[Item, str] | None = None
    for item in pages()["host.yaml.5"].in_section("DESCRIPTION"):
        if not item.head.startswith("Ic "):
            continue
        names = re.sub(r" : Ar .*", "", item.head[3:]).replace(",", " ").split()
        if item.depth == 1:
            parent = (item, names[0])
        for name in names:
            inner = (parent[1],) if parent and item.depth == 2 else ()
            found[item.subsection, *inner, name] = item
    return found


def keys_of_shipped_file() -> set[Key]:
    """A key there is switched off by '#' alone; text begins with '# '."""
    found: set[Key] = set()
    section = outer = ""
    outer_indent = 0
    for line in (ROOT / "host-agent/host.yaml").read_text().splitlines():
        match = re.match(r"( *)#?(- )?([a-z-]+):(?: |$)", line)
        if not match or re.match(r" *# ", line):
            continue
        indent = len(match[1])
        if indent == 0:
            section = match[3]
        elif indent == 2:
            outer, outer_indent = match[3], indent
            found.add((section, outer))
        elif indent > outer_indent:
            found.add((section, outer, match[3]))
    return found


def keys_of_document() -> dict[Key, str]:
    """Each key with its default, as the cell of the table has it."""
    found: dict[Key, str] = {}
    section = outer = ""
    text = (ROOT / "docs/configuration.md").read_text()
    for line in text.partition("\n## Keys\n")[2].partition("\n## ")[0].splitlines():
        if line.startswith("### "):
            section, outer = line[4:], ""
        elif element := re.match(r"Each element of `([a-z-]+)`", line):
            outer = element[1]
        elif line.startswith("| `") and section:
            row = cells(line)
            # The table of kinds of sources has five columns too; it ends with their claim.
            for name in code(row[0]) if len(row) == 5 and not row[4].isdigit() else []:
                found[(section, outer, name) if outer else (section, name)] = row[1]
    return found


class Keys(unittest.TestCase):
    def test_every_key_of_the_shipped_file_is_in_the_page(self):
        self.assertGreater(len(keys_of_shipped_file()), 40)
        self.assertEqual(keys_of_shipped_file() - set(keys_of_page()), set())

    def test_the_document_and_the_page_have_the_same_keys(self):
        self.assertEqual(set(keys_of_document()), set(keys_of_page()))

    def test_every_section_is_a_key_of_the_shipped_file(self):
        there = {key[0] for key in keys_of_page()}
        self.assertEqual(there, {key[0] for key in keys_of_shipped_file()})

    def test_every_default_of_the_document_is_in_the_page(self):
        for key, cell in keys_of_document().items():
            default = re.fullmatch(r"`([^`]+)`", cell)
            if default:
                with self.subTest(".".join(key)):
                    self.assertIn(f"The default is {default[1]}", keys_of_page()[key].text)


class Examples(unittest.TestCase):
    def test_every_example_of_the_page_is_a_good_configuration(self):
        examples = re.findall(
            r"^\.Bd -literal.*?\n(.*?)^\.Ed", "\n".join(self.lines()), re.S | re.M)
        self.assertGreater(len(examples), 2)
        for example in examples:
            with self.subTest(example), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(example)
                file.flush()
                ended = run(PROGRAMS["entmesh-host"], "--check-config", "--config", file.name)
                self.assertEqual(ended.returncode, 0, ended.stderr)

    @staticmethod
    def lines() -> list[str]:
        return pages()["host.yaml.5"].section_lines("EXAMPLES")
