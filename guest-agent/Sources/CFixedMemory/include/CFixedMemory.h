// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#ifndef ENTMESH_CFIXEDMEMORY_H
#define ENTMESH_CFIXEDMEMORY_H

#include <stddef.h>

/// How many bytes of the fixed memory are in use, with what the bookkeeping takes; 0 where the
/// C library's allocator is used (glibc).
size_t entmesh_fixed_memory_in_use(void);

#endif
