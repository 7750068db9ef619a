// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshGuest
internal import EntmeshLinux

// Everything is in the library, where tests reach it.
ThisProcess.exit(GuestProgram.run(ThisProcess.arguments()))
