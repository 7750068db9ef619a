// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

// The group that the kernel itself sends to; udev has one of its own.
enum { kernel_group = 1 };
// Bytes: some thousand messages, as many as come when all devices are triggered at once.
enum { receive_buffer = 1 << 20 };

int32_t entmesh_uevent_open(void) {
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups = kernel_group;
    int descriptor =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (descriptor < 0) return -errno;
    // More than the system allows is cut to that; it is no reason not to listen.
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &(int){receive_buffer}, sizeof(int));
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int64_t entmesh_uevent_take(int32_t descriptor, void *out, size_t count) {
    struct sockaddr_nl sender;
    socklen_t length;
    ssize_t got;
    do {
        memset(&sender, 0, sizeof sender);
        length = sizeof sender;
        got = recvfrom(descriptor, out, count, MSG_DONTWAIT, (struct sockaddr *)&sender, &length);
        // A process may send to the group too; the kernel is number 0.
    } while (got >= 0 && length == sizeof sender && sender.nl_pid != 0);
    return got < 0 ? -errno : got;
}
