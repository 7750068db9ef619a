# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What the documents tell people to type is run by a test, and exists."""

from __future__ import annotations

import re
import shlex
import unittest

import readme_commands
from command_checks import commands
from page import ROOT, pages

DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for pattern in ("README.md", "docs/*.md", "*-agent/README.md")
    for path in ROOT.glob(pattern))

PROGRAM = re.compile(
    r"^(?:[$#] )?(?:sudo )?(?:\S*/)?(entmesh(?:-host|-guest|-guest-doctor)?)(?= |$)")


class Claims(unittest.TestCase):
    """What README.md and docs/operating.md tell people to type, some test runs."""

    def test_every_section_with_commands_is_claimed_by_a_test(self):
        for document, sections in readme_commands.CLAIMED.items():
            with self.subTest(document):
                self.assertEqual(set(readme_commands.blocks(document)), set(sections))

    def test_whoever_claims_a_section_asks_for_its_commands(self):
        for _, section, claimant in self.claims():
            if claimant != readme_commands.MAKEFILE:
                with self.subTest(f"{section}: {claimant}"):
                    asked = re.findall(r'\bcommands\(\s*"([^"]+)"', (ROOT / claimant).read_text())
                    self.assertIn(section, asked)

    def test_a_block_for_make_names_targets_that_are_there(self):
        targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M))
        for document, section, claimant in self.claims():
            if claimant == readme_commands.MAKEFILE:
                for command in readme_commands.commands(section, document):
                    with self.subTest(command):
                        make, target, *variables = command.split()
                        self.assertEqual(make, "make")
                        self.assertIn(target, targets)
                        self.assertTrue(all("=" in each for each in variables))

    @staticmethod
    def claims() -> list[tuple[str, str, str]]:
        return [(document, section, claimant)
                for document, sections in readme_commands.CLAIMED.items()
                for section, claimant in sections.items()]


class Links(unittest.TestCase):
    def test_every_link_between_the_documents_leads_to_something(self):
        for document in [*DOCUMENTS, "CONTRIBUTING.md"]:
            text = (ROOT / document).read_text()
            for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
                with self.subTest(f"{document}: {link}"):
                    path, _, anchor = link.partition("#")
                    target = (ROOT / document).parent / path if path else ROOT / document
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, self.anchors(target.read_text()))

    @staticmethod
    def anchors(text: str) -> set[str]:
        """As GitHub and others make them of headings."""
        headings = re.findall(r"^#+ (.*)$", text, re.M)
        return {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-")
                for each in headings}


class Documents(unittest.TestCase):
    """Every command line of ours in a fenced block or an example names commands and options that
    are there."""

    def test_those_of_the_documents(self):
        for document in DOCUMENTS:
            for mark in ("sh", ""):
                for blocks in readme_commands.blocks(document, mark).values():
                    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
                        self.check(line, document)

    def test_those_of_the_manual(self):
        for page in pages().values():
            examples = "\n".join(page.section_lines("EXAMPLES")).replace("\\e\n", " ")
            for line in examples.splitlines():
                self.check(re.sub(r"^\.Dl ", "", line), page.name)

    def check(self, line: str, where: str) -> None:
        named = PROGRAM.match(line.strip())
        if not named or "..." in line:
            return
        with self.subTest(f"{where}: {line.strip()}"):
            words = self.words(line.strip()[named.end():])
            known = commands(named[1])
            command = known[0]
            while words and command.subcommands:
                self.assertIn(words[0], [*command.subcommands, "help"])
                if words[0] == "help":
                    return
                path = (*command.words, words.pop(0))
                command = next(each for each in known if each.words == path)
            options = {word.partition("=")[0] for word in words if word.startswith("-")}
            self.assertEqual(options - command.options, set())

    @staticmethod
    def words(line: str) -> list[str]:
        """The words of one command, without a comment and what it is piped into."""
        found = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        found.whitespace_split = True
        words = list(found)
        end = next((at for at, word in enumerate(words) if set(word) <= set("|&;<>")), len(words))
        return words[:end]
