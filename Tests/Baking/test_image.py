# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""`entmesh bake` on a real disk image, through the real virt-customize: half a minute."""

from __future__ import annotations

import os
import unittest
from pathlib import Path

from scratch import AGENT, BUILD, CACHE, ScratchTest


@unittest.skipUnless(os.environ.get("ENTMESH_SLOW"), "takes half a minute: type run --slow")
class ImageTests(ScratchTest):
    def test_a_debian_image_is_baked_and_sealed(self) -> None:
        self.debian_root()
        image = self.folder / "web.raw"
        self.run_here("umount --recursive rootfs/dev; umount rootfs/proc")
        self.run_here("mke2fs -q -F -t ext4 -d rootfs web.raw 1G")
        said = self.run_here(f"{BUILD}/entmesh bake web.raw --seal", **self.appliance())
        self.assertIn(f"{image} has the guest agent", said)
        self.assertIn("Mode:  0755", self.look(image, f"stat /{AGENT}"))
        self.assertIn("Size: 0\n", self.look(image, "stat /etc/machine-id") + "\n")
        for folder, name in (("/var/lib/systemd", "random-seed"), ("/tmp", "guest"), ("/tmp", "builder.log")):
            self.assertNotIn(name, self.look(image, f"ls {folder}"))

    def appliance(self) -> dict[str, str]:
        """libguestfs boots the kernel of the nested hypervisor, without KVM."""
        # It insists on the folder, and uses the other one.
        Path("/lib/modules").mkdir(exist_ok=True)
        kernel = CACHE / "l1"
        version = (kernel / "version").read_text().strip()
        return {
            # Without the stand-ins.
            "PATH": os.environ["PATH"],
            "SUPERMIN_KERNEL": str(kernel / "vmlinuz"),
            "SUPERMIN_MODULES": str(kernel / "root" / "lib" / "modules" / version),
            "LIBGUESTFS_BACKEND": "direct",
            "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg",
        }

    def look(self, image: Path, request: str) -> str:
        return self.run_here(f"debugfs -R '{request}' {image} 2>&1")


if __name__ == "__main__":
    unittest.main()
