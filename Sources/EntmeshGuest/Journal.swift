// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode

/// Lines on standard error, for changes of state only: a few at once, then one in a while.
struct Journal: ~Copyable {
    private var allowance = GuestConstants.journalBurst
    private var grantedAt: Moment

    init(now: Moment) {
        grantedAt = now
    }

    /// Writes `line`, unless there were too many of late.
    @inline(never)
    mutating func write(_ line: borrowing TextBuffer, now: Moment) {
        grant(now)
        guard allowance > 0 else { return }
        allowance -= 1
        Self.write(line)
    }

    /// Writes "entmesh-guest: " and `line`, always: for what ends the program.
    static func write(_ line: borrowing TextBuffer) {
        var text = TextBuffer()
        text.append("entmesh-guest: ")
        line.withBytes { bytes in
            for byte in bytes {
                text.append(byte: byte)
            }
        }
        text.append(byte: 0x0A)
        text.withBytes { ThisProcess.write($0, toError: true) }
    }

    private mutating func grant(_ now: Moment) {
        let interval = GuestConstants.journalInterval.nanoseconds
        let count = (now - grantedAt).nanoseconds / interval
        guard count > 0 else { return }
        allowance = Int(min(Int64(GuestConstants.journalBurst), Int64(allowance) + count))
        grantedAt = now
    }
}
