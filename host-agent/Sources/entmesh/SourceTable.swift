// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// The table of `entmesh sources`, and below it what was not found.
struct SourceTable {
    let list: SourceList
    let colour: Bool

    func render(width: Int) -> String {
        var table = Table([
            .init("Name", shrinksTo: 8), .init("Kind"), .init("Claim", .right),
            .init("Rate", .right), .init("In", .right), .init("Out", .right),
            .init("Alarms", .right), .init("State", shrinksTo: 12),
        ])
        table.rows = list.sources.map(cells)
        let lines = table.render(width: width).split(
            separator: "\n", omittingEmptySubsequences: false)
        let rows = zip(lines.indices, lines).map { index, line in
            index < 2 ? String(line) : paint(String(line), list.sources[index - 2])
        }
        return (rows + whole + absent).joined(separator: "\n")
    }

    private func cells(_ source: SourceRow) -> [String] {
        [
            source.name.escapedForDisplay, source.kind, Words.bits(source.claimedBitsPerByte),
            Words.bytes(UInt64(source.bytesPerSecond)) + "/s", Words.bytes(source.raw.read),
            Words.bytes(source.deliveredBytes), "\(source.alarms)",
            Self.firstWord(source.state.escapedForDisplay),
        ]
    }

    // The reason does not fit beside the numbers: it stands below.
    private static func firstWord(_ state: String) -> String {
        String(state.prefix { $0 != ":" })
    }

    /// Why a source is not healthy, and what went wrong last, in full.
    private var whole: [String] {
        list.sources.flatMap { source in
            let name = source.name.escapedForDisplay
            var lines = source.state.contains(":") ? [" \(name): \(source.state)"] : []
            if let error = source.lastError, !source.state.contains(error) {
                lines.append(" \(name): last error: \(error)")
            }
            return lines.map(\.escapedForDisplay)
        }
    }

    private var absent: [String] {
        list.absent.map { " no \($0.kind): \($0.reason)".escapedForDisplay }
    }

    private func paint(_ line: String, _ source: SourceRow) -> String {
        guard colour else { return line }
        let isWaiting = source.state == "starting" || source.state.hasPrefix("quarantined")
        let code = source.isHealthy ? "32" : isWaiting ? "33" : "31"
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}
