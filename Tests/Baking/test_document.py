# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""Each command of docs/baking.md, as it stands there.

What would need the network or an emulated machine has a stand-in (stand-ins/), which does what its
manual says. The rest is real.
"""

from __future__ import annotations

import json
import re
import shutil
import unittest

import yaml

from scratch import CACHE, DRACUT, INITRAMFS_TOOLS, OPENRC, SYSTEMD, ScratchTest, TREE, snippets, tarball

SNIPPETS = snippets()


class DocumentTests(ScratchTest):
    def test_each_snippet_of_the_document_has_a_test(self) -> None:
        tested = {
            name.removeprefix("test_snippet_").replace("_", "-")
            for name in dir(self) if name.startswith("test_snippet_")
        }  # fmt: skip
        self.assertEqual({name.replace(".", "-") for name in SNIPPETS}, tested)

    # MARK: Root directories and images

    def test_snippet_directory(self) -> None:
        self.debian_root()
        said = self.run_here(SNIPPETS["directory"])
        self.assert_placed(*SYSTEMD, *INITRAMFS_TOOLS, *DRACUT)
        self.assert_sealed()
        self.assertIn("rootfs has the guest agent, and is sealed", said)

    def test_snippet_install(self) -> None:
        self.debian_root()
        self.unpack_tarball()
        self.run_here(SNIPPETS["install"])
        self.assert_placed(*SYSTEMD, *INITRAMFS_TOOLS, *DRACUT)
        self.assert_sealed()

    def test_snippet_image(self) -> None:
        self.image()
        self.run_here(SNIPPETS["image"])
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()
        self.assert_tree_is_gone()

    def test_snippet_virt_customize(self) -> None:
        self.image()
        self.run_here(SNIPPETS["virt-customize"])
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()
        self.assert_tree_is_gone()

    def image(self) -> None:
        """Something that qemu-img takes for an image; the stand-in works on ./rootfs instead."""
        self.debian_root()
        with (self.folder / "web.qcow2").open("wb") as file:
            file.truncate(1 << 20)

    # MARK: Builders

    def test_snippet_debootstrap(self) -> None:
        self.debian_root()
        self.run_here(SNIPPETS["debootstrap"])
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()

    def test_snippet_mmdebstrap(self) -> None:
        self.debian_root()
        self.run_here(SNIPPETS["mmdebstrap"])
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()

    def test_snippet_mkosi(self) -> None:
        self.run_here(SNIPPETS["mkosi"])
        self.assert_placed(*SYSTEMD, root=self.folder / "mkosi.extra")

    def test_snippet_mkosi_finalize(self) -> None:
        self.debian_root()
        shutil.copytree(TREE, self.folder / "entmesh-guest")
        script = self.folder / "mkosi.finalize"
        script.write_text(SNIPPETS["mkosi.finalize"])
        script.chmod(0o755)
        self.run_here("./mkosi.finalize", BUILDROOT=str(self.root))
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()

    def test_snippet_packer(self) -> None:
        self.debian_root()
        self.stand_in_inside("sudo")
        snippet = SNIPPETS["packer"]
        source, destination, template = (
            re.search(rf'\b{name} += "(.*)"', snippet)[1]
            for name in ("source", "destination", "execute_command")
        )  # fmt: skip
        self.assertEqual(source, tarball().name)
        shutil.copy(tarball(), f"{self.root}{destination}")
        lines = json.loads(re.search(r"inline = (\[.*?),\s*\]", snippet, re.DOTALL)[1] + "]")
        # As Packer does: the lines are one script, and a template says how that is run.
        self.write("root/script", "#!/bin/sh -e\n" + "\n".join(lines) + "\n", 0o755)
        self.run_inside("sh", "-c", template.replace("{{ .Path }}", "/root/script"))
        self.assert_placed(*SYSTEMD)
        self.assert_sealed()
        self.assert_tree_is_gone()

    def test_snippet_cloud_init(self) -> None:
        self.debian_root()
        self.stand_in_inside("curl")
        self.write("usr/local/bin/systemctl", '#!/bin/sh\necho "$@" >>/root/systemctl\n', 0o755)
        (self.root / "mirror").mkdir()
        shutil.copy(tarball(), self.root / "mirror")
        self.assertTrue(SNIPPETS["cloud-init"].startswith("#cloud-config\n"))
        for command in yaml.safe_load(SNIPPETS["cloud-init"])["runcmd"]:
            # As cloud-init does: a string is for a shell, a list is not.
            self.run_inside(*(["sh", "-c", command] if isinstance(command, str) else command))
        self.assert_placed(*SYSTEMD)
        asked = (self.root / "root" / "systemctl").read_text()
        self.assertEqual(asked, "daemon-reload\nstart entmesh-guest.service\n")

    def test_sealing_a_machine_that_runs_stops_what_would_write_a_seed_again(self) -> None:
        self.debian_root()
        self.write("usr/local/bin/systemctl", '#!/bin/sh\necho "$@" >>/root/systemctl\n', 0o755)
        (self.root / "run/systemd/system").mkdir(parents=True)
        shutil.copytree(TREE, self.root / "root" / "tree")
        said = self.run_inside("/root/tree/install.sh", "--root", "/", "--seal")
        self.assert_sealed()
        asked = (self.root / "root" / "systemctl").read_text()
        self.assertEqual(asked, "stop systemd-random-seed.service\nstop entmesh-guest.service\n")
        self.assertLess(said.index("stopped systemd-random-seed"), said.index("removed /var/lib"))

    # MARK: Early boot

    def test_snippet_initramfs_tools(self) -> None:
        self.debian_root()
        version = self.add_kernel()
        # Only what is named: quicker.
        self.write("etc/initramfs-tools/conf.d/quick", "MODULES=list\n")
        self.run_inside("update-initramfs", "-c", "-k", version)
        self.unpack_tarball()
        said = self.run_here(SNIPPETS["initramfs-tools"])
        self.assertIn("scripts/init-premount/entmesh\n", said)
        self.assertIn("usr/sbin/entmesh-guest\n", said)

    def test_snippet_dracut(self) -> None:
        self.debian_root()
        self.add_kernel()
        shutil.rmtree(self.root / "usr" / "share" / "initramfs-tools")
        # Only what is named: quicker.
        self.write("etc/dracut.conf.d/quick.conf", 'dracutmodules+=" base entmesh "\n')
        self.unpack_tarball()
        said = self.run_here(SNIPPETS["dracut"])
        self.assertIn("hooks/pre-mount/10-entmesh.sh\n", said)
        self.assertRegex(said, r"usr/sbin/entmesh-guest\n")

    def add_kernel(self) -> str:
        """The guests' kernel of the nested hypervisor, as its package would have put it there."""
        kernel = CACHE / "l2"
        version = (kernel / "version").read_text().strip()
        modules = self.root / "usr" / "lib" / "modules" / version
        shutil.copytree(kernel / "root" / "lib" / "modules" / version, modules)
        boot = self.root / "boot"
        shutil.copy(kernel / "vmlinuz", boot / f"vmlinuz-{version}")
        shutil.copy(kernel / "root" / "boot" / f"config-{version}", boot)
        return version

    # MARK: Alpine

    def test_snippet_alpine(self) -> None:
        self.alpine_root()
        shutil.copy(tarball(), self.root)
        said = self.run_inside("sh", "-euc", SNIPPETS["alpine"])
        self.assert_placed(*OPENRC)
        self.assert_sealed()
        self.assertRegex(said, r"entmesh-guest \| +boot\n$")
        for file in SYSTEMD:
            self.assertFalse((self.root / file).exists(), file)

    def test_openrc_starts_the_agent_if_there_is_a_vsock_device(self) -> None:
        self.alpine_root()
        self.succeed([str(TREE / "install.sh"), "--root", str(self.root)])
        # The real one would find this machine's vsock.
        self.write("usr/sbin/entmesh-guest", '#!/bin/sh\necho "$@" >/run/said\nexec sleep 60\n', 0o755)
        service = ["rc-service", "--nodeps", "entmesh-guest"]
        said = self.run_inside(*service, "start")
        self.assertIn("no vsock: entmesh-guest has nothing to do", said)
        self.assertFalse((self.root / "run" / "said").exists())
        self.run_inside(*service, "stop")
        self.write("sys/bus/virtio/devices/virtio0/device", "0x0013\n")
        self.write("etc/conf.d/entmesh-guest", 'entmesh_guest_args="--mix"\n')
        self.run_inside(*service, "start")
        self.run_inside("sh", "-c", "until [ -s /run/said ]; do sleep 0.1; done")
        self.run_inside(*service, "stop")
        self.assertEqual((self.root / "run" / "said").read_text(), "--if-available --mix\n")

    def alpine_root(self) -> None:
        """OpenRC and busybox, without systemd."""
        self.debian_root()
        shutil.rmtree(self.root / "usr" / "lib" / "systemd")
        for package in sorted((CACHE / "openrc").glob("*.deb")):
            self.run_here(f"dpkg-deb --fsys-tarfile {package} | tar -x --keep-directory-symlink -C rootfs")
        self.run_inside("busybox", "--install", "-s", "/usr/local/bin")
        state = "starting started stopping inactive wasinactive failed hotplugged daemons options exclusive"
        for name in [*state.split(), "scheduled", "tmp"]:
            (self.root / "run" / "openrc" / name).mkdir(parents=True)
        self.write("run/openrc/softlevel", "boot\n")


if __name__ == "__main__":
    unittest.main()
