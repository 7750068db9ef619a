// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshFuzz
import Testing

@Suite("Fuzz corpus")
struct FuzzCorpusTests {
    @Test(
        "every committed input runs without breaking an invariant", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let inputs = try Corpus.inputs(of: target)
        #expect(inputs.count >= 50, "the corpus of \(target.rawValue) is missing")
        for (_, bytes) in inputs {
            target.run(bytes.span.bytes)
        }
    }

    @Test("no input at all is harmless", arguments: FuzzTarget.allCases)
    func nothing(target: FuzzTarget) {
        target.run([UInt8]().span.bytes)
        target.run([UInt8](repeating: 0, count: 1).span.bytes)
    }
}
