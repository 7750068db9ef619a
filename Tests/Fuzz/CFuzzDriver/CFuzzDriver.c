// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#include "CFuzzDriver.h"

// Weak, so that the same program links in an ordinary build, where it only replays inputs.
// https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library".
extern int LLVMFuzzerRunDriver(int *argc, char ***argv, entmesh_fuzz_case body)
    __attribute__((weak));

int entmesh_fuzz(int argc, char **argv, entmesh_fuzz_case body) {
    if (LLVMFuzzerRunDriver == NULL) {
        return -1;
    }
    return LLVMFuzzerRunDriver(&argc, &argv, body);
}
