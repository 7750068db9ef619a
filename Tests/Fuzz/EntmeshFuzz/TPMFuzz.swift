// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshSources

/// What a TPM answers, which may be a program on a socket, or broken.
///
/// The first byte of an input says how many random bytes were asked for, none among them; the rest
/// is the answer. What must hold, whatever comes:
///  - nothing traps;
///  - random bytes are within the answer, at least one and no more than were asked for;
///  - one byte more or less makes it another answer.
enum TPMFuzz {
    static func run(_ input: RawSpan) {
        guard !input.isEmpty else { return }
        let wanted = Int(input.unsafeLoad(fromByteOffset: 0, as: UInt8.self))
        let answer = input.extracting(droppingFirst: 1)
        answer.withUnsafeBytes { answer in
            guard case .bytes(let range) = TPMRandom.parse(answer, wanted: wanted) else { return }
            precondition(
                range.lowerBound >= 12 && range.upperBound <= answer.count,
                "bytes that are not in the answer")
            precondition(1...max(1, wanted) ~= range.count && wanted > 0, "not what was asked for")
            let shorter = UnsafeRawBufferPointer(rebasing: answer.dropLast())
            guard case .malformed = TPMRandom.parse(shorter, wanted: wanted) else {
                preconditionFailure("a truncated answer was taken")
            }
        }
    }
}
