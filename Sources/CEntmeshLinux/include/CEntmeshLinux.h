// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#ifndef ENTMESH_CENTMESHLINUX_H
#define ENTMESH_CENTMESHLINUX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

// What Swift cannot see of Linux alike from glibc and musl: ioctl numbers, variadic functions,
// errno, structures that differ. The guest agent has no other door to libc.
//
// Unless it says otherwise a function returns 0 or more on success and a negated errno(3) on
// failure, and none of them blocks but entmesh_wait.

// MARK: Error numbers and exit codes

// Macros in both libcs, and a module's macros are not re-exported to Swift; as an enumeration they
// are constants there.
enum {
    entmesh_EACCES = EACCES,
    entmesh_EADDRINUSE = EADDRINUSE,
    entmesh_EAFNOSUPPORT = EAFNOSUPPORT,
    entmesh_EAGAIN = EAGAIN,
    entmesh_ECONNREFUSED = ECONNREFUSED,
    entmesh_ECONNRESET = ECONNRESET,
    entmesh_EINPROGRESS = EINPROGRESS,
    entmesh_EINTR = EINTR,
    entmesh_EINVAL = EINVAL,
    entmesh_ENOBUFS = ENOBUFS,
    entmesh_ENODATA = ENODATA,
    entmesh_ENODEV = ENODEV,
    entmesh_ENOENT = ENOENT,
    entmesh_ENOMEM = ENOMEM,
    entmesh_ENOTCONN = ENOTCONN,
    entmesh_ENOTTY = ENOTTY,
    entmesh_EPERM = EPERM,
    entmesh_EPIPE = EPIPE,
    entmesh_EROFS = EROFS,
    entmesh_ETIMEDOUT = ETIMEDOUT,
};

/// sysexits.h: the command line is wrong; something needed is not there; it may work later.
enum {
    entmesh_EX_USAGE = EX_USAGE,
    entmesh_EX_UNAVAILABLE = EX_UNAVAILABLE,
    entmesh_EX_TEMPFAIL = EX_TEMPFAIL,
};

// MARK: The kernel's random number generator: random(4), getrandom(2)

/// The most bytes entmesh_random_add takes at once: an old kernel's whole input pool.
enum { entmesh_random_add_limit = 512 };

/// Opens /dev/random; the ioctls need a descriptor, no particular mode.
int32_t entmesh_random_open(void);
/// RNDADDENTROPY: adds `count` bytes and credits `bits`. Refuses more than
/// entmesh_random_add_limit bytes (EMSGSIZE) and, as the kernel does not, more than eight bits a
/// byte (EINVAL). Its copy of the bytes is wiped.
int32_t entmesh_random_add(int32_t random, const void *bytes, uint32_t count, uint32_t bits);
/// RNDRESEEDCRNG: reseeds the generator from the pool.
int32_t entmesh_random_reseed(int32_t random);
/// RNDGETENTCNT: the pool's estimate in bits.
int32_t entmesh_random_count(int32_t random);
/// getrandom(2) with GRND_NONBLOCK: all `count` bytes (at most 256) or EAGAIN while the generator
/// is not ready. A blocking call would make the kernel seed itself and destroy what it measures.
int32_t entmesh_random_bytes(void *out, uint32_t count);

// MARK: Clocks: clock_gettime(2)

/// CLOCK_MONOTONIC in nanoseconds.
int64_t entmesh_clock_monotonic(void);
/// CLOCK_BOOTTIME in nanoseconds: also counts while the machine sleeps.
int64_t entmesh_clock_boottime(void);

// MARK: Sockets: vsock(7), unix(7)

/// One end of an AF_VSOCK connection; the kernel's sockaddr_vm differs between header versions.
struct entmesh_vsock_address {
    uint32_t cid;
    uint32_t port;
};

/// Who is at the other end of a UNIX socket (SO_PEERCRED); struct ucred needs _GNU_SOURCE.
struct entmesh_credentials {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/// What entmesh_wait saw, as bits.
enum {
    entmesh_ready_read = 1,
    entmesh_ready_write = 2,
    entmesh_ready_error = 4,
    entmesh_ready_signal = 8,
};

/// A non-blocking AF_VSOCK stream socket.
int32_t entmesh_vsock_socket(void);
/// Binds to VMADDR_CID_ANY and `port`; below 1024 that takes CAP_NET_BIND_SERVICE.
int32_t entmesh_vsock_bind(int32_t socket, uint32_t port);
/// Limits what the peer may queue here: the maximum first, or the size would be clamped to it.
int32_t entmesh_vsock_limit_buffer(int32_t socket, uint64_t byte_count);
/// Begins to connect; EINPROGRESS is the usual answer.
int32_t entmesh_vsock_connect(int32_t socket, uint32_t cid, uint32_t port);
/// A non-blocking stream socket connected to `path`; ENAMETOOLONG if it does not fit.
int32_t entmesh_unix_connect(const char *path);
/// The peer of a connected AF_VSOCK socket (getpeername(2)).
int32_t entmesh_vsock_peer(int32_t socket, struct entmesh_vsock_address *out);
/// The credentials of the process at the other end of a UNIX socket (SO_PEERCRED).
int32_t entmesh_peer_credentials(int32_t socket, struct entmesh_credentials *out);
/// SO_ERROR, taken off the socket: 0, or a positive errno(3).
int32_t entmesh_socket_error(int32_t socket);
/// Waits until `socket` can be read (written too if `wants_write`; never if it is negative),
/// `signals` can be read, or `timeout` nanoseconds passed (negative: for ever). ppoll(2).
/// Returns entmesh_ready_ bits; 0 is a timeout.
int32_t entmesh_wait(
    int32_t socket, int32_t wants_read, int32_t wants_write, int32_t signals, int64_t timeout);

// MARK: What the kernel tells: netlink(7), NETLINK_KOBJECT_UEVENT

/// A non-blocking socket on which the kernel tells of its devices.
int32_t entmesh_uevent_open(void);
/// The next message of the kernel, cut to `count` bytes; EAGAIN if there is none, ENOBUFS if some
/// were lost.
int64_t entmesh_uevent_take(int32_t descriptor, void *out, size_t count);

// MARK: Descriptors and files

/// read(2), again after EINTR; 0 is the end.
int64_t entmesh_read(int32_t descriptor, void *out, size_t count);
/// write(2), again after EINTR.
int64_t entmesh_write(int32_t descriptor, const void *bytes, size_t count);
/// send(2) with MSG_NOSIGNAL: a peer that went away is EPIPE, not SIGPIPE.
int64_t entmesh_send(int32_t socket, const void *bytes, size_t count);
/// close(2).
void entmesh_close(int32_t descriptor);
/// Reads at most `count` bytes from the start of `name` in `directory` (null: `name` is a path).
int64_t entmesh_file_read(const char *directory, const char *name, void *out, size_t count);
/// Makes `name` in `directory` hold exactly `bytes`, mode 0644: written beside it and renamed
/// over it, so a reader sees the old or the new. Follows no symbolic link.
int32_t entmesh_file_replace(
    const char *directory, const char *name, const void *bytes, size_t count);
/// What a file is replaced by when another takes its name: its number, and when it last changed, in
/// nanoseconds of the wall clock (stat(2)).
struct entmesh_file_identity {
    uint64_t inode;
    int64_t changed;
};
int32_t entmesh_file_identify(const char *path, struct entmesh_file_identity *out);
/// mkdir(2) with mode 0755; it is no error if it exists.
int32_t entmesh_directory_make(const char *path);

// MARK: Memory: mlock(2), madvise(2)

/// mlockall(2) for all that is and will be, page by page as it is touched (MCL_ONFAULT).
int32_t entmesh_lock_all(void);
/// Locks the pages of `[address, address + count)` and keeps them out of core dumps and forks.
int32_t entmesh_lock_range(void *address, size_t count);
/// Maps `count` zero bytes, locked as by entmesh_lock_range.
int32_t entmesh_map_locked(size_t count, void **out);
/// Unmaps what entmesh_map_locked mapped.
void entmesh_unmap(void *address, size_t count);

// MARK: The process

/// Not dumpable, not traceable by its own user (PR_SET_DUMPABLE), and no core file (RLIMIT_CORE).
int32_t entmesh_forbid_dumps(void);
/// Blocks SIGTERM, SIGINT and SIGHUP and returns a non-blocking signalfd(2) for them.
int32_t entmesh_signals_open(void);
/// The number of the next signal that came, or EAGAIN.
int32_t entmesh_signals_take(int32_t signals);
/// The arguments of the process: Embedded Swift has no CommandLine. Ask before anything changes
/// the environment.
char *const *entmesh_arguments(int32_t *count);
/// uname(2), release: at most `count` - 1 bytes and a terminating zero.
int32_t entmesh_kernel_release(char *out, size_t count);
/// Ends the process (_exit(2)): nothing is buffered that would have to be flushed.
_Noreturn void entmesh_exit(int32_t code);
/// getpid(2).
int32_t entmesh_process_id(void);
/// Whether a process `pid` is there: 1 or 0 (kill(2) with signal 0).
int32_t entmesh_process_exists(int32_t pid);

#endif
