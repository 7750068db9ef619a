// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What `--help` prints: 80 columns.
enum HelpText {
    static let text: StaticString = """
        Usage: entmesh-guest [OPTION]...
        Feed this machine's kernel with entropy from its host, over AF_VSOCK.

              --once             end after the first injection: 0, or 75 if none came
              --wait SECONDS     with --once: how long to wait for it (default 30)
              --if-available     end with 0, silently, if this machine has no vsock
              --mix              add what the host sends without crediting it
              --give             give the host getrandom output, 32 bytes a minute
              --horizon SECONDS  how long an injection counts, 10 to 86400 (default 600)
              --unix PATH        dial a UNIX socket instead of the host
              --state-dir DIR    where generation and status go (/run/entmesh-guest)
              --status           say how the pool fares; 1 if no agent runs
              --version          print the version
              --help             print this

        Exit status: 0 done, 1 no agent runs, 64 wrong usage, 69 no vsock, 75 try later.

        """
}
