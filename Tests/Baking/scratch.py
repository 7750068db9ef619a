# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Scratch roots, and the commands of docs/baking.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TREE = REPOSITORY / "guest-agent" / "build" / "tree"
CACHE = Path(os.environ.get("ENTMESH_RIG_CACHE", REPOSITORY / ".build-rig"))
BUILD = Path(os.environ.get("ENTMESH_BUILD", REPOSITORY / ".build" / "release"))
DOCUMENT = REPOSITORY / "docs" / "baking.md"

AGENT = "usr/sbin/entmesh-guest"
DOCTOR = "usr/bin/entmesh-guest-doctor"
MANUAL = ["usr/share/man/man8/entmesh-guest.8", "usr/share/man/man1/entmesh-guest-doctor.1"]
SYSTEMD = [
    "usr/lib/systemd/system/entmesh-guest.service",
    "usr/lib/udev/rules.d/60-entmesh-guest.rules",
]
INITRAMFS_TOOLS = [
    "usr/share/initramfs-tools/hooks/entmesh",
    "usr/share/initramfs-tools/scripts/init-premount/entmesh",
]
DRACUT = [
    "usr/lib/dracut/modules.d/90entmesh/module-setup.sh",
    "usr/lib/dracut/modules.d/90entmesh/entmesh.sh",
]
OPENRC = ["etc/init.d/entmesh-guest"]
SEEDS = ["var/lib/systemd/random-seed", "var/lib/dbus/machine-id"]
MACHINE_ID = "0123456789abcdef0123456789abcdef\n"
SECONDS = 300


def snippets() -> dict[str, str]:
    """The fenced blocks of the document that a comment `test: NAME` stands above."""
    pattern = r"^<!-- test: (\S+) -->\n```\w+\n(.*?)^```$"
    return dict(re.findall(pattern, DOCUMENT.read_text(), re.MULTILINE | re.DOTALL))


def tarball() -> Path:
    """The one that `make guest-tarball` made."""
    found = sorted((REPOSITORY / "guest-agent" / "build").glob("entmesh-guest-*.tar.gz"))
    if len(found) != 1:
        raise RuntimeError(f"one tarball is wanted, there are {found}; type: make guest-tarball")
    return found[0]


def mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


@cache
def debian() -> Path:
    """The Debian root, unpacked once; scratch roots are layers above it."""
    folder = Path(tempfile.mkdtemp(prefix="entmesh-debian."))
    # A tmpfs: it ends with the mount namespace, and so does its content.
    mount("-t", "tmpfs", "debian", folder)
    subprocess.run(["tar", "-C", folder, "-xf", os.environ["ENTMESH_DEBIAN_ROOT"]], check=True)
    return folder


class ScratchTest(unittest.TestCase):
    """A folder of its own for each test, with ./rootfs in it once that is asked for."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="entmesh-baking."))
        # Mounts below it go with this one, and what is in them.
        mount("-t", "tmpfs", "scratch", self.folder)
        self.addCleanup(os.rmdir, self.folder)
        self.addCleanup(subprocess.run, ["umount", "--recursive", self.folder], check=True)
        self.root = self.folder / "rootfs"
        self.root.mkdir()

    # MARK: Roots

    def debian_root(self) -> None:
        """./rootfs becomes a Debian root with systemd, and all that an image may not keep."""
        for name in ("changes", "work"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={debian()},upperdir={self.folder}/changes,workdir={self.folder}/work"
        mount("-t", "overlay", "-o", layers, "scratch", self.root)
        self.mount_kernel_files()
        self.plant_seeds()

    def mount_kernel_files(self) -> None:
        """Without /sys: programs in the root are not to see this machine's devices."""
        mount("-t", "proc", "proc", self.root / "proc")
        mount("--rbind", "/dev", self.root / "dev")

    def plant_seeds(self) -> None:
        for seed in SEEDS:
            self.write(seed, "seed")
        self.write("etc/machine-id", MACHINE_ID)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)

    # MARK: Running

    def run_here(self, command: str, **environment: str) -> str:
        """Runs a piece of shell in the folder, with the stand-ins first in PATH; it must succeed."""
        path = f"{HERE}/stand-ins:{BUILD}:{os.environ['PATH']}"
        return self.succeed(
            ["sh", "-euc", command], cwd=self.folder, env={**os.environ, "PATH": path, **environment})

    def run_inside(self, *command: str) -> str:
        """Runs a command in the root; it must succeed."""
        path = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return self.succeed(
            ["chroot", str(self.root), *command], cwd="/", env={"PATH": path, "HOME": "/root"})

    def succeed(self, command: list[str], **options) -> str:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=SECONDS, **options)  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{command}:\n{done.stdout}")
        return done.stdout

    def unpack_tarball(self) -> None:
        self.succeed(["tar", "-xzf", str(tarball())], cwd=self.folder)

    def stand_in_inside(self, name: str) -> None:
        """Puts a stand-in into the root."""
        shutil.copy(HERE / "stand-ins" / name, self.root / "usr" / "local" / "bin" / name)

    # MARK: What must be there

    def assert_placed(self, *files: str, root: Path | None = None) -> None:
        root = root or self.root
        self.assertTrue(os.access(root / AGENT, os.X_OK), f"{AGENT} is not in the root")
        agent = TREE / "bin" / "x86_64" / "entmesh-guest"
        self.assertEqual((root / AGENT).read_bytes(), agent.read_bytes())
        self.assertTrue(os.access(root / DOCTOR, os.X_OK), f"{DOCTOR} is not in the root")
        for file in files:
            self.assertTrue((root / file).is_file(), f"{file} is not in the root")

    def assert_sealed(self) -> None:
        for seed in SEEDS:
            self.assertFalse(os.path.lexists(self.root / seed), seed)
        self.assertEqual((self.root / "etc" / "machine-id").read_text(), "")

    def assert_tree_is_gone(self) -> None:
        self.assertEqual(list((self.root / "tmp").iterdir()), [])
