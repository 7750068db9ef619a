// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// Values in each other, which the parser calls itself for: too many are an error, never a crash.
@Suite struct NestingTests {
    private func nested(_ count: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: count) + "a" + String(repeating: close, count: count)
    }

    @Test(arguments: [
        ("[", "]"), ("{", "}"), ("{a: ", "}"), ("[a: ", "]"), ("[\n", "]"), ("[ # [\n", "]"),
    ])
    func sixtyFourBracketsAreReadAndOneMoreIsNot(open: String, close: String) {
        let pieces = open.filter { $0 == "[" || $0 == "{" }.count
        let most = nested(64 / pieces, open, close)
        #expect(refusal(of: most)?.contains("it is nested too deeply") == false)
        let place = "\(1 + open.filter { $0 == "\n" }.count * 64 / pieces)"
        let said = refusal(of: nested(64 / pieces + 1, open, close))
        #expect(said?.hasPrefix("host.yaml:\(place):") == true)
        #expect(said?.hasSuffix(": it is nested too deeply") == true)
    }

    @Test(arguments: ["- ", "? "])
    func sixtyFourDashesAreReadAndOneMoreIsNot(piece: String) {
        #expect(
            refusal(of: nested(64, piece, ""))?.hasSuffix(": it is nested too deeply") == false)
        #expect(refusal(of: nested(65, piece, "")) == "host.yaml:1:131: it is nested too deeply")
        let endless = String(repeating: piece, count: 1001)
        #expect(refusal(of: endless) == "host.yaml:1:2003: it is nested too deeply")
    }

    @Test func keysAreNestedByTheirIndentToo() {
        func keys(_ count: Int) -> String {
            (0..<count).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        }
        #expect(refusal(of: keys(129))?.hasPrefix("host.yaml:1:1: unknown key 'a'") == true)
        #expect(refusal(of: keys(130)) == "host.yaml:130:130: it is nested too deeply")
    }

    @Test(arguments: [
        "[", "{", "- ", "? ", "[[", "{a: ", "[a: ", "- - ", "- ? ", "? - ", "[{", "{[", "-\t",
        "[\r",
        "a:\n- ", "- \n ", "[\"]\", ", "{\"}\": ", "[']', a: ", "[ #]\n",
    ])
    func whatIsNestedWithoutEndIsAnErrorAndNoCrash(piece: String) {
        for count in [100, 900, 1001, 5000, 30_000] {
            #expect(refusal(of: String(repeating: piece, count: count)) != nil)
        }
    }

    @Test(arguments: [
        ("[", "]"), ("{", "}"), ("{a: ", "}"), ("[a: ", "]"), ("[{a: ", "}]"), ("[\"]\", ", "]"),
        ("{\"}\": ", "}"),
    ])
    func whatIsNestedDeeplyAndEndsIsAnErrorToo(open: String, close: String) {
        for count in [100, 990, 1001, 5000] {
            let yaml = nested(count, open, close)
            #expect(refusal(of: "tank: {size: \(yaml)}") != nil)
            #expect(refusal(of: yaml) != nil)
        }
    }

    @Test func whatTheParserFindsTooDeepIsSaidInTheSameWords() {
        let yaml = nested(1001, "[\"]\", ", "]")
        #expect(refusal(of: yaml)?.hasSuffix(": it is nested too deeply") == true)
    }

    @Test func whatIsOnlyFarToTheRightIsFine() throws {
        let far = String(repeating: " ", count: 200)
        let yaml = "tank: {size: 8 KiB} \(far)# [ [ [ {\n\(far)\n# \(far)- a\n\(far)\r\n"
        #expect(try settings(yaml).tank.byteCount == 8192)
    }
}
