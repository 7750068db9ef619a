# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A Debian package as a file."""

from __future__ import annotations

import re
import subprocess
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "host-agent" / "build"


def output(*command: str | Path) -> str:
    """What a command says; an error if it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Package:
    """What dpkg-deb(1) says of it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def field(self, name: str) -> str:
        return output("dpkg-deb", "--field", self.path, name).strip()

    @cached_property
    def dependencies(self) -> list[str]:
        """The names of what it depends on, of alternatives the first."""
        listed = self.field("Depends")
        return [re.split(r"[ |]", one.strip())[0] for one in listed.split(",") if one.strip()]

    @cached_property
    def files(self) -> dict[str, str]:
        """The mode and owner of each path in it, as in "-rw-r--r-- root/root"."""
        lines = [line.split(None, 5) for line in output("dpkg-deb", "-c", self.path).splitlines()]
        return {line[5].removeprefix("."): f"{line[0]} {line[1]}" for line in lines}

    def newer(self, folder: Path) -> Package:
        """The same package under a higher version, in `folder`."""
        tree = folder / "tree"
        output("dpkg-deb", "--raw-extract", self.path, tree)
        control = tree / "DEBIAN" / "control"
        control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+newer", control.read_text()))
        path = folder / f"newer-{self.path.name}"
        output("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, path)
        output("rm", "-r", tree)
        return Package(path)


def packages(*names: str) -> list[Package]:
    """The packages that were built last."""
    version = output("dpkg-parsechangelog", "-l", REPOSITORY / "debian" / "changelog", "-SVersion")
    paths = [FOLDER / f"{name}_{version.strip()}_amd64.deb" for name in names]
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"there is no {path}; type: make deb")
    return [Package(path) for path in paths]
