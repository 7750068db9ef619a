// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A zero-terminated text that lives as long as the process: an argument, or a literal.
///
/// The paths and words the guest agent handles, without a String to allocate.
public struct CString: @unchecked Sendable {
    // Sendable: what it points at is never written and never freed.
    // Sendable: nobody writes to it, and it outlives every thread.
    let pointer: UnsafePointer<CChar>

    /// The text at `pointer`, which must stay as it is until the process ends.
    public init(immortal pointer: UnsafePointer<CChar>) {
        self.pointer = pointer
    }

    /// The text of a literal. A StaticString is stored with a terminating zero.
    public init(_ literal: StaticString) {
        pointer = UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// Its length in bytes.
    public var count: Int {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return count
    }

    /// The byte at `index`, which must not be above `count`; the last one is 0.
    public subscript(index: Int) -> UInt8 { UInt8(bitPattern: pointer[index]) }

    /// What follows the first `count` bytes, which must be there.
    public func dropping(_ count: Int) -> CString {
        CString(immortal: pointer + count)
    }

    /// Whether it begins with `literal`.
    @inline(never)
    public func begins(with literal: StaticString) -> Bool {
        for index in 0..<literal.utf8CodeUnitCount where self[index] != literal.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether it is `literal`.
    @inline(never)
    public static func == (text: CString, literal: StaticString) -> Bool {
        text.begins(with: literal) && text[literal.utf8CodeUnitCount] == 0
    }

    /// The number it spells in decimal digits alone, or nil.
    public var number: Int? {
        let count = count
        guard count > 0 else { return nil }
        var value = 0
        for index in 0..<count {
            guard (0x30...0x39).contains(self[index]), value < Int.max / 100 else { return nil }
            value = 10 * value + Int(self[index] - 0x30)
        }
        return value
    }
}

/// The arguments of the process, the program's name first.
public struct Arguments {
    private let words: UnsafeBufferPointer<UnsafePointer<CChar>?>

    /// The arguments that `words` points at, which must stay as they are.
    public init(immortal words: UnsafeBufferPointer<UnsafePointer<CChar>?>) {
        self.words = words
    }

    public var count: Int { words.count }

    /// The argument at `index`, or nil past the last.
    public subscript(index: Int) -> CString? {
        guard index >= 0, index < words.count, let word = words[index] else { return nil }
        return CString(immortal: word)
    }
}
