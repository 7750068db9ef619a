// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

#pragma once

/// Does nothing, and says that it did.
///
/// libdispatch, which runs Swift's tasks, gives each of its threads a nice value, and writes a line
/// to the system's log whenever it may not, with no way to say that one does not want either. The
/// daemon's unit allows nobody to change priorities (`SystemCallFilter=~@resources`), so the log
/// would fill. All threads of the daemon are equal anyway.
///
/// Source: setpriority(2).
int setpriority(int which, unsigned int who, int priority);
