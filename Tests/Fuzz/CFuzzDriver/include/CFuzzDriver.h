// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#ifndef ENTMESH_CFUZZDRIVER_H
#define ENTMESH_CFUZZDRIVER_H

#include <stddef.h>
#include <stdint.h>

/// What libFuzzer calls with each input; returns 0.
typedef int (*entmesh_fuzz_case)(const uint8_t *bytes, size_t count);

/// Runs libFuzzer over `body` if the program was linked with it (-sanitize=fuzzer).
///
/// Returns its exit code, or -1 if there is no libFuzzer in this build.
int entmesh_fuzz(int argc, char **argv, entmesh_fuzz_case body);

#endif
