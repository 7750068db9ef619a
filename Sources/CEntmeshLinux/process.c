// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

int32_t entmesh_forbid_dumps(void) {
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -errno;
    // Not setrlimit(2): musl's tells all threads, and this program has one.
    return prlimit(0, RLIMIT_CORE, &none, NULL) < 0 ? -errno : 0;
}

int32_t entmesh_signals_open(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) return -errno;
    int descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t entmesh_signals_take(int32_t signals) {
    struct signalfd_siginfo info;
    int64_t got = entmesh_read(signals, &info, sizeof info);
    if (got < 0) return (int32_t)got;
    return got == sizeof info ? (int32_t)info.ssi_signo : -EAGAIN;
}

char *const *entmesh_arguments(int32_t *count) {
    // The kernel lays out argc, argv[0..argc-1], null, environ... on the initial stack (System V
    // ABI, "Initial Stack and Register State"; the same on arm64 and riscv64). So argv ends before
    // environ, and the word before it is the number of its entries, which no pointer can be.
    char **first = environ - 1;
    intptr_t entries = 0;
    while ((intptr_t)first[-1] != entries) {
        first--;
        entries++;
    }
    *count = (int32_t)entries;
    return first;
}

int32_t entmesh_kernel_release(char *out, size_t count) {
    struct utsname name;
    if (count == 0) return -EINVAL;
    if (uname(&name) < 0) return -errno;
    size_t length = 0;
    for (; length < count - 1 && name.release[length] != 0; length++) {
        out[length] = name.release[length];
    }
    out[length] = 0;
    return 0;
}

_Noreturn void entmesh_exit(int32_t code) { _exit(code); }

int32_t entmesh_process_id(void) { return getpid(); }

int32_t entmesh_process_exists(int32_t pid) {
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}
