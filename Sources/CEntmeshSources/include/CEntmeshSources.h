// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#ifndef ENTMESH_CENTMESHSOURCES_H
#define ENTMESH_CENTMESHSOURCES_H

#include <stdint.h>

// What Swift cannot say of noise sources: instructions.

/// Whether this processor has RDSEED: 1 or 0; always 0 on processors other than x86-64.
int32_t entmesh_rdseed_is_supported(void);
/// One 64-bit RDSEED: 1 and the word, or 0 if it had nothing. Only where it is supported.
int32_t entmesh_rdseed(uint64_t *out);

#endif
