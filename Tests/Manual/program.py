# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What a program says of itself with --help."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 30
"""For a program to print its help, on a busy machine."""


@dataclass
class Help:
    """The help of one command: of `entmesh peer issue` the words are peer and issue."""

    words: tuple[str, ...]
    text: str
    options: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)
    subcommands: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def exit_statuses(self) -> set[int]:
        """The numbers of every sentence of it that speaks of its exit."""
        sentences = re.findall(r"\b[Ee]xit(?:s\b|[ -]status).*?(?:\.\s|\.$|\Z)", self.text, re.S)
        return {int(number) for sentence in sentences
                for number in re.findall(r"(?<![\w.])\d{1,2}(?![\w.]\d|\w)", sentence)}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=SECONDS,
        stdin=subprocess.DEVNULL, check=False)


def read(program: Path, *words: str) -> Help:
    ended = run(program, *words, "--help")
    if ended.returncode != 0 or not ended.stdout:
        command = " ".join([str(program), *words, "--help"])
        raise RuntimeError(f"{command}: {ended.returncode}, {ended.stderr}")
    found = Help(words, ended.stdout)
    part = ""
    for line in ended.stdout.splitlines():
        if re.match(r"[A-Z ]+:", line):
            part = line.partition(":")[0]
        entry = re.match(r"(?: {2,6})(\S.*?)(?: {2,}|$)", line)
        if not entry:
            continue
        if entry[1].startswith("-"):
            found.options |= set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", entry[1]))
        elif part == "ARGUMENTS":
            found.arguments |= set(re.findall(r"<([\w-]+)>", entry[1]))
        elif part.endswith("SUBCOMMANDS") and re.fullmatch(r"[a-z-]+( \(default\))?", entry[1]):
            found.subcommands.append(entry[1].split()[0])
    return found


def every_command(program: Path, *words: str) -> list[Help]:
    """The help of a program and of all its subcommands."""
    found = read(program, *words)
    return [found] + [each for word in found.subcommands
                      for each in every_command(program, *words, word)]
