// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A table in virsh's habits: a header, a rule, columns three spaces apart, or two where three would
/// be too wide.
struct Table {
    /// One column.
    struct Column {
        enum Alignment { case left, right }

        let title: String
        let alignment: Alignment
        /// The least it may be cut to when the table is too wide; nil for never cut.
        let shrinksTo: Int?

        init(_ title: String, _ alignment: Alignment = .left, shrinksTo: Int? = nil) {
            self.title = title
            self.alignment = alignment
            self.shrinksTo = shrinksTo
        }
    }

    let columns: [Column]
    var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The table in at most `width` columns where the columns can shrink that far.
    func render(width: Int) -> String {
        let natural = naturalWidths
        let gap = total(natural, gap: 3) <= width ? 3 : 2
        let widths = fit(natural, into: width, gap: gap)
        var lines = [line(columns.map(\.title), widths, gap)]
        lines.append(String(repeating: "-", count: total(widths, gap: gap)))
        lines += rows.map { line($0, widths, gap) }
        return lines.joined(separator: "\n")
    }

    // With a space on either side.
    private func total(_ widths: [Int], gap: Int) -> Int {
        widths.reduce(0, +) + gap * (widths.count - 1) + 2
    }

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.map { $0[index].columns }.reduce(columns[index].title.columns, max)
        }
    }

    private func fit(_ natural: [Int], into width: Int, gap: Int) -> [Int] {
        var widths = natural
        var excess = total(widths, gap: gap) - width
        // The widest gives first, so that a long name leaves room for a note.
        while excess > 0, let widest = widestToShrink(widths) {
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func widestToShrink(_ widths: [Int]) -> Int? {
        columns.indices.filter { index in
            columns[index].shrinksTo.map { widths[index] > $0 } ?? false
        }.max { widths[$0] < widths[$1] }
    }

    private func line(_ cells: [String], _ widths: [Int], _ gap: Int) -> String {
        var text = " "
        for index in columns.indices {
            let cell = cut(cells[index], widths[index])
            let padding = String(repeating: " ", count: widths[index] - cell.columns)
            text += columns[index].alignment == .left ? cell + padding : padding + cell
            text += String(repeating: " ", count: gap)
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func cut(_ cell: String, _ width: Int) -> String {
        cell.columns <= width ? cell : cell.prefix(columns: width - 1) + "…"
    }
}
