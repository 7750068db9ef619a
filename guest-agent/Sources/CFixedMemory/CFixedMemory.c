// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CFixedMemory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// All the memory the guest agent ever has: a block of fixed size, handed out first fit and wiped
// when it comes back. It stands in for musl's allocator in the static build, which is larger than
// the agent's own code and maps pages as it likes. Embedded Swift calls posix_memalign and free and
// nothing else. The agent has one thread.

// Known only once a header of the C library was read.
#ifdef __GLIBC__

size_t entmesh_fixed_memory_in_use(void) { return 0; }

#else

// A chunk's header; a multiple of 16, so that what follows it is aligned for anything.
struct chunk {
    size_t size; // of the memory behind the header, in bytes, a multiple of 16
    size_t in_use;
};

// The wire buffer (2 KiB), the read buffer (1 KiB), two frame decoders (0.5 KiB each, old and new)
// and one block of entropy (0.5 KiB) at most: with room to spare.
enum { alignment = 16, arena_size = 8192 };

_Static_assert(sizeof(struct chunk) == alignment, "memory behind a header is aligned");

static _Alignas(alignment) unsigned char arena[arena_size];

static struct chunk *first(void) {
    struct chunk *chunk = (struct chunk *)arena;
    if (chunk->size == 0) chunk->size = arena_size - sizeof *chunk;
    return chunk;
}

static struct chunk *next(struct chunk *chunk) {
    unsigned char *end = (unsigned char *)(chunk + 1) + chunk->size;
    return end < arena + arena_size ? (struct chunk *)end : NULL;
}

static void split(struct chunk *chunk, size_t size) {
    if (chunk->size < size + 2 * sizeof *chunk) return;
    struct chunk *rest = (struct chunk *)((unsigned char *)(chunk + 1) + size);
    rest->size = chunk->size - size - sizeof *rest;
    rest->in_use = 0;
    chunk->size = size;
}

int posix_memalign(void **out, size_t wanted_alignment, size_t count) {
    if (wanted_alignment > alignment) return EINVAL;
    if (count > arena_size) return ENOMEM;
    size_t size = count == 0 ? alignment : (count + alignment - 1) & ~(size_t)(alignment - 1);
    for (struct chunk *chunk = first(); chunk != NULL; chunk = next(chunk)) {
        if (chunk->in_use || chunk->size < size) continue;
        split(chunk, size);
        chunk->in_use = 1;
        *out = chunk + 1;
        return 0;
    }
    return ENOMEM;
}

static void join_free(void) {
    for (struct chunk *chunk = first(); chunk != NULL; chunk = next(chunk)) {
        struct chunk *after;
        while (!chunk->in_use && (after = next(chunk)) != NULL && !after->in_use) {
            chunk->size += sizeof *after + after->size;
        }
    }
}

void free(void *memory) {
    if (memory == NULL) return;
    struct chunk *chunk = (struct chunk *)memory - 1;
    explicit_bzero(memory, chunk->size);
    chunk->in_use = 0;
    join_free();
}

size_t entmesh_fixed_memory_in_use(void) {
    size_t count = 0;
    for (struct chunk *chunk = first(); chunk != NULL; chunk = next(chunk)) {
        if (chunk->in_use) count += sizeof *chunk + chunk->size;
    }
    return count;
}

#endif
