#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# Has the kernel fed by the host once, before the root file system is mounted. dracut sources it, so
# it must not exit.

# >>> the same in initramfs-tools/scripts/init-premount/entmesh and dracut/90entmesh/entmesh.sh
# Hundredths of a second since the kernel started.
entmesh_now() {
    read -r entmesh_uptime _ </proc/uptime
    # 1NN - 100: "08" alone would be an octal number.
    echo $((${entmesh_uptime%.*} * 100 + 1${entmesh_uptime#*.} - 100))
}

# The virtio device of type 19 (virtio 1.2, section 5.10).
entmesh_has_vsock() {
    for entmesh_file in /sys/bus/virtio/devices/*/device; do
        [ -r "$entmesh_file" ] && read -r entmesh_id <"$entmesh_file" &&
            [ "$entmesh_id" = 0x0013 ] && return 0
    done
    return 1
}

# Prints in words what came of it; never waits longer than the agent does.
entmesh_feed() {
    entmesh_has_vsock || { echo "no vsock device"; return; }
    modprobe -q vmw_vsock_virtio_transport
    [ -e /dev/vsock ] || { echo "no vsock driver"; return; }
    entmesh_said=$(/usr/sbin/entmesh-guest --once --if-available --wait 2 2>&1)
    case $? in
        0) echo "fed" ;;
        75) echo "not fed in time" ;;
        *) echo "not fed: ${entmesh_said##*"
"}" ;;
    esac
}

# One line in the kernel's log, and a file for whoever asks later. Nothing here can fail the boot.
entmesh_early_boot() {
    # Not by read: byte by byte, a sysctl gives its first digit only.
    entmesh_bits=$(cat /proc/sys/kernel/random/entropy_avail)
    entmesh_start=$(entmesh_now)
    entmesh_outcome=$(entmesh_feed)
    entmesh_waited=$((($(entmesh_now) - entmesh_start) * 10))
    echo "<6>entmesh: early boot: $entmesh_outcome, $entmesh_waited ms" >/dev/kmsg
    mkdir -p /run/entmesh-guest
    {
        echo "outcome $entmesh_outcome"
        echo "waited $entmesh_waited ms"
        echo "bits-before $entmesh_bits"
        echo "bits-after $(cat /proc/sys/kernel/random/entropy_avail)"
    } >/run/entmesh-guest/early-boot
}
# <<<

entmesh_early_boot 2>/dev/null || :
