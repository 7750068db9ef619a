// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// One record for the journal, with fields that can be asked for:
/// `journalctl ENTMESH_EVENT=reseed -o json`.
///
/// Source: systemd's "Native Journal Protocol". The journal adds the time, and who wrote it.
struct JournalRecord {
    /// Where the journal listens.
    static let defaultPath = "/run/systemd/journal/socket"
    /// syslog(3), LOG_NOTICE.
    private static let notice = "5"

    private(set) var fields: [(name: String, value: String)]

    /// - Parameter message: what a person reads.
    init(message: String, event: String) {
        fields = [
            ("MESSAGE", message), ("PRIORITY", Self.notice),
            ("SYSLOG_IDENTIFIER", "entmesh-host"), ("ENTMESH_EVENT", event),
        ]
    }

    /// Adds a field: `name` in capital letters, digits and underscores.
    mutating func add(_ name: String, _ value: String) {
        fields.append((name, value))
    }

    /// The record as the journal reads it: each value with its length, whatever is in it.
    var bytes: [UInt8] {
        fields.flatMap { name, value in
            let value = Array(value.utf8)
            let length = withUnsafeBytes(of: UInt64(value.count).littleEndian) { Array($0) }
            return Array("\(name)\n".utf8) + length + value + [UInt8(ascii: "\n")]
        }
    }
}
