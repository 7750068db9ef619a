// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

// What Swift's Glibc module leaves out and the command line needs.

#ifndef ENTMESH_COMMAND_H
#define ENTMESH_COMMAND_H

/// Whether the kernel counts this machine's clock as synchronised (adjtimex(2)): 1 or 0, and -1 if
/// the kernel does not say.
int entmesh_is_clock_synchronised(void);

#endif
