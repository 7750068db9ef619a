// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Foundation

/// What of the control socket is ours to parse: the body of a request, and outside text on its way
/// to a terminal. (HTTP itself is parsed by SwiftNIO.)
enum ControlFuzz {
    /// Deeper than a request is, and shallow enough for any decoder.
    private static let longestBody = 4096

    static func run(_ input: RawSpan) {
        guard input.byteCount <= longestBody else { return }
        let bytes = input.withUnsafeBytes { Data($0) }
        escapes(String(decoding: bytes, as: UTF8.self))
        guard let request = try? JSONDecoder().decode(ReseedRequest.self, from: bytes) else {
            return
        }
        guard let again = try? JSONEncoder().encode(request),
            let copy = try? JSONDecoder().decode(ReseedRequest.self, from: again)
        else { preconditionFailure("what was understood cannot be said again") }
        precondition(copy == request, "what was said again is something else")
        if case .domain(let domain) = request { escapes(domain) }
    }

    private static func escapes(_ text: String) {
        let shown = text.escapedForDisplay
        let isHarmless = shown.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value)
                && !(0x202A...0x202E).contains($0.value) && !(0x2066...0x2069).contains($0.value)
        }
        precondition(isHarmless, "something that acts on a terminal got through")
    }
}
