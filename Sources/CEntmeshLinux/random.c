// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CEntmeshLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

// rand_pool_info with room for a block; the kernel's own ends in a flexible array.
struct pool_info {
    int32_t bits;
    int32_t byte_count;
    uint8_t bytes[entmesh_random_add_limit];
};

_Static_assert(sizeof(struct rand_pool_info) == 8, "rand_pool_info is two ints and the data");
_Static_assert(offsetof(struct rand_pool_info, buf) == offsetof(struct pool_info, bytes),
    "the data follows the two ints");
_Static_assert(RNDADDENTROPY == 0x40085203 && RNDRESEEDCRNG == 0x5207 && RNDGETENTCNT == 0x80045200,
    "the ioctl numbers of the asm-generic architectures: x86-64, arm64, riscv64");

static int32_t result(int value) { return value < 0 ? -errno : value; }

int32_t entmesh_random_open(void) { return result(open("/dev/random", O_RDONLY | O_CLOEXEC)); }

int32_t entmesh_random_add(int32_t random, const void *bytes, uint32_t count, uint32_t bits) {
    if (count > entmesh_random_add_limit) return -EMSGSIZE;
    if (bits > 8 * count) return -EINVAL;
    struct pool_info info;
    info.bits = (int32_t)bits;
    info.byte_count = (int32_t)count;
    memcpy(info.bytes, bytes, count);
    int32_t outcome = result(ioctl(random, (int)RNDADDENTROPY, &info));
    explicit_bzero(&info, sizeof info);
    return outcome;
}

int32_t entmesh_random_reseed(int32_t random) { return result(ioctl(random, RNDRESEEDCRNG)); }

int32_t entmesh_random_count(int32_t random) {
    int count = 0;
    int32_t outcome = result(ioctl(random, (int)RNDGETENTCNT, &count));
    return outcome < 0 ? outcome : count;
}

int32_t entmesh_random_bytes(void *out, uint32_t count) {
    // Up to 256 bytes come whole or not at all (getrandom(2)).
    if (count > 256) return -EINVAL;
    return result((int)getrandom(out, count, GRND_NONBLOCK));
}
