# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
"""A guest's libvirt definition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

# The kernel must not believe the CPU or the boot loader; and see cpu() below.
STARVING = "random.trust_cpu=off random.trust_bootloader=off"
ORDINARY = "random.trust_cpu=on"


def domain_xml(
    *,
    name: str,
    uuid: str,
    memory: int,
    kernel: Path,
    initrd: Path,
    starving: bool,
    agent: Sequence[str] | None,
    console: Path,
    shell: Path,
    vsock: bool,
    cid: int | None,
    virtio_rng: bool,
    disk: Path | None,
    system: Path | None,
    on_crash: str,
    kernel_arguments: Sequence[str] = (),
) -> str:
    """`cid` None lets libvirt choose; `memory` is in MiB; `system` is a block device with a root."""
    return f"""\
<domain type='kvm'>
  <name>{escape(name)}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{escape(_command_line(starving, agent, system, kernel_arguments))}</cmdline>
  </os>
  <features><acpi/></features>
  {_cpu(starving)}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>{on_crash}</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <panic model='isa'/>
    <serial type='file'>
      <source path='{console}' append='on'/>
      <target port='0'/>
    </serial>
    <serial type='unix'>
      <source mode='bind' path='{shell}'/>
      <target port='1'/>
    </serial>
    {_vsock(cid) if vsock else ""}
    {RNG if virtio_rng else ""}
    {_disk(disk) if disk else ""}
    {_system(system) if system else ""}
  </devices>
</domain>
"""


RNG = """<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"""


def _command_line(
    starving: bool, agent: Sequence[str] | None, system: Path | None, more: Sequence[str]
) -> str:
    # panic=0: after a panic the guest waits for its hypervisor's on_crash.
    words = ["console=ttyS0", "quiet", "panic=0", "mitigations=off", STARVING if starving else ORDINARY]
    if system:
        words += ["root=/dev/vda", "rw"]
    elif agent is None:
        words.append("entmesh.agent=none")
    else:
        words.append(f'entmesh.agent="{" ".join(agent)}"')
    return " ".join([*words, *more])


def _cpu(starving: bool) -> str:
    # One model for both, so that the only difference is what the test is about.
    return f"""<cpu mode='custom' match='exact' check='none'>
    <model fallback='forbid'>qemu64</model>
    <feature policy='{"disable" if starving else "require"}' name='rdrand'/>
    <feature policy='disable' name='svm'/>
  </cpu>"""


def _vsock(cid: int | None) -> str:
    address = "auto='yes'" if cid is None else f"auto='no' address='{cid}'"
    return f"<vsock model='virtio'><cid {address}/></vsock>"


def _disk(path: Path) -> str:
    return f"""<disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='{path}'/>
      <target dev='vda' bus='virtio'/>
    </disk>"""


def _system(path: Path) -> str:
    return f"""<disk type='block' device='disk'>
      <driver name='qemu' type='raw' cache='unsafe'/>
      <source dev='{path}'/>
      <target dev='vda' bus='virtio'/>
    </disk>"""
