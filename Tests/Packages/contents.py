# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""What is in the packages, and what they need."""

from __future__ import annotations

import re
import subprocess

from checks import check, scenario
from package import Package

HOST_NEEDS = {"libc6", "libgcc-s1", "libstdc++6", "libvirt0", "libxml2", "systemd"}
PROGRAM = "-rwxr-xr-x root/root"
FILE = "-rw-r--r-- root/root"

HOST_FILES = {
    "/etc/entmesh/host.yaml": FILE,
    "/lib/systemd/system/entmesh-host.service": FILE,
    "/lib/systemd/system/entmesh-host.socket": FILE,
    "/lib/systemd/system/entmesh-own-pool.service": FILE,
    "/lib/udev/rules.d/60-entmesh-host.rules": FILE,
    "/usr/bin/entmesh": PROGRAM,
    "/usr/lib/entmesh/guest/bin/aarch64/entmesh-guest": PROGRAM,
    "/usr/lib/entmesh/guest/bin/x86_64/entmesh-guest": PROGRAM,
    "/usr/lib/entmesh/guest/install.sh": PROGRAM,
    "/usr/lib/entmesh/guest/openrc/entmesh-guest": PROGRAM,
    "/usr/lib/entmesh/guest/units/60-entmesh-guest.rules": FILE,
    "/usr/lib/entmesh/guest/units/entmesh-guest.service": FILE,
    "/usr/lib/sysusers.d/entmesh-host.conf": FILE,
    "/usr/lib/tmpfiles.d/entmesh-host.conf": FILE,
    "/usr/sbin/entmesh-host": PROGRAM,
    "/usr/share/bash-completion/completions/entmesh": FILE,
    "/usr/share/doc/entmesh-host/README.md": FILE,
    "/usr/share/doc/entmesh-host/docs/operating.md": FILE,
    "/usr/share/doc/entmesh-host/examples/simulations/loops.yaml": FILE,
    "/usr/share/fish/vendor_completions.d/entmesh.fish": FILE,
    "/usr/share/man/man1/entmesh.1.gz": FILE,
    "/usr/share/man/man5/host.yaml.5.gz": FILE,
    "/usr/share/man/man7/entmesh-protocol.7.gz": FILE,
    "/usr/share/man/man8/entmesh-host.8.gz": FILE,
    "/usr/share/zsh/vendor-completions/_entmesh": FILE,
}
GUEST_FILES = {
    "/lib/systemd/system/entmesh-guest.service": FILE,
    "/lib/udev/rules.d/60-entmesh-guest.rules": FILE,
    "/usr/bin/entmesh-guest-doctor": PROGRAM,
    "/usr/lib/dracut/modules.d/90entmesh/module-setup.sh": PROGRAM,
    "/usr/sbin/entmesh-guest": PROGRAM,
    "/usr/share/initramfs-tools/hooks/entmesh": PROGRAM,
    "/usr/share/initramfs-tools/scripts/init-premount/entmesh": PROGRAM,
    "/usr/share/man/man1/entmesh-guest-doctor.1.gz": FILE,
    "/usr/share/man/man8/entmesh-guest.8.gz": FILE,
}


def of_host(host: Package) -> None:
    with scenario("the hypervisor's package has what its description says, and needs little"):
        _has(host, HOST_FILES)
        needs = set(host.dependencies)
        check(needs == HOST_NEEDS, f"it depends on {', '.join(sorted(HOST_NEEDS))}", needs)
        libraries = [path for path in host.files if re.search(r"swift|\.so$|\.so\.", path)]
        check(not libraries, "no library comes with it, none of Swift's either", libraries)
        megabytes = int(host.field("Installed-Size")) // 1024
        check(megabytes < 200, f"its programs are stripped [{megabytes} MiB]", megabytes)


def of_guest(guest: Package) -> None:
    with scenario("the guest's package is a small program, what starts it and what looks after it"):
        _has(guest, GUEST_FILES)
        check(guest.field("Depends") == "", "it depends on nothing", guest.field("Depends"))
        kilobytes = int(guest.field("Installed-Size"))
        check(kilobytes < 200, f"it is small [{kilobytes} KiB]", kilobytes)


def by_lintian(*packages: Package) -> None:
    with scenario("lintian has nothing to say that is not explained in debian/"):
        said = subprocess.run(
            ["lintian", "--allow-root", "--display-info", *(one.path for one in packages)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        quiet = said.returncode == 0 and not said.stdout
        check(quiet, "no error, no warning, no hint", said.stdout)


def _has(package: Package, wanted: dict[str, str]) -> None:
    found = {path: package.files.get(path) for path in wanted}
    wrong = {path: found[path] for path in wanted if found[path] != wanted[path]}
    check(not wrong, f"{len(wanted)} files are where they belong, root's", wrong)
