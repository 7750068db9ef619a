#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# dracut's module: the guest agent, its kernel modules, and the hook that runs it.
# shellcheck disable=SC2154  # dracut sets moddir

check() {
    require_binaries /usr/sbin/entmesh-guest || return 1
    return 0
}

depends() {
    return 0
}

# With hostonly set, dracut leaves out what this machine does not use; an image is made elsewhere.
installkernel() {
    hostonly='' instmods virtio_pci virtio_mmio vmw_vsock_virtio_transport
}

install() {
    inst_simple /usr/sbin/entmesh-guest
    inst_multiple cat mkdir modprobe
    inst_hook pre-mount 10 "$moddir/entmesh.sh"
}
