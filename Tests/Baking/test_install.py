# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""install.sh of the guest tree, against small roots, in each shell that images have."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from scratch import (
    AGENT, DRACUT, INITRAMFS_TOOLS, MACHINE_ID, MANUAL, OPENRC, REPOSITORY, SYSTEMD, ScratchTest, TREE,
    tarball,
)  # fmt: skip

SHELLS = (["dash"], ["bash", "--posix"], ["busybox", "sh"])
EM_X86_64, EM_AARCH64, EM_RISCV = 62, 183, 243


class InstallTests(ScratchTest):
    def install(self, *options: str, shell=("dash",)) -> subprocess.CompletedProcess[str]:
        command = [*shell, str(TREE / "install.sh"), "--root", str(self.root), *options]
        return subprocess.run(command, capture_output=True, text=True)

    def program(self, machine: int) -> None:
        """A program of that processor: as much of an ELF header as is looked at."""
        header = b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little")
        (self.root / "bin").mkdir(exist_ok=True)
        (self.root / "bin" / "busybox").write_bytes(header)

    def systemd_root(self) -> None:
        self.program(EM_X86_64)
        self.write("usr/lib/systemd/systemd", "")

    def openrc_root(self) -> None:
        self.program(EM_X86_64)
        self.write("sbin/openrc-run", "")

    # MARK: Placement

    def test_a_second_run_changes_nothing_in_any_shell(self) -> None:
        for shell in SHELLS:
            with self.subTest(shell=shell):
                shutil.rmtree(self.root)
                self.root.mkdir()
                self.systemd_root()
                first = self.install(shell=shell)
                self.assertEqual((first.returncode, first.stderr), (0, ""))
                self.assert_placed(*SYSTEMD)
                self.assertIn(f"install.sh: placed /{AGENT}\n", first.stdout)
                before = self.state()
                again = self.install(shell=shell)
                self.assertEqual((again.returncode, again.stderr), (0, ""))
                self.assertNotIn("placed", again.stdout)
                self.assertIn(f"install.sh: /{AGENT} is in place\n", again.stdout)
                self.assertEqual(self.state(), before)

    def state(self) -> list[tuple[str, int, int]]:
        files = sorted(self.root.rglob("*"))
        return [(str(file), file.lstat().st_mode, file.lstat().st_mtime_ns) for file in files]

    def test_openrc_gets_a_service_in_the_runlevel_boot(self) -> None:
        self.openrc_root()
        self.assertEqual(self.install().returncode, 0)
        self.assert_placed(*OPENRC)
        link = os.readlink(self.root / "etc/runlevels/boot/entmesh-guest")
        self.assertEqual(link, "/etc/init.d/entmesh-guest")
        self.assertFalse((self.root / SYSTEMD[0]).exists())

    def test_early_boot_hooks_go_where_their_tools_are(self) -> None:
        self.systemd_root()
        self.install()
        for file in (*INITRAMFS_TOOLS, *DRACUT):
            self.assertFalse((self.root / file).exists(), file)
        (self.root / "usr/share/initramfs-tools").mkdir(parents=True)
        (self.root / "usr/lib/dracut/modules.d").mkdir(parents=True)
        self.install()
        self.assert_placed(*INITRAMFS_TOOLS, *DRACUT)

    def test_manual_pages_go_where_there_are_others(self) -> None:
        self.systemd_root()
        self.install()
        self.assertFalse((self.root / "usr/share/man").exists())
        (self.root / "usr/share/man").mkdir(parents=True)
        self.install()
        self.assert_placed(*MANUAL)

    def test_a_root_with_a_kernel_is_told_how_to_rebuild_its_initramfs(self) -> None:
        self.systemd_root()
        (self.root / "usr/share/initramfs-tools").mkdir(parents=True)
        self.write("usr/sbin/update-initramfs", "#!/bin/sh\n", 0o755)
        self.assertNotIn("next:", self.install().stdout)
        (self.root / "lib/modules/6.1.0").mkdir(parents=True)
        said = self.install().stdout
        self.assertIn(f"next: chroot {self.root} update-initramfs -u -k all\n", said)

    def test_a_root_with_a_lib_of_its_own_has_the_unit_there(self) -> None:
        self.program(EM_X86_64)
        self.write("lib/systemd/systemd", "")
        (self.root / "lib/systemd/system").mkdir()
        self.install()
        self.assert_placed("lib/systemd/system/entmesh-guest.service")

    def test_the_agent_is_that_of_the_roots_processor(self) -> None:
        self.openrc_root()
        self.program(EM_AARCH64)
        said = self.install()
        self.assertIn("the agent is the one for aarch64\n", said.stdout)
        agent = TREE / "bin" / "aarch64" / "entmesh-guest"
        self.assertEqual((self.root / AGENT).read_bytes(), agent.read_bytes())

    def test_what_the_debian_package_has_placed_is_left_alone(self) -> None:
        self.systemd_root()
        self.write("var/lib/dpkg/info/entmesh-guest.list", "/usr/sbin/entmesh-guest\n")
        self.plant_seeds()
        said = self.install("--seal")
        self.assertEqual(said.returncode, 0)
        self.assertIn("the Debian package entmesh-guest is installed there", said.stdout)
        self.assertFalse((self.root / AGENT).exists())
        self.assert_sealed()

    # MARK: Refusals

    def refused(self, *options: str, status: int = 1) -> str:
        said = self.install(*options)
        self.assertEqual(said.returncode, status, said)
        self.assertIn("install.sh: error: ", said.stderr)
        return said.stderr

    def test_an_unknown_processor_is_refused_with_what_there_is(self) -> None:
        self.openrc_root()
        self.program(EM_RISCV)
        self.assertIn("is for another processor", self.refused())
        self.assertIn("bin/aarch64 and bin/x86_64", self.refused("--arch", "riscv64"))

    def test_the_processor_of_this_machine_is_not_taken_for_that_of_an_image(self) -> None:
        (self.root / "bin").symlink_to("/usr/bin")
        self.assertIn("type --arch x86_64", self.refused())

    def test_an_empty_root_is_refused_with_what_to_type(self) -> None:
        self.assertIn("type --arch x86_64", self.refused())
        self.assertIn("type --init systemd", self.refused("--arch", "x86_64"))

    def test_a_wrong_command_line_ends_with_64(self) -> None:
        for options in (["--sideways"], ["--arch"], ["--init", "upstart"]):
            self.assertIn("--help", self.refused(*options, status=64))

    def test_a_link_that_leads_out_of_the_root_is_not_followed(self) -> None:
        outside = self.folder / "outside"
        (outside / "lib/systemd").mkdir(parents=True)
        seed = outside / "lib/systemd/random-seed"
        seed.write_text("this machine's")
        self.openrc_root()
        (self.root / "var").symlink_to(outside)
        self.assertIn("leads out of", self.refused("--seal"))
        self.assertTrue(seed.exists())
        (self.root / "usr").rename(self.folder / "usr")
        (self.root / "usr").symlink_to(outside)
        self.assertIn("leads out of", self.refused())
        self.assertFalse((outside / "sbin").exists())

    def outside(self, name: str) -> Path:
        """A file beside the root, which a link in the root names."""
        file = self.folder / name
        file.write_text("this machine's")
        file.chmod(0o600)
        return file

    def plant(self, link: str, target: Path) -> None:
        (self.root / link).parent.mkdir(parents=True, exist_ok=True)
        (self.root / link).symlink_to(target)

    def test_no_file_is_written_through_a_link_that_the_root_has_in_its_place(self) -> None:
        self.systemd_root()
        outside = self.outside("passwd")
        self.plant(f"{AGENT}.new", outside)
        self.plant(SYSTEMD[0], outside)
        said = self.install()
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertEqual(outside.read_text(), "this machine's")
        self.assertEqual(outside.stat().st_mode & 0o777, 0o600)
        self.assert_placed(*SYSTEMD)
        for file in (AGENT, SYSTEMD[0]):
            self.assertFalse((self.root / file).is_symlink(), file)

    def test_nothing_is_put_into_a_directory_that_a_link_in_its_place_leads_to(self) -> None:
        self.openrc_root()
        outside = self.folder / "outside"
        outside.mkdir()
        service = "etc/runlevels/boot/entmesh-guest"
        for link in (AGENT, *OPENRC, service):
            self.plant(link, outside)
        for shell in SHELLS:
            with self.subTest(shell=shell):
                self.assertEqual(self.install(shell=shell).returncode, 0)
                self.assertEqual(list(outside.iterdir()), [])
        self.assert_placed(*OPENRC)
        self.assertEqual(os.readlink(self.root / service), "/etc/init.d/entmesh-guest")

    def test_a_directory_in_the_place_of_a_file_is_refused(self) -> None:
        self.openrc_root()
        (self.root / AGENT).mkdir(parents=True)
        self.assertIn(f"{AGENT} is a directory and should be a file", self.refused())
        self.assertEqual(list((self.root / AGENT).iterdir()), [])

    def test_a_root_that_another_user_may_change_meanwhile_is_warned_of(self) -> None:
        self.systemd_root()
        os.chown(self.root, 65534, 65534)
        for shell in SHELLS:
            with self.subTest(shell=shell):
                said = self.install(shell=shell)
                self.assertEqual(said.returncode, 0)
                self.assertIn(f"warning: {self.root} belongs to another user", said.stderr)

    # MARK: Sealing

    def test_a_machine_id_that_is_a_link_is_emptied_in_the_root_alone(self) -> None:
        self.openrc_root()
        outside = self.outside("machine-id")
        self.plant("etc/machine-id", outside)
        self.assertEqual(self.install("--seal").returncode, 0)
        self.assertEqual(outside.read_text(), "this machine's")
        self.assert_sealed()
        self.assertFalse((self.root / "etc/machine-id").is_symlink())

    def test_sealing_removes_all_that_clones_may_not_share(self) -> None:
        self.openrc_root()
        self.plant_seeds()
        more = [
            "var/lib/urandom/random-seed", "var/lib/misc/random-seed", "var/lib/seedrng/seed.credit",
            "boot/efi/loader/random-seed", "run/entmesh-guest/generation",
        ]  # fmt: skip
        for seed in more:
            self.write(seed, "seed")
        self.write("etc/ssh/ssh_host_ed25519_key", "key")
        said = self.install("--seal")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assert_sealed()
        for seed in more:
            self.assertFalse((self.root / seed).exists(), seed)
        self.assertIn("install.sh: removed /var/lib/seedrng\n", said.stdout)
        self.assertIn("install.sh: emptied /etc/machine-id\n", said.stdout)
        self.assertIn("warning: SSH host keys are left in /etc/ssh", said.stderr)

    def test_without_seal_nothing_is_removed(self) -> None:
        self.openrc_root()
        self.plant_seeds()
        self.install()
        self.assertTrue((self.root / "var/lib/systemd/random-seed").exists())
        self.assertEqual((self.root / "etc/machine-id").read_text(), MACHINE_ID)

    def test_what_cannot_be_removed_is_named_and_the_image_is_not_sealed(self) -> None:
        self.openrc_root()
        (self.root / "var/lib/systemd/random-seed").mkdir(parents=True)
        said = self.refused("--seal")
        self.assertIn("is not sealed, clones would share: /var/lib/systemd/random-seed;", said)

    def test_a_machine_id_that_is_none_stays(self) -> None:
        self.openrc_root()
        self.write("etc/machine-id", "uninitialized\n")
        self.assertEqual(self.install("--seal").returncode, 0)
        self.assertEqual((self.root / "etc/machine-id").read_text(), "uninitialized\n")


class TreeTests(ScratchTest):
    def test_the_tarball_is_the_same_byte_for_byte_each_time(self) -> None:
        digests = set()
        for umask in ("022", "077"):
            make = f"umask {umask}; exec {REPOSITORY}/guest-agent/make-tree --tarball"
            self.succeed(["sh", "-c", make])
            digests.add(hashlib.sha256(tarball().read_bytes()).hexdigest())
        self.assertEqual(len(digests), 1)

    def test_both_kinds_of_initramfs_do_the_same(self) -> None:
        bodies = []
        for script in ("initramfs-tools/scripts/init-premount/entmesh", "dracut/90entmesh/entmesh.sh"):
            text = (TREE / script).read_text()
            bodies.append(text[text.index("# >>> ") : text.index("# <<<")])
        self.assertEqual(*bodies)


if __name__ == "__main__":
    unittest.main()
