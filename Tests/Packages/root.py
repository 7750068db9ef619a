# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A Debian root that is unpacked, changed and thrown away."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

PREPARE = Path(__file__).resolve().parent / "prepare"
# Neither this machine's processes nor its network nor its mounts; what is started ends with it.
APART = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
SECONDS = 300


class Root:
    """Has `packages` installed; gone when the `with` ends."""

    def __init__(self, packages: list[str]) -> None:
        if os.geteuid() != 0:
            raise PermissionError("chroot(2) takes root; type: sudo Tests/Packages/check")
        made = subprocess.run([PREPARE, *packages], check=True, stdout=subprocess.PIPE, text=True)
        self._tarball = Path(made.stdout.strip())

    def __enter__(self) -> Self:
        self.path = Path(tempfile.mkdtemp(prefix="entmesh-packages-"))
        # Devices are of no use to packages, and cannot be made everywhere.
        subprocess.run(
            ["tar", "-C", self.path, "-xf", self._tarball, "--exclude=./dev/*"], check=True
        )
        (self.path / "dev" / "null").touch()
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in it, with /proc: without one a Swift program has no arguments."""
        return subprocess.run(
            [*APART, f"--mount-proc={self.path / 'proc'}", "chroot", self.path, *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip

    def paths(self) -> set[str]:
        """All that is in it, but what dpkg, systemd-analyze and the kernel keep for themselves."""
        own = ("proc/", "var/lib/dpkg/", "var/log/", "run/systemd", "tmp/")
        found = {str(path.relative_to(self.path)) for path in self.path.rglob("*")}
        return {path for path in found if not path.startswith(own)}
