// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The pieces that were transmitted so far, each by its first 8 bytes.
///
/// An open-addressed table: a run of a large fleet puts tens of millions of pieces in. Two different
/// pieces have the same 8 bytes once in 40,000 such runs.
struct PieceSet: Sendable {
    // 0 is a free place; the piece 0 itself is kept apart.
    private var places = [UInt64](repeating: 0, count: 1 << 12)
    private var hasZero = false

    /// How many pieces are in it.
    private(set) var count = 0

    /// Puts `piece` in; returns whether it was not there.
    mutating func insert(_ piece: UInt64) -> Bool {
        guard piece != 0 else {
            defer { hasZero = true }
            return !hasZero
        }
        if count * 4 >= places.count * 3 { grow() }
        guard Self.place(piece, in: &places) else { return false }
        count += 1
        return true
    }

    private static func place(_ piece: UInt64, in places: inout [UInt64]) -> Bool {
        let mask = UInt64(places.count - 1)
        // What is transmitted looks random in all its bits, so any of them will do.
        var index = Int(piece & mask)
        while places[index] != 0 {
            if places[index] == piece { return false }
            index = (index + 1) & Int(mask)
        }
        places[index] = piece
        return true
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: 2 * places.count)
        for piece in places where piece != 0 {
            _ = Self.place(piece, in: &larger)
        }
        places = larger
    }
}
