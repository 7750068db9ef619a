# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What a program's --help lists is in its page, and nothing else is."""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from functools import cache
from pathlib import Path

from page import ROOT, Page, options, pages
from program import Help, every_command, run
from tables import rows

PAGES = {
    "entmesh": "entmesh.1", "entmesh-host": "entmesh-host.8", "entmesh-guest": "entmesh-guest.8",
    "entmesh-guest-doctor": "entmesh-guest-doctor.1"}

EVERYWHERE = {"--version", "--help", "-h", "--socket", "--connect", "-c"}
"""Of entmesh: these need not be in the synopsis of each command."""

PROGRAMS: dict[str, Path] = {}


def use(host: Path, guest: Path) -> Path | None:
    """Says where the programs are; returns one that is not there."""
    PROGRAMS.update({
        "entmesh": host / "entmesh", "entmesh-host": host / "entmesh-host", "entmesh-guest": guest,
        "entmesh-guest-doctor": ROOT / "guest-agent/entmesh-guest-doctor"})
    return next((path for path in PROGRAMS.values() if not os.access(path, os.X_OK)), None)


@cache
def commands(name: str) -> list[Help]:
    return every_command(PROGRAMS[name])


def synopsis(page: Page) -> dict[str, set[str]]:
    """The options in the synopsis of each command; a program without commands has one, ''."""
    found: dict[str, set[str]] = {}
    for form in re.split(r"^\.Nm\n", "\n".join(page.section_lines("SYNOPSIS")), flags=re.M):
        named = re.match(r"\.Cm (.*)\n", form)
        listed = {option for line in form.splitlines() for option in options(line)}
        for name in named[1].split(" | ") if named else [""]:
            found.setdefault(name, set()).update(listed)
    return found


class Entmesh(unittest.TestCase):
    """entmesh(1): each command has a subsection of COMMANDS; OPTIONS has what several share."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.page = pages()["entmesh.1"]
        cls.commands = commands("entmesh")
        cls.shared = cls.options_of(cls.page.in_section("OPTIONS"))

    @staticmethod
    def options_of(items) -> set[str]:
        return {option for item in items for option in item.options}

    def listed(self, command: Help) -> set[str]:
        """The options below a command in the page, and below the command that it belongs to."""
        names = [" ".join(command.words[:count + 1]) for count in range(len(command.words))]
        return {option for name in names
                for option in self.options_of(self.page.in_section("COMMANDS", name))}

    def test_every_command_has_a_subsection_and_the_other_way_round(self):
        lines = self.page.section_lines("COMMANDS")
        there = {line[4:] for line in lines if line.startswith(".Ss ")}
        self.assertEqual({each.name for each in self.commands if each.words}, there - {"help"})

    def test_every_option_of_a_command_is_in_its_subsection_or_in_options(self):
        for command in self.commands:
            with self.subTest(command.name):
                self.assertEqual(command.options - self.shared - self.listed(command), set())

    def test_every_option_in_a_subsection_is_one_of_the_command(self):
        for command in self.commands:
            if command.words and not command.subcommands:
                with self.subTest(command.name):
                    self.assertEqual(self.listed(command) - command.options, set())

    def test_every_option_that_is_shared_is_one_of_two_commands_at_least(self):
        for option in self.shared:
            with self.subTest(option):
                self.assertGreater(sum(option in each.options for each in self.commands), 1)

    def test_every_argument_of_a_command_is_in_its_subsection(self):
        for command in self.commands:
            with self.subTest(command.name):
                words = " ".join(
                    item.head for item in self.page.in_section("COMMANDS", command.name))
                there = set(re.findall(r"\bAr ([\w-]+)", words))
                self.assertEqual(command.arguments - there, set())

    def test_the_synopsis_has_the_options_of_each_command_and_no_other(self):
        forms = synopsis(self.page)
        for command in self.commands:
            if command.words and not command.subcommands:
                with self.subTest(command.name):
                    there = forms.get(command.name, set())
                    long = {option for option in command.options if option.startswith("--")}
                    self.assertEqual(long - EVERYWHERE - there, set(), "not in the synopsis")
                    self.assertEqual(there - command.options, set(), "not an option")


class Others(unittest.TestCase):
    """The pages of the programs without commands."""

    names = [name for name in PAGES if name != "entmesh"]

    def test_every_option_is_in_the_page_and_the_other_way_round(self):
        for name in self.names:
            with self.subTest(name):
                items = pages()[PAGES[name]].in_section("OPTIONS")
                there = {option for item in items for option in item.options}
                self.assertEqual(commands(name)[0].options, there)

    def test_every_option_is_in_the_synopsis_and_the_other_way_round(self):
        for name in self.names:
            with self.subTest(name):
                long = {each for each in commands(name)[0].options if each.startswith("--")}
                self.assertEqual(long, synopsis(pages()[PAGES[name]])[""])


class Options(unittest.TestCase):
    def test_every_option_that_any_page_mentions_is_one_of_some_program(self):
        known = {option for name in PROGRAMS for each in commands(name) for option in each.options}
        for page in pages().values():
            with self.subTest(page.name):
                there = {option for line in page.lines for option in options(line)}
                self.assertEqual(there - known - {"--option"}, set())


class ExitStatuses(unittest.TestCase):
    def test_every_one_of_the_help_is_in_the_page(self):
        for name, page in PAGES.items():
            there = pages()[page].exit_statuses
            for command in commands(name):
                with self.subTest(f"{name} {command.name}"):
                    self.assertEqual(command.exit_statuses - there, set())

    def test_the_table_of_docs_operating_has_those_of_the_pages(self):
        table = rows("docs/operating.md", "| code | entmesh-host | entmesh | entmesh-guest |")
        for column, name in enumerate(("entmesh-host", "entmesh", "entmesh-guest"), start=1):
            with self.subTest(name):
                there = {int(row[0]) for row in table if row[column]}
                self.assertEqual(there, pages()[PAGES[name]].exit_statuses)

    def test_the_programs_end_with_what_the_pages_say(self):
        with tempfile.TemporaryDirectory() as folder:
            nowhere = f"{folder}/nowhere"
            bad = Path(folder, "bad.yaml")
            bad.write_text("sorces:\n")
            for status, name, *words in (
                (0, "entmesh", "--version"),
                (1, "entmesh", "list", "--socket", nowhere),
                (64, "entmesh", "list", "--nonsense"),
                (64, "entmesh", "lsit"),
                (2, "entmesh", "check", "--socket", nowhere),
                (3, "entmesh", "check", "--nonsense"),
                (0, "entmesh-host", "--version"),
                (64, "entmesh-host", "--nonsense"),
                (78, "entmesh-host", "--check-config", "--config", bad),
                (1, "entmesh-guest-doctor", "--image", "--root", folder),
                (64, "entmesh-guest-doctor", "--nonsense"),
                (0, "entmesh-guest", "--version"),
                (1, "entmesh-guest", "--status", "--state-dir", nowhere),
                (64, "entmesh-guest", "--nonsense"),
                # A socket that is not there: without --unix it would dial this machine's host.
                (75, "entmesh-guest", "--once", "--wait", "1", "--unix", nowhere,
                 "--state-dir", nowhere),
            ):
                with self.subTest(f"{name} {' '.join(map(str, words))}"):
                    self.assertEqual(run(PROGRAMS[name], *words).returncode, status)
                    self.assertIn(status, pages()[PAGES[name]].exit_statuses)
