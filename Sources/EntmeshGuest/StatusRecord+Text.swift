// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode

// The status file: the program's version, then one "key value" a line, numbers only, always the
// same keys in the same order; new ones go to the end, so that either version reads the other's. The
// last is there only if the agent gives.
extension StatusRecord {
    /// Writes the file's content.
    func write(to text: inout TextBuffer) {
        text.append(GuestConstants.version)
        text.append("\n")
        Self.write("state", Int64(state.rawValue), to: &text)
        Self.write("pid", Int64(processID), to: &text)
        Self.write("unix", transport == .unix ? 1 : 0, to: &text)
        Self.write("mix", mode == .mix ? 1 : 0, to: &text)
        Self.write("horizon-ns", horizon.nanoseconds, to: &text)
        Self.write("fed-boottime-ns", fedAt?.nanoseconds ?? 0, to: &text)
        Self.write("proven", isProven ? 1 : 0, to: &text)
        Self.write("blocks", tally.blocks, to: &text)
        Self.write("bytes", tally.bytes, to: &text)
        Self.write("outcome", tally.last.map { Int64($0.code) } ?? 0, to: &text)
        Self.write("errno", tally.lastError.map { Int64($0.number) } ?? 0, to: &text)
        if let givenBytes {
            Self.write("given-getrandom-bytes", givenBytes, to: &text)
        }
    }

    /// Reads what `write` wrote, or nil if it is nothing like it.
    init?(text: UnsafeRawBufferPointer) {
        // The value of each line after the first.
        var values = InlineArray<12, Int64>(repeating: 0)
        var count = -1
        for index in 0..<text.count where text[index] == 0x20 && count < values.count {
            let digits = UnsafeRawBufferPointer(rebasing: text[(index + 1)...])
            if count >= 0 {
                values[count] = SmallFile.number(digits).map { Int64($0) } ?? 0
            }
            count += 1
        }
        guard count >= values.count - 1, let state = State(rawValue: UInt8(clamping: values[0])),
            values[1] > 0, values[4] > 0
        else { return nil }
        self.init(
            state: state, processID: Int32(clamping: values[1]),
            transport: values[2] == 1 ? .unix : .vsock, mode: values[3] == 1 ? .mix : .credit,
            horizon: TimeSpan(nanoseconds: values[4]),
            fedAt: values[5] > 0 ? Moment(nanoseconds: values[5]) : nil,
            isProven: values[6] == 1,
            tally: InjectionTally(
                blocks: values[7], bytes: values[8],
                last: Injection.Outcome(
                    code: values[9], errno: Errno(number: Int32(clamping: values[10])))),
            givenBytes: count == values.count ? values[11] : nil)
    }

    private static func write(_ key: StaticString, _ value: Int64, to text: inout TextBuffer) {
        text.append(key)
        text.append(" ")
        text.append(value)
        text.append("\n")
    }
}

extension Injection.Outcome {
    // The codes of a receipt, so that the file and the wire agree.
    var code: UInt8 {
        switch self {
        case .seeded: 1
        case .reseeded: 2
        case .deferred: 3
        case .mixed: 4
        case .failed: 7
        }
    }

    init?(code: Int64, errno: Errno) {
        switch code {
        case 1: self = .seeded
        case 2: self = .reseeded
        case 3: self = .deferred
        case 4: self = .mixed
        case 7: self = .failed(errno)
        default: return nil
        }
    }

    /// The outcome in words.
    var words: StaticString {
        switch self {
        case .seeded: "seeded: the pool became ready by it"
        case .reseeded: "reseeded"
        case .deferred: "credited, the kernel reseeds within 300 s"
        case .mixed: "mixed in without credit"
        case .failed: "failed"
        }
    }
}
