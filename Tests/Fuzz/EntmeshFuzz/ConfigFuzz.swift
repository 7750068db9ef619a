// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshControl
internal import EntmeshSources

/// The text of a configuration file.
///
/// What must hold, whatever is in it:
///  - nothing traps;
///  - a refusal shows nothing that acts on a terminal, and its place is in the text;
///  - what is accepted is within its limits, and the same the next time.
enum ConfigFuzz {
    private static let file = "host.yaml"

    static func run(_ input: RawSpan) {
        guard input.byteCount <= ConfigFile.longestByteCount else { return }
        let text = input.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        do throws(ConfigError) {
            let settings = try HostSettings(yaml: text, file: file)
            check(settings)
            let again = try HostSettings(yaml: text, file: file)
            precondition(again == settings, "read again it is another")
        } catch {
            check(error, of: text)
        }
    }

    private static func check(_ error: ConfigError, of text: String) {
        let said = error.description
        precondition(
            said == said.escapedForDisplay, "something that acts on a terminal got through")
        precondition(said.hasPrefix(file + ":"))
        guard let place = error.place else { return }
        // libyaml ends lines at more than newlines, and sees what ends with the text behind it.
        let breaks = Set("\n\r\u{85}\u{2028}\u{2029}".unicodeScalars)
        let lines = text.unicodeScalars.count(where: breaks.contains) + 2
        precondition(1...lines ~= place.line, "a line that is not there")
        precondition(1...(text.unicodeScalars.count + 1) ~= place.column)
    }

    private static func check(_ settings: HostSettings) {
        precondition(TankSettings.allowedByteCount.contains(settings.tank.byteCount))
        let sources = settings.sources.named ?? []
        precondition(Set(sources.map(\.name)).count == sources.count, "two sources of one name")
        for source in sources {
            precondition(source.path?.hasPrefix("/") ?? !source.kind.needsPath)
            let claim = source.effectiveClaim.bitsPerByte
            precondition(EntropyClaim.allowedBitsPerByte.contains(claim))
            checkText(source.name)
        }
        let rules = settings.guests
        let names = rules.overrides.map { override in
            switch override.match {
            case .name(let pattern): pattern
            case .uuid(let uuid): uuid
            }
        }
        for name in names.prefix(8) + ["web1"] {
            checkText(name)
            let granted = rules.settings(name: name, uuid: name)
            precondition(GuestSettings.allowedRate.contains(granted.rate))
            precondition(GuestSettings.allowedBurst.contains(granted.burst))
        }
        for socket in settings.listen.guestSockets { checkText(socket.name) }
        for guest in settings.libvirt.guests { checkText(guest.name) }
        precondition(settings.libvirt.guests.allSatisfy { 3..<UInt32.max ~= $0.cid })
    }

    private static func checkText(_ text: String) {
        precondition(!text.isEmpty && text == text.escapedForDisplay, "a text that is no name")
    }
}
