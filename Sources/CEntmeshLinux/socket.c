// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

_Static_assert(sizeof(struct sockaddr_vm) == 16, "sockaddr_vm is padded to a sockaddr");
_Static_assert(offsetof(struct sockaddr_vm, svm_port) == 4, "port at 4");
_Static_assert(offsetof(struct sockaddr_vm, svm_cid) == 8, "cid at 8");
_Static_assert(sizeof(struct ucred) == sizeof(struct entmesh_credentials), "pid, uid, gid");

static int32_t result(int value) { return value < 0 ? -errno : value; }

static struct sockaddr_vm vsock_address(uint32_t cid, uint32_t port) {
    struct sockaddr_vm address;
    memset(&address, 0, sizeof address);
    address.svm_family = AF_VSOCK;
    address.svm_cid = cid;
    address.svm_port = port;
    return address;
}

int32_t entmesh_vsock_socket(void) {
    return result(socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int32_t entmesh_vsock_bind(int32_t socket, uint32_t port) {
    struct sockaddr_vm address = vsock_address(VMADDR_CID_ANY, port);
    return result(bind(socket, (struct sockaddr *)&address, sizeof address));
}

int32_t entmesh_vsock_limit_buffer(int32_t socket, uint64_t byte_count) {
    // The maximum first: a size above it is clamped silently.
    static const int options[] = {SO_VM_SOCKETS_BUFFER_MAX_SIZE, SO_VM_SOCKETS_BUFFER_SIZE};
    for (size_t index = 0; index < sizeof options / sizeof options[0]; index++) {
        uint64_t value = byte_count;
        if (setsockopt(socket, AF_VSOCK, options[index], &value, sizeof value) < 0) return -errno;
    }
    return 0;
}

int32_t entmesh_vsock_connect(int32_t socket, uint32_t cid, uint32_t port) {
    struct sockaddr_vm address = vsock_address(cid, port);
    return result(connect(socket, (struct sockaddr *)&address, sizeof address));
}

int32_t entmesh_unix_connect(const char *path) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int32_t failure = -errno;
        close(descriptor);
        return failure;
    }
    return descriptor;
}

int32_t entmesh_vsock_peer(int32_t socket, struct entmesh_vsock_address *out) {
    struct sockaddr_vm address;
    socklen_t length = sizeof address;
    if (getpeername(socket, (struct sockaddr *)&address, &length) < 0) return -errno;
    if (length < sizeof address || address.svm_family != AF_VSOCK) return -EAFNOSUPPORT;
    out->cid = address.svm_cid;
    out->port = address.svm_port;
    return 0;
}

int32_t entmesh_peer_credentials(int32_t socket, struct entmesh_credentials *out) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -errno;
    out->pid = credentials.pid;
    out->uid = credentials.uid;
    out->gid = credentials.gid;
    return 0;
}

int32_t entmesh_socket_error(int32_t socket) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return error;
}

int32_t entmesh_wait(
    int32_t socket, int32_t wants_read, int32_t wants_write, int32_t signals, int64_t timeout) {
    struct pollfd polled[2] = {
        {.fd = socket, .events = (wants_read ? POLLIN : 0) | (wants_write ? POLLOUT : 0)},
        {.fd = signals, .events = POLLIN},
    };
    struct timespec time = {timeout / 1000000000, timeout % 1000000000};
    int count = ppoll(polled, 2, timeout < 0 ? NULL : &time, NULL);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    int32_t ready = 0;
    if (polled[0].revents & (POLLIN | POLLHUP)) ready |= entmesh_ready_read;
    if (polled[0].revents & POLLOUT) ready |= entmesh_ready_write;
    if (polled[0].revents & (POLLERR | POLLHUP | POLLNVAL)) ready |= entmesh_ready_error;
    if (polled[1].revents) ready |= entmesh_ready_signal;
    return ready;
}

int64_t entmesh_send(int32_t socket, const void *bytes, size_t count) {
    ssize_t sent;
    do {
        sent = send(socket, bytes, count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}
