// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#define _GNU_SOURCE 1
#include "CZeroize.h"

#include <string.h>

void entmesh_wipe(void *address, size_t count) { explicit_bzero(address, count); }
