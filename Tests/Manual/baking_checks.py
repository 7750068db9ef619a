# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""README.md's commands for a disk image place the agent, as far as can be seen without libguestfs.

A script stands in for virt-customize: what that would do inside the image it does in a directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from command_checks import PROGRAMS
from page import ROOT
from readme_commands import commands

TREE = ROOT / "guest-agent/build/tree"
SECONDS = 60

VIRT_CUSTOMIZE = """\
#!/bin/sh
set -eu
inside=$(dirname "$0")/../inside
while [ $# -gt 0 ]; do
    case $1 in
        --no-logfile | --no-network) shift; continue ;;
        --add) [ -f "$2" ] || { echo "there is no image $2" >&2; exit 1; } ;;
        --format) ;;
        --mkdir) mkdir -p "$inside$2" ;;
        --copy-in) cp -R "${2%:*}" "$inside${2##*:}" ;;
        --run-command)
            sh -euc "$(printf '%s\\n' "$2" |
                sed "s,/tmp/,$inside/tmp/,g; s,--root / ,--root $inside ,")" ;;
        *) echo "virt-customize: what is $1" >&2; exit 64 ;;
    esac
    shift 2
done
"""

PRESENT = (
    "usr/sbin/entmesh-guest", "usr/lib/systemd/system/entmesh-guest.service",
    "usr/lib/udev/rules.d/60-entmesh-guest.rules")


class DiskImage(unittest.TestCase):
    def setUp(self) -> None:
        self.assertTrue(TREE.exists(), "type: make guest-tree")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.inside = self.folder / "inside"
        for each in ("bin", "inside/tmp", "inside/bin", "inside/usr/lib/systemd",
                     "inside/var/lib/systemd"):
            (self.folder / each).mkdir(parents=True)
        # By what install.sh knows a Debian for this processor.
        shutil.copy("/bin/dash", self.inside / "bin")
        (self.inside / "usr/lib/systemd/systemd").touch()
        self.seed = self.inside / "var/lib/systemd/random-seed"
        self.seed.write_text("seed")
        self.stand_in("apt-get", "#!/bin/sh\n")
        self.stand_in("qemu-img", """#!/bin/sh\necho '{"format": "qcow2"}'\n""")
        self.stand_in("virt-customize", VIRT_CUSTOMIZE)
        (self.folder / "web1.qcow2").touch()

    def stand_in(self, name: str, script: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def test_the_commands_of_readme_place_the_agent_and_seal_the_image(self):
        for command in commands("A disk image", sudo=False):
            # Where the tree is that the package would have installed.
            if "bake" in command:
                command += f" --guest-tree {TREE}"
            ended = self.run_command(command)
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        for path in PRESENT:
            self.assertTrue((self.inside / path).is_file(), path)
        self.assertFalse(self.seed.exists())
        self.assertEqual(list((self.inside / "tmp").iterdir()), [])

    def run_command(self, command: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}/bin:{PROGRAMS['entmesh'].parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=os.environ | {"PATH": path}, text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
