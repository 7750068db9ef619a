// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#include "CEntmeshHost.h"

// In the place of libc's: the program's own comes before it.
int setpriority(int which, unsigned int who, int priority) {
    (void)which;
    (void)who;
    (void)priority;
    return 0;
}
