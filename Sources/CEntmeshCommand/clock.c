// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#include "CEntmeshCommand.h"

#include <sys/timex.h>

int entmesh_is_clock_synchronised(void) {
    struct timex nothing_to_set = {.modes = 0};
    int state = adjtimex(&nothing_to_set);
    return state < 0 ? -1 : state != TIME_ERROR;
}
