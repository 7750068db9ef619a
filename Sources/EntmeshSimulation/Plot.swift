// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A plot of the levels of a series, as SVG.
package struct Plot {
    private static let width = 860
    private static let height = 420
    private static let left = 56
    private static let right = 220
    private static let top = 40
    private static let bottom = 48
    /// Lines longer than this are thinned out.
    private static let mostPoints = 1200
    /// Told apart by people who see colours differently (Okabe and Ito, 2008), then dashed.
    private static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999",
    ]
    private static let dashes = ["", "6 3", "2 2", "8 3 2 3"]

    private let series: Series
    private let title: String
    private let seconds: Double

    package init(_ series: Series, title: String) {
        self.series = series
        self.title = title
        seconds = max(series.rows.last?.seconds ?? 0, 1)
    }

    /// The whole file.
    package var svg: String {
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(Self.height)" \
            font-family="sans-serif" font-size="12">
            """,
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            text(Self.left, 24, "start", "<tspan font-size=\"15\">\(Self.escaped(title))</tspan>"),
        ]
        lines += levelAxis + timeAxis
        for index in 0..<series.levelCount { lines += line(index) + legend(index) }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private var plotWidth: Int { Self.width - Self.left - Self.right }
    private var plotHeight: Int { Self.height - Self.top - Self.bottom }

    private func x(_ seconds: Double) -> Double {
        Double(Self.left) + seconds / self.seconds * Double(plotWidth)
    }

    private func y(_ level: Int) -> Double {
        Double(Self.top) + Double((100 - level) * plotHeight) / 100
    }

    private var levelAxis: [String] {
        stride(from: 0, through: 100, by: 20).flatMap { level in
            [
                rule(x(0), y(level), x(seconds), y(level)),
                text(Self.left - 8, Int(y(level)) + 4, "end", "\(level)"),
            ]
        } + [
            """
            <text transform="translate(16 \(Self.top + plotHeight / 2)) rotate(-90)" \
            text-anchor="middle">fill level, %</text>
            """
        ]
    }

    private var timeAxis: [String] {
        let (step, unit, scale) = Self.step(seconds)
        let bottom = Self.top + plotHeight
        return stride(from: 0, through: seconds, by: step).flatMap { moment in
            [
                rule(x(moment), Double(bottom), x(moment), Double(bottom + 5)),
                text(Int(x(moment)), bottom + 20, "middle", decimal(moment / scale, places: 0)),
            ]
        } + [text(Self.left + plotWidth / 2, bottom + 38, "middle", "simulated \(unit)")]
    }

    // At most eight steps, each a round number of the unit.
    private static func step(_ seconds: Double) -> (step: Double, unit: String, scale: Double) {
        let (unit, scale) =
            seconds <= 300
            ? ("seconds", 1.0) : seconds <= 4 * 3600 ? ("minutes", 60) : ("hours", 3600)
        var step = 1.0
        for factor in [2.0, 2.5, 2].joined(times: 12) where seconds / scale / step > 8 {
            step *= factor
        }
        return (step.rounded() * scale, unit, scale)
    }

    private func line(_ column: Int) -> [String] {
        let stride = max(1, series.rows.count / Self.mostPoints)
        var points: [String] = []
        for index in series.rows.indices where index % stride == 0 {
            let row = series.rows[index]
            points.append(
                decimal(x(row.seconds), places: 1) + "," + decimal(y(row.values[column]), places: 1)
            )
        }
        return [
            """
            <polyline fill="none" \(stroke(column)) points="\(points.joined(separator: " "))"/>
            """
        ]
    }

    private func legend(_ column: Int) -> [String] {
        let left = Self.width - Self.right + 16
        let top = Self.top + 8 + 16 * column
        return [
            "<path d=\"M\(left) \(top)h24\" fill=\"none\" \(stroke(column))/>",
            text(left + 32, top + 4, "start", Self.escaped(series.columns[column])),
        ]
    }

    private func stroke(_ column: Int) -> String {
        let colour = Self.colours[column % Self.colours.count]
        let dash = Self.dashes[column / Self.colours.count % Self.dashes.count]
        return "stroke=\"\(colour)\" stroke-width=\"1.6\""
            + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    private func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        let ends = [x1, y1, x2, y2].map { decimal($0, places: 1) }
        return "<line x1=\"\(ends[0])\" y1=\"\(ends[1])\" x2=\"\(ends[2])\" y2=\"\(ends[3])\" "
            + "stroke=\"#ccc\"/>"
    }

    private func text(_ x: Int, _ y: Int, _ anchor: String, _ content: String) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(content)</text>"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}

extension Array {
    fileprivate func joined(times: Int) -> [Element] {
        (0..<times * count).map { self[$0 % count] }
    }
}
