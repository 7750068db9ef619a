// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#include "CEntmeshCommand.h"

#include <sys/timex.h>

bool entmesh_is_clock_synchronised(void) {
    struct timex nothing_to_set = {.modes = 0};
    return adjtimex(&nothing_to_set) != TIME_ERROR;
}
