// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation
internal import Glibc

/// The ledger on disk: one JSON document, always whole.
struct LedgerFile: Sendable {
    /// A ledger of `LedgerBook.mostEntries` guests with the longest names is smaller.
    private static let mostBytes = 16 << 20
    /// The owner writes it; its group may read, as it may read the control socket.
    private static let mode: mode_t = 0o640

    let path: String

    /// What is there is no ledger of this version.
    struct Broken: Error {}

    /// What is there; nil if there is nothing yet.
    ///
    /// - Throws: `Broken`, or an error of Foundation's if it cannot be read now.
    func load() throws -> GuestLedger? {
        let facts: [FileAttributeKey: Any]
        do {
            facts = try FileManager.default.attributesOfItem(atPath: path)
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        }
        guard (facts[.size] as? NSNumber)?.intValue ?? 0 <= Self.mostBytes else { throw Broken() }
        let data = try Data(contentsOf: URL(filePath: path))
        guard let ledger = try? JSONDecoder().decode(GuestLedger.self, from: data),
            ledger.version == ControlAPI.version
        else { throw Broken() }
        return ledger
    }

    /// Puts `ledger` in the place of what is there: in one step, and not before it is on the disk.
    ///
    /// - Throws: `POSIXError`, or an error of the encoder.
    func save(_ ledger: GuestLedger) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let data = try encoder.encode(ledger) + Data("\n".utf8)
        let new = path + ".new"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let descriptor = open(new, flags, Self.mode)
        guard descriptor >= 0 else { throw Self.lastError }
        let isWritten = data.withUnsafeBytes { bytes in
            write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
        let isSaved = isWritten && fsync(descriptor) == 0
        let error = Self.lastError
        close(descriptor)
        guard isSaved, rename(new, path) == 0 else {
            let error = isSaved ? Self.lastError : error
            unlink(new)
            throw error
        }
    }

    /// Moves what is no ledger out of the way, for a person to look at, over nothing that is there.
    ///
    /// - Returns: Where to.
    /// - Throws: `POSIXError`.
    func setAside(at time: Int64) throws -> String {
        let aside = "\(path).broken-\(time)"
        guard link(path, aside) == 0, unlink(path) == 0 else { throw Self.lastError }
        return aside
    }

    private static var lastError: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
