// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

// What Swift's Glibc module leaves out and the command line needs.

#ifndef ENTMESH_COMMAND_H
#define ENTMESH_COMMAND_H

#include <stdbool.h>

/// Whether the kernel counts this machine's clock as synchronised (adjtimex(2)).
bool entmesh_is_clock_synchronised(void);

#endif
