// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import Foundation

/// `entmesh list`: the guests and their entropy, in virsh's habits.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List guests: seeded or not, how fresh, what was delivered, why not.",
        discussion: """
            Running guests by default. LEVEL is how fresh the guest's pool is, 0 to 100, as the \
            host estimates it; AGE is the time since the last acknowledged injection.
            """)

    @Flag(help: "Inactive guests too.")
    var all = false
    @Flag(help: "Only inactive guests.")
    var inactive = false
    @Flag(help: "Only names, one a line.")
    var name = false
    @Flag(help: "Only UUIDs, one a line.")
    var uuid = false
    @Flag(help: "Only ids, one a line.")
    var id = false
    @OptionGroup var display: DisplayOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard [name, uuid, id].filter({ $0 }).count <= 1 else {
            throw ValidationError("only one of --name, --uuid and --id can be given")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let client = try await shared.client()
            try await show(
                display,
                fetch: {
                    var list: GuestList = try await client.get(ControlAPI.guestsPath)
                    list.guests = list.guests.filter(isWanted)
                    return list
                },
                text: { list, terminal in render(list, terminal) },
                line: { list in try JSON.line(list) })
        }
    }

    private func isWanted(_ guest: GuestRow) -> Bool {
        all || guest.isActive != inactive
    }

    private func render(_ list: GuestList, _ terminal: Terminal) -> String {
        if name { return list.guests.map(\.name.escapedForDisplay).joined(separator: "\n") }
        if uuid { return list.guests.map(\.uuid).joined(separator: "\n") }
        if id { return list.guests.map { $0.id.map(String.init) ?? "-" }.joined(separator: "\n") }
        return GuestTable(guests: list.guests, colour: terminal.hasColour)
            .render(width: terminal.width)
    }
}

/// JSON on one line, with its keys in a stable order.
enum JSON {
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    // What could act on a terminal stands in a string, where JSON has another way to write it.
    private static func escaped(_ json: String) -> String {
        var text = ""
        for scalar in json.unicodeScalars {
            if scalar.isSafeToDisplay {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 { text += "\\u" + hex(unit) }
            }
        }
        return text
    }

    private static func hex(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
