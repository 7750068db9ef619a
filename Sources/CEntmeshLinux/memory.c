// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

// Since Linux 4.4 and 4.14; musl 1.2.3 has all three, an older one may lack the last.
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

int32_t entmesh_lock_all(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
}

int32_t entmesh_lock_range(void *address, size_t count) {
    // madvise(2) wants whole pages; mlock(2) rounds by itself.
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)address & ~(page - 1);
    uintptr_t end = ((uintptr_t)address + count + page - 1) & ~(page - 1);
    if (mlock(address, count) < 0) return -errno;
    if (madvise((void *)begin, end - begin, MADV_DONTDUMP) < 0) return -errno;
    return 0;
}

int32_t entmesh_map_locked(size_t count, void **out) {
    void *address =
        mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return -errno;
    int32_t outcome = entmesh_lock_range(address, count);
    if (outcome == 0 && madvise(address, count, MADV_WIPEONFORK) < 0) outcome = -errno;
    if (outcome < 0) {
        munmap(address, count);
        return outcome;
    }
    *out = address;
    return 0;
}

void entmesh_unmap(void *address, size_t count) { munmap(address, count); }
