// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#ifndef ENTMESH_CZEROIZE_H
#define ENTMESH_CZEROIZE_H

#include <stddef.h>

/// Overwrites `count` bytes at `address` with zero; the optimiser may not skip it (explicit_bzero(3)).
void entmesh_wipe(void *address, size_t count);

#endif
