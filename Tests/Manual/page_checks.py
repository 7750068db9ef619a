# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Every page is well formed, complete and readable on 80 columns."""

from __future__ import annotations

import re
import unittest

from page import Page, pages
from program import run
from tables import code, rows

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
"""What every page must have; the protocol ends nothing, so it has no exit status."""

COLUMNS = 80

FOREIGN = re.compile(r"referenced manual not found|outdated mandoc\.db")
"""Depends on what other manuals this machine has; our own are looked up below."""


class Pages(unittest.TestCase):
    def test_mandoc_finds_nothing_to_complain_about(self):
        for page in pages().values():
            with self.subTest(page.name):
                said = run("mandoc", "-T", "lint", "-W", "style", page.path).stdout
                ours = [line for line in said.splitlines() if not FOREIGN.search(line)]
                self.assertEqual(ours, [])

    def test_groff_formats_each_without_a_warning(self):
        for page in pages().values():
            with self.subTest(page.name):
                said = run("groff", "-mandoc", "-Tutf8", "-ww", "-z", page.path).stderr
                self.assertEqual(said, "")

    def test_each_fits_a_terminal(self):
        for page in pages().values():
            with self.subTest(page.name):
                shown = re.sub(".\b", "", run("mandoc", "-T", "utf8", page.path).stdout)
                self.assertEqual([line for line in shown.splitlines() if len(line) > COLUMNS], [])

    def test_each_has_the_sections_that_people_look_for(self):
        for page in pages().values():
            with self.subTest(page.name):
                needed = set(SECTIONS) - ({"EXIT STATUS"} if page.name.endswith(".7") else set())
                self.assertEqual(needed - set(page.sections), set())

    def test_each_is_called_as_its_file_is(self):
        for page in pages().values():
            with self.subTest(page.name):
                title, _, number = page.name.rpartition(".")
                self.assertIn(f".Dt {title.upper()} {number}", page.lines)

    def test_a_page_of_ours_that_is_referred_to_is_there(self):
        known = pages()
        for page in known.values():
            with self.subTest(page.name):
                ours = {name for name in page.references if re.match(r"entmesh|host\.yaml", name)}
                self.assertEqual(ours - set(known), set())
                self.assertNotIn(page.name, ours, "refers to itself")


class Protocol(unittest.TestCase):
    """entmesh-protocol(7) repeats docs/protocol.md, which is compared with the code elsewhere."""

    page: Page
    listed: set[tuple[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.page = pages()["entmesh-protocol.7"]
        cls.listed = {
            (words[0].strip(), words[1].strip()) for item in cls.page.items
            if len(words := re.split(r"\bTa\b", item.head)) > 2}

    def test_it_has_every_message_of_the_document(self):
        known = {(row[0], row[1]) for row in rows("docs/protocol.md", "| type |")
                 if re.fullmatch(r"0x0[1-9]", row[0])}
        self.assertEqual(known - self.listed, set())

    def test_it_has_every_outcome_of_a_receipt(self):
        known = {(row[0], row[1]) for row in rows("docs/protocol.md", "| outcome |")}
        self.assertEqual(known - self.listed, set())

    def test_it_has_every_reason_of_a_close(self):
        known = {(row[0], code(row[1])[0]) for row in rows("docs/protocol.md", "| code |")}
        self.assertEqual(known - self.listed, set())


class Notes(unittest.TestCase):
    def test_every_note_of_docs_operating_is_in_entmesh_1(self):
        heads = [item.head for item in pages()["entmesh.1"].in_section("NOTES OF A GUEST")]
        for row in rows("docs/operating.md", "| note |"):
            for note in code(row[0]):
                with self.subTest(note):
                    self.assertIn(f"Li {note}", heads)
