# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A guest (L2) and what its administrator can do to it."""

from __future__ import annotations

import shutil
import subprocess
import uuid as uuids
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from entmesh_rig import CACHE, RESULTS, RIG
from entmesh_rig.checks import poll
from entmesh_rig.domain_xml import domain_xml
from entmesh_rig.hypervisor import virsh
from entmesh_rig.shell import Shell

GUESTS = Path("/run/guests")
"""Sockets, disks and saved images: a tmpfs, since 9p has no sockets."""

READY_SECONDS = 180
"""For a guest to boot; 8 s when the machine has nothing else to do."""

ANSWER_SECONDS = 3
"""For one attempt to be answered while a guest boots."""

DISK_SIZE = "1M"
"""Nothing is on it: it only holds live snapshots, which lie behind its end."""


class Guest:
    """One libvirt domain. Nothing happens before define() or start().

    `agent` is the list of arguments for /usr/bin/entmesh-guest, None for no agent. `cid` None
    means auto='yes'. `disk` is needed for snapshots; a path is what it is a copy of, in qcow2.
    The console goes to RESULTS/NAME.console.

    `system` is a block device with a root file system, whose own `kernel` and `image` (its
    initramfs) then boot it; guest-shell.service in it answers, and `agent` means nothing.
    """

    def __init__(
        self,
        name: str,
        *,
        image: Path | None = None,
        kernel: Path = CACHE / "l2" / "vmlinuz",
        system: Path | None = None,
        starving: bool = False,
        agent: Sequence[str] | None = None,
        vsock: bool = True,
        cid: int | None = None,
        virtio_rng: bool = False,
        disk: bool | Path = False,
        memory: int = 128,
        on_crash: str = "restart",
        kernel_arguments: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.uuid = str(uuids.uuid4())
        # Named after the UUID, since a domain can be renamed.
        self.folder = GUESTS / self.uuid
        self.console = RESULTS / f"{name}.console"
        # QEMU appends, so that a restored guest does not wipe what the first wrote.
        self.console.unlink(missing_ok=True)
        self.shell = Shell(self.folder / "shell")
        self.disk = self.folder / "disk.qcow2" if disk else None
        self._disk_source = disk if isinstance(disk, Path) else None
        self._xml = domain_xml(
            name=name,
            uuid=self.uuid,
            memory=memory,
            kernel=kernel,
            initrd=image or guest_image(),
            starving=starving,
            agent=agent,
            console=self.console,
            shell=self.shell.path,
            vsock=vsock,
            cid=cid,
            virtio_rng=virtio_rng,
            disk=self.disk,
            system=system,
            on_crash=on_crash,
            kernel_arguments=kernel_arguments,
        )
        self._defined = False

    # MARK: Life

    def define(self) -> Guest:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.disk and self._disk_source and not self.disk.exists():
            shutil.copyfile(self._disk_source, self.disk)
        if self.disk and not self.disk.exists():
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", self.disk, DISK_SIZE], check=True)
        file = self.folder / "domain.xml"
        file.write_text(self._xml)
        virsh("define", file)
        self._defined = True
        return self

    def start(self) -> Guest:
        """Defines it if need be and starts it; from its managed save, if it has one."""
        if not self._defined:
            self.define()
        virsh("start", self.name)
        return self

    def wait_ready(self, timeout: float = READY_SECONDS) -> Guest:
        """Waits until it runs commands."""
        ready, found = poll(lambda: self.shell.answers(ANSWER_SECONDS), timeout)
        if not ready:
            lines = self.console_text().splitlines()[-15:]
            raise TimeoutError(f"{self.name} is not ready ({found}); its console:\n" + "\n".join(lines))
        return self

    def destroy(self) -> None:
        """Pulls the plug."""
        virsh("destroy", self.name)

    def remove(self) -> None:
        """Ends and undefines it, with its snapshots and its managed save."""
        if self.state != "shut off":
            self.destroy()
        virsh("undefine", self.name, "--managed-save", "--snapshots-metadata")
        self._defined = False

    def pause(self) -> None:
        virsh("suspend", self.name)

    def resume(self) -> None:
        virsh("resume", self.name)

    # MARK: Restarts that keep the QEMU process

    def reset(self) -> None:
        """The reset button; then ready again."""
        virsh("reset", self.name)
        self.wait_ready()

    def reboot(self) -> None:
        """The guest's own reboot; ready again when it returns."""
        self._boots_anew("reboot -f")

    def panic(self) -> None:
        """The guest's kernel panics; with on_crash='restart' it is ready again on return."""
        self._boots_anew("echo c > /proc/sysrq-trigger")

    # MARK: Memory that runs twice

    def save(self, image: Path | None = None) -> Path:
        """Saves its memory and ends it. The image may be restored more than once."""
        image = image or self.folder / "saved"
        virsh("save", self.name, image)
        return image

    def restore(self, image: Path) -> None:
        """Runs on from an image of save() or of clone_image()."""
        virsh("restore", image)

    def managed_save(self) -> None:
        """Saves its memory where the next start() takes it from, once."""
        virsh("managedsave", self.name)

    def snapshot(self, name: str) -> None:
        """A live snapshot with memory; needs `disk`. The guest runs on."""
        virsh("snapshot-create-as", self.name, name)

    def revert(self, name: str) -> None:
        """Back to a live snapshot; libvirt 9.0 starts a new QEMU process for it."""
        virsh("snapshot-revert", self.name, name)

    def rename(self, name: str) -> None:
        """Only for a guest that is shut off, without snapshots: so says libvirt."""
        virsh("domrename", self.name, name)
        self.name = name

    # MARK: Looking at it

    def run(self, command: str, timeout: float = 30) -> tuple[int, str]:
        """One line of shell as root in the guest: its status, and all it printed."""
        return self.shell.run(command, timeout)

    def output(self, command: str, timeout: float = 30) -> str:
        """What a command printed, which must succeed."""
        status, text = self.run(command, timeout)
        if status != 0:
            raise RuntimeError(f"{self.name}: {command!r} ended with {status}: {text}")
        return text

    @property
    def state(self) -> str:
        """In libvirt's words: running, paused, shut off, crashed..."""
        return virsh("domstate", self.name)

    @property
    def cid(self) -> int | None:
        """The CID in the live XML; None without vsock, or with auto='yes' and shut off."""
        address = ElementTree.fromstring(virsh("dumpxml", self.name)).find("devices/vsock/cid")
        number = None if address is None else address.get("address")
        return None if number is None else int(number)

    @property
    def boot_id(self) -> str:
        """Another one after each boot, the same in all clones."""
        return self.output("cat /proc/sys/kernel/random/boot_id")

    @property
    def is_kernel_ready(self) -> bool:
        """Whether getrandom would not block, asked without blocking."""
        return self.output("probe ready") == "ready"

    def agent_log(self) -> str:
        return self.output("cat /run/agent.log")

    def console_text(self) -> str:
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def _boots_anew(self, command: str) -> None:
        before = self.boot_id
        self.shell.tell(command)
        new, found = poll(lambda: self._other_boot_id(before), READY_SECONDS)
        if not new:
            raise TimeoutError(f"{self.name} did not come back after {command!r}: {found}")

    def _other_boot_id(self, before: str) -> bool:
        return self.shell.answers(ANSWER_SECONDS) and self.boot_id != before


def start_all(guests: Iterable[Guest], timeout: float = READY_SECONDS) -> None:
    """Starts guests side by side, and waits until all run commands."""
    guests = list(guests)
    with ThreadPoolExecutor() as pool:
        # list() so that an exception of any of them is raised here.
        list(pool.map(Guest.start, guests))
    for guest in guests:
        try:
            guest.wait_ready(timeout)
        except TimeoutError:
            if guest.console_text():
                raise
            # Not a word of its kernel, and nothing of ours comes before: the emulated CPU stands.
            print(f"rig: {guest.name} never began to boot; it is started once more", flush=True)
            guest.destroy()
            guest.start().wait_ready(timeout)


def guest_image(additions: Mapping[str, Path | str] | None = None) -> Path:
    """Builds an initramfs; additions map a path in the guest to a static binary."""
    if not additions:
        return CACHE / "guest.cpio"
    options: list[str] = []
    for inside, source in additions.items():
        options += ["--add", f"{source}:{inside}"]
    image = GUESTS / f"image-{uuids.uuid4()}.cpio"
    subprocess.run([RIG / "guest-image", image, *options], check=True)
    return image
