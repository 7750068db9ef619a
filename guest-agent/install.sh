#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors
#
# Puts the guest agent into the root directory of a machine or of an image. Says line by line what
# it did. POSIX sh; runs in busybox too.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd -P)
root='' arch='' init='' seal=false rebuild=false rebuilt=false

usage() {
    cat <<'TEXT'
Usage: install.sh --root DIR [--seal] [--rebuild] [--arch ARCH] [--init INIT]
Put the entmesh guest agent into the root directory DIR: / or that of an image.

      --root DIR   where to put it
      --seal       then remove what two machines may not share: random seeds,
                   the machine's id, the agent's state
      --rebuild    rebuild the initramfs with DIR's own tools, in a chroot
      --arch ARCH  x86_64 or aarch64; else that of the programs in DIR
      --init INIT  systemd or openrc; else the one that is in DIR
      --help       print this

Exit status: 0 done, 1 failed or not sealed, 64 wrong usage.
TEXT
}

say() { printf 'install.sh: %s\n' "$*"; }
warn() { say "warning: $*" >&2; }
fail() { say "error: $*" >&2; exit 1; }
misuse() { say "error: $*; type: $0 --help" >&2; exit 64; }

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
            --root | --arch | --init) [ $# -gt 1 ] || misuse "$1 lacks its value" ;;
        esac
        case $1 in
            --root) root=$2 && shift ;;
            --arch) arch=$2 && shift ;;
            --init) init=$2 && shift ;;
            --root=*) root=${1#*=} ;;
            --arch=*) arch=${1#*=} ;;
            --init=*) init=${1#*=} ;;
            --seal) seal=true ;;
            --rebuild) rebuild=true ;;
            --help) usage && exit 0 ;;
            *) misuse "what is '$1'" ;;
        esac
        shift
    done
    [ -n "$root" ] || misuse "--root DIR is missing"
    [ -d "$root" ] || fail "$root is no directory; name the root directory of an image, or /"
    root=$(cd "$root" && pwd -P)
    # Such that "$root/etc" is right for / too.
    [ "$root" != / ] || root=''
    warn_of_another_owner
    case $init in '' | systemd | openrc) ;; *) misuse "--init takes systemd or openrc" ;; esac
}

# Links that are there are seen below; not one that is made between a look and a write.
warn_of_another_owner() {
    [ -n "$root" ] || return 0
    [ -z "$(find "$root/." -prune ! -user "$(id -u)")" ] || warn "$root belongs to another user," \
        "who could lead what is written there elsewhere meanwhile; bake only what nobody else" \
        "can write"
}

# MARK: What is in the root

# The machine of a program, from its ELF header (elf(5), e_machine).
machine_of() {
    case $(od -A n -t x1 -j 18 -N 2 "$1" 2>/dev/null | tr -d ' \n') in
        3e00) echo x86_64 ;;
        b700) echo aarch64 ;;
        *) return 1 ;;
    esac
}

# Symbolic links are passed over: an absolute one leads out of the image.
is_inside() { # is_inside DIRECTORY: it is there, and no symbolic link leads out to it
    [ -d "$root/$1" ] || return 1
    case $(cd "$root/$1" && pwd -P)/ in "$root"/*) ;; *) return 1 ;; esac
}

find_arch() {
    for program in bin/busybox bin/bash bin/dash usr/bin/busybox usr/bin/bash usr/bin/dash \
        usr/bin/env usr/bin/coreutils usr/lib/systemd/systemd lib/systemd/systemd; do
        is_inside "$(dirname "$program")" || continue
        program=$root/$program
        if [ -f "$program" ] && [ ! -L "$program" ]; then
            machine_of "$program" ||
                fail "$program is for another processor than x86_64 and aarch64"
            return 0
        fi
    done
    fail "cannot tell the processor of $root/: no known program is in it; type --arch x86_64"
}

choose_arch() {
    [ -n "$arch" ] || arch=$(find_arch)
    case $arch in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; esac
    [ -f "$here/bin/$arch/entmesh-guest" ] || fail "there is no agent for '$arch' beside $0:" \
        "it has bin/$(cd "$here/bin" 2>/dev/null && echo * | sed 's/ / and bin\//g')"
}

# Prints the first directory of those given that is in the root.
first_directory() {
    for directory in "$@"; do
        [ ! -d "$root/$directory" ] || { echo "$directory" && return 0; }
    done
    return 1
}

choose_init() {
    [ -z "$init" ] || return 0
    if [ -e "$root/usr/lib/systemd/systemd" ] || [ -e "$root/lib/systemd/systemd" ]; then
        init=systemd
    elif [ -e "$root/sbin/openrc-run" ] || [ -e "$root/usr/sbin/openrc-run" ]; then
        init=openrc
    else
        fail "neither systemd nor OpenRC is in $root/; type --init systemd if it will be"
    fi
}

# MARK: Placement

# What a symbolic link leads out of the root to would be this machine's own.
require_inside() {
    existing=$root/$1
    while [ ! -d "$existing" ]; do existing=$(dirname "$existing"); done
    case $(cd "$existing" && pwd -P)/ in
        "$root"/*) ;;
        *) fail "$root/$1 leads out of $root through a symbolic link; make the link relative" ;;
    esac
}

make_directory() {
    require_inside "$1"
    mkdir -p "$root/$1"
}

# Nothing is written through a symbolic link, or into a directory of the file's name.
clear_way() {
    if [ -L "$root/$1" ]; then
        rm -f "$root/$1"
    elif [ -d "$root/$1" ]; then
        fail "$root/$1 is a directory and should be a file; remove it"
    fi
}

# As no file that exists; the subshell's own option, for a link that was made meanwhile.
write_new() { # write_new MODE SOURCE FILE
    rm -f "$3"
    (set -C && cat "$2" >"$3")
    chmod "$1" "$3"
}

place() { # place MODE SOURCE DESTINATION
    source=$here/$2 destination=$3
    [ -f "$source" ] || fail "$source is missing: unpack the whole of the guest agent's tarball"
    make_directory "$(dirname "$destination")"
    clear_way "$destination"
    if [ -f "$root/$destination" ] && cmp -s "$source" "$root/$destination"; then
        chmod "$1" "$root/$destination"
        say "/$destination is in place"
        return 0
    fi
    write_new "$1" "$source" "$root/$destination.new"
    mv -f "$root/$destination.new" "$root/$destination"
    say "placed /$destination"
}

place_systemd() {
    # A root whose /lib is a directory of its own keeps units and rules there.
    library=usr/lib
    [ -L "$root/lib" ] || [ ! -d "$root/lib/systemd/system" ] || library=lib
    place 0644 units/entmesh-guest.service "$library/systemd/system/entmesh-guest.service"
    place 0644 units/60-entmesh-guest.rules "$library/udev/rules.d/60-entmesh-guest.rules"
    say "systemd: udev starts entmesh-guest.service when the vsock device appears"
    [ -n "$root" ] || [ ! -d /run/systemd/system ] ||
        say "next: reboot, or type: systemctl daemon-reload && systemctl start entmesh-guest"
}

place_openrc() {
    place 0755 openrc/entmesh-guest etc/init.d/entmesh-guest
    make_directory etc/runlevels/boot
    clear_way etc/runlevels/boot/entmesh-guest
    ln -sfn /etc/init.d/entmesh-guest "$root/etc/runlevels/boot/entmesh-guest"
    say "OpenRC: entmesh-guest is in the runlevel boot"
    [ -n "$root" ] || [ ! -e /run/openrc/softlevel ] ||
        say "next: reboot, or type: rc-service entmesh-guest start"
}

has_program() {
    [ -x "$root/usr/sbin/$1" ] || [ -x "$root/sbin/$1" ] || [ -x "$root/usr/bin/$1" ]
}

has_kernel() {
    for directory in "$root"/lib/modules/*/; do
        [ ! -d "$directory" ] || return 0
    done
    return 1
}

# The agent is in the initramfs only when that has been made anew; without --rebuild says how. One of
# two tools is enough, and without a kernel there is no initramfs.
rebuild_initramfs() { # rebuild_initramfs COMMAND...
    if $rebuilt || ! has_kernel || ! has_program "$1"; then return 0; fi
    rebuilt=true
    [ -z "$root" ] || set -- chroot "$root" "$@"
    if $rebuild; then
        unset TMPDIR # of the machine outside
        "$@" || fail "the initramfs was not rebuilt by '$*': see above"
        say "rebuilt the initramfs: $*"
    else
        say "next: $*"
    fi
}

place_early_boot() {
    if [ -d "$root/usr/share/initramfs-tools" ]; then
        place 0755 initramfs-tools/hooks/entmesh usr/share/initramfs-tools/hooks/entmesh
        place 0755 initramfs-tools/scripts/init-premount/entmesh \
            usr/share/initramfs-tools/scripts/init-premount/entmesh
        rebuild_initramfs update-initramfs -u -k all
    fi
    if library=$(first_directory usr/lib/dracut/modules.d lib/dracut/modules.d); then
        place 0755 dracut/90entmesh/module-setup.sh "$library/90entmesh/module-setup.sh"
        place 0755 dracut/90entmesh/entmesh.sh "$library/90entmesh/entmesh.sh"
        # An image is made elsewhere than where it boots; a machine that runs knows what it needs.
        if [ -n "$root" ]; then set -- --no-hostonly; else set --; fi
        rebuild_initramfs dracut --force "$@" --regenerate-all
    fi
}

place_all() {
    if [ -e "$root/var/lib/dpkg/info/entmesh-guest.list" ]; then
        say "the Debian package entmesh-guest is installed there: its files are left alone"
        return 0
    fi
    choose_arch
    choose_init
    place 0755 "bin/$arch/entmesh-guest" usr/sbin/entmesh-guest
    say "the agent is the one for $arch"
    "place_$init"
    place_early_boot
    place 0755 entmesh-guest-doctor usr/bin/entmesh-guest-doctor
    if [ -d "$root/usr/share/man" ]; then
        place 0644 man/entmesh-guest.8 usr/share/man/man8/entmesh-guest.8
        place 0644 man/entmesh-guest-doctor.1 usr/share/man/man1/entmesh-guest-doctor.1
    fi
}

# MARK: Sealing

# On a machine that runs, these would write their state anew when it is shut down.
stop_writers() {
    [ -z "$root" ] || return 0
    if [ -d /run/systemd/system ]; then
        for unit in systemd-random-seed.service entmesh-guest.service; do
            systemctl stop "$unit" 2>/dev/null && say "stopped $unit"
        done
    elif [ -e /run/openrc/softlevel ]; then
        for service in seedrng urandom entmesh-guest; do
            rc-service --ifexists "$service" stop 2>/dev/null && say "stopped $service"
        done
    fi
    return 0
}

# By its name: a symbolic link is not followed.
remove() { # remove PATH [OPTION]: a file or a symbolic link; with -r a directory too
    [ -e "$root/$1" ] || [ -L "$root/$1" ] || return 0
    require_inside "$(dirname "$1")"
    # shellcheck disable=SC2086  # no option is no word
    if rm -f ${2:-} "$root/$1"; then say "removed /$1"; else left="$left /$1"; fi
}

# Empty, not absent: then systemd makes a new one at the next boot, on a read-only root as well.
# "uninitialized" is no id either: it asks systemd for a first boot (machine-id(5)).
empty_machine_id() {
    [ -s "$root/etc/machine-id" ] || [ -L "$root/etc/machine-id" ] || return 0
    require_inside etc
    ! grep -qx uninitialized "$root/etc/machine-id" || return 0
    if write_new 0444 /dev/null "$root/etc/machine-id"; then
        say "emptied /etc/machine-id"
    else
        left="$left /etc/machine-id"
    fi
}

warn_of_the_rest() {
    for key in "$root"/etc/ssh/ssh_host_*_key; do
        [ -e "$key" ] || continue
        warn "SSH host keys are left in /etc/ssh; every clone will have the same ones." \
            "Remove them, and have the image make new ones at its first boot: ssh-keygen -A"
        break
    done
    [ ! -e "$root/var/lib/systemd/credential.secret" ] || warn "systemd's" \
        "/var/lib/systemd/credential.secret is left: what it encrypted needs it; else remove it"
}

seal_all() {
    left=''
    stop_writers
    for seed in var/lib/systemd/random-seed var/lib/urandom/random-seed var/lib/misc/random-seed \
        boot/loader/random-seed boot/efi/loader/random-seed efi/loader/random-seed \
        var/lib/dbus/machine-id; do
        remove "$seed"
    done
    remove var/lib/seedrng -r
    remove run/entmesh-guest -r
    empty_machine_id
    [ -z "$left" ] || fail "$root/ is not sealed, clones would share:$left;" \
        "see what holds it (mount, lsattr), and type the same again"
    warn_of_the_rest
    say "sealed: no random seed, no machine id, no state of the agent"
}

parse "$@"
place_all
! $seal || seal_all
