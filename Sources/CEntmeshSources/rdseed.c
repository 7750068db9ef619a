// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#include "CEntmeshSources.h"

#if defined(__x86_64__)

#include <cpuid.h>

int32_t entmesh_rdseed_is_supported(void) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return 0;
    return (ebx >> 18) & 1;
}

int32_t entmesh_rdseed(uint64_t *out) {
    uint64_t word = 0;
    int has_word = 0;
    __asm__ volatile("rdseed %0" : "=r"(word), "=@ccc"(has_word));
    *out = word;
    return has_word;
}

#else

int32_t entmesh_rdseed_is_supported(void) { return 0; }

int32_t entmesh_rdseed(uint64_t *out) {
    *out = 0;
    return 0;
}

#endif
