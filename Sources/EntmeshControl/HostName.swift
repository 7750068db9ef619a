// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a host may be called: a DNS name in lower case, as RFC 1123 section 2.1 has it.
public enum HostName {
    /// The longest name, in characters: what X.520 lets a common name be (ub-common-name).
    public static let longest = 64
    /// The longest part between two dots (RFC 1035 section 2.3.4).
    public static let longestPart = 63

    /// Why `name` is none, in words that follow the name; nil if it is one.
    public static func problem(with name: String) -> String? {
        guard !name.isEmpty else { return "is empty" }
        guard name.utf8.count <= longest else { return "has more than \(longest) characters" }
        guard name.utf8.allSatisfy(isAllowed) else {
            let lowered = name.lowercased()
            return lowered != name && lowered.utf8.allSatisfy(isAllowed)
                ? "must be in lower case: \(lowered)"
                : "may hold only letters a to z, digits, hyphens and dots"
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            return "must not begin or end with a dot, nor hold two in a row"
        }
        guard parts.allSatisfy({ !$0.hasPrefix("-") && !$0.hasSuffix("-") }) else {
            return "must not have a hyphen next to a dot or at an end"
        }
        guard parts.allSatisfy({ $0.utf8.count <= longestPart }) else {
            return "has more than \(longestPart) characters without a dot"
        }
        // RFC 1123 section 2.1: what ends in a number is an address.
        if parts.last?.utf8.allSatisfy(isDigit) == true {
            return "is an address or a number, not a name"
        }
        return nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
