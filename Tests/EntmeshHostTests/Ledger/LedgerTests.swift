// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// What outlives a restart of the daemon: counts of each guest, and a record of each reseed.
@Suite(.timeLimit(.minutes(5)))
struct LedgerTests {
    private func entry(_ uuid: String, served: UInt64, at time: Int64? = nil) -> LedgerEntry {
        var entry = LedgerEntry(uuid: uuid, name: uuid)
        entry.servedBytes = served
        entry.servedBlocks = served / 32
        entry.lastServed = time
        return entry
    }

    // MARK: The book

    @Test func whatIsNewIsAddedToWhatIsPast() throws {
        var book = LedgerBook()
        var past = entry("a", served: 64, at: 10)
        past.reseeds = 1
        past.lastReseed = .init(time: 9, cause: "restored", outcome: "reseeded")
        book.close(past)
        var now = entry("a", served: 32)
        now.name = "renamed"
        let sum = try #require(book.ledger(with: [now, entry("b", served: 0)]).entries.first)
        #expect(sum.servedBytes == 96 && sum.servedBlocks == 3 && sum.reseeds == 1)
        #expect(sum.name == "renamed" && sum.lastServed == 10 && sum.lastReseed?.time == 9)
        // Whoever was never given anything is not in it, and asking changes nothing.
        #expect(book.ledger(with: [entry("b", served: 0)]).entries == [past])
    }

    @Test func thoseServedLongestAgoAreDroppedWhenThereAreTooMany() {
        var book = LedgerBook()
        for number in 0...LedgerBook.mostEntries {
            book.close(entry("\(number)", served: 32, at: Int64(number)))
        }
        #expect(book.count == LedgerBook.mostEntries)
        let entries = book.ledger(with: [entry("new", served: 32, at: .max)]).entries
        #expect(entries.count == LedgerBook.mostEntries)
        #expect(!entries.contains { $0.uuid == "0" || $0.uuid == "1" })
    }

    // MARK: The file

    @Test func aFileThatIsNotThereIsNoLedgerAndOneThatIsBrokenIsAnError() throws {
        let directory = try TestDirectory()
        let file = LedgerFile(path: directory.path("ledger.json"))
        #expect(try file.load() == nil)
        try "{".write(toFile: file.path, atomically: false, encoding: .utf8)
        #expect(throws: LedgerFile.Broken.self) { try file.load() }
        try #"{"version":2,"entries":[]}"#.write(
            toFile: file.path, atomically: false, encoding: .utf8)
        #expect(throws: LedgerFile.Broken.self) { try file.load() }
        // What was set aside before is not lost by it.
        #expect(try file.setAside(at: 7) == file.path + ".broken-7")
        try "{".write(toFile: file.path, atomically: false, encoding: .utf8)
        #expect(throws: POSIXError.self) { try file.setAside(at: 7) }
    }

    @Test func whatIsSavedIsLoadedAgainAndNobodyElseMayReadIt() throws {
        let directory = try TestDirectory()
        let file = LedgerFile(path: directory.path("ledger.json"))
        let ledger = GuestLedger(entries: [entry("a", served: 32, at: 5)])
        try file.save(ledger)
        try file.save(ledger)
        #expect(try file.load() == ledger)
        let facts = try FileManager.default.attributesOfItem(atPath: file.path)
        let mode = (facts[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        #expect(mode & 0o007 == 0)
        #expect(throws: POSIXError.self) {
            try LedgerFile(path: directory.path("none/ledger.json")).save(ledger)
        }
    }

    // MARK: The daemon

    private func ledger(_ directory: TestDirectory) -> GuestLedger? {
        try? LedgerFile(path: directory.path("ledger.json")).load()
    }

    @Test func countsGoOnWhereTheDaemonBeforeLeftOff() async throws {
        let state = try TestDirectory()
        let uuid = "\(DomainUUID.test(1))"
        for run in 1...2 {
            let keeps: Configure = { configuration, _ in
                configuration.ledgerPath = state.path("ledger.json")
                configuration.wallClock = { Int64(1000 * run) }
            }
            try await TestHost.run(configure: keeps) { host in
                await host.node.apply(.connected([host.domain("web1")]))
                let guest = try await host.guest("web1")
                #expect(await guest.block() != nil)
                try await host.until("web1") { $0.servedBytes == 32 }
                try await poll("the ledger of the run before is read") {
                    await host.node.ledger().entries.first?.servedBytes == UInt64(32 * run)
                }
                // Since the start, as ever.
                #expect(await host.row("web1")?.servedBytes == 32)
            }
            let entry = try #require(ledger(state)?.entries.first)
            #expect(entry.uuid == uuid && entry.servedBytes == UInt64(32 * run))
            #expect(entry.lastServed == Int64(1000 * run) && entry.reseeds == 0)
        }
    }

    /// A client that stalls in the middle of a request is waited for, and then left.
    @Test func whatWasCountedIsKeptWhoeverHoldsTheEndUp() async throws {
        let state = try TestDirectory()
        let keeps: Configure = { configuration, _ in
            configuration.ledgerPath = state.path("ledger.json")
        }
        var stalled: ControlDialogue?
        try await TestHost.run(configure: keeps) { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            stalled = try await ControlDialogue(host.controlSocket)
            try await stalled?.write(
                "POST /v1/reseed HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{")
        }
        #expect(ledger(state)?.entries.first?.servedBytes == 32)
        _ = stalled
    }

    @Test func aReseedAfterARestoreIsBookedAndTheJournalTold() async throws {
        let state = try TestDirectory()
        let inbox = try DatagramInbox(state.path("journal"))
        let keeps: Configure = { configuration, _ in
            configuration.journalPath = state.path("journal")
            configuration.wallClock = { 1234 }
        }
        try await TestHost.run(configure: keeps) { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let before = try await host.guest("web1")
            #expect(await before.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.note.hasPrefix("restored, reseeded") }
            // What an operator asks for is no sign of a restore.
            _ = try await host.node.reseed(.domain(host.name("web1")))
            let entry = try #require(await host.node.ledger().entries.first)
            #expect(entry.reseeds == 1)
            #expect(
                entry.lastReseed == .init(time: 1234, cause: "restored", outcome: "reseeded"))
        }
        let fields = try #require(inbox.nextBytes().map(Self.fields))
        #expect(fields["ENTMESH_EVENT"] == "reseed" && fields["PRIORITY"] == "5")
        #expect(fields["ENTMESH_UUID"] == "\(DomainUUID.test(1))")
        #expect(fields["ENTMESH_CAUSE"] == "restored" && fields["ENTMESH_OUTCOME"] == "reseeded")
        #expect(fields["ENTMESH_AFTER_USEC"].flatMap { Int($0) } != nil)
        #expect(fields["MESSAGE"]?.hasSuffix("web1: restored, reseeded") == true)
    }

    // As the journal reads them: a name, a newline, the value's length, the value, a newline.
    private static func fields(_ bytes: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10) {
            let name = String(decoding: rest[..<end], as: UTF8.self)
            let length = rest[(end + 1)..<(end + 9)].reversed().reduce(0) { $0 << 8 | Int($1) }
            let value = rest[(end + 9)..<(end + 9 + length)]
            fields[name] = String(decoding: value, as: UTF8.self)
            rest = rest[(end + 9 + length + 1)...]
        }
        return fields
    }

    @Test func aJournalThatIsAwayIsCountedAndNothingElse() async throws {
        let keeps: Configure = { configuration, directory in
            configuration.journalPath = directory.path("none")
        }
        try await TestHost.run(configure: keeps) { host in
            await host.node.apply(.connected([host.domain("web1")]))
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.note.hasPrefix("restored, reseeded") }
            #expect(await host.count("events", "journal-lost") == 1)
        }
    }

    @Test func aLedgerThatCannotBeReadIsSetAsideAndSaid() async throws {
        let state = try TestDirectory()
        let path = state.path("ledger.json")
        try "not a ledger".write(toFile: path, atomically: false, encoding: .utf8)
        let keeps: Configure = { configuration, _ in
            configuration.ledgerPath = path
            configuration.wallClock = { 5 }
        }
        try await TestHost.run(configure: keeps) { host in
            try await host.until {
                $0.warnings.contains {
                    $0 == "\(path) was no ledger, and was moved to \(path).broken-5"
                }
            }
        }
        #expect(try String(contentsOfFile: path + ".broken-5", encoding: .utf8) == "not a ledger")
    }

    @Test func aLedgerThatCannotBeReadNowIsNotWrittenOver() async throws {
        let state = try TestDirectory()
        // Reading a folder fails, and says nothing of what was in it.
        let path = state.path("ledger.json")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        let keeps: Configure = { configuration, _ in configuration.ledgerPath = path }
        try await TestHost.run(configure: keeps) { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until {
                $0.warnings.contains { $0.contains("cannot be read, and is not written") }
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.path("")).count == 1)
    }

    @Test func aRestoreThatIsReportedTwiceIsBookedOnce() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1")]))
            await host.tell(.started(.restored), host.domain("web1", id: 2, state: .paused))
            let between = try await host.guest("web1")
            #expect(await between.block() != nil)
            try await host.until("web1") { $0.note.hasPrefix("restored, reseeded") }
            await host.tell(.resumed(.fromSnapshot), host.domain("web1", id: 2))
            #expect(await between.block() != nil)
            try await host.until("web1") {
                $0.servedBytes >= 64 && $0.note.hasPrefix("restored, reseeded")
            }
            #expect(await host.node.ledger().entries.first?.reseeds == 1)
            // The next one is another.
            await host.tell(.started(.restored), host.domain("web1", id: 3))
            let again = try await host.guest("web1")
            #expect(await again.block() != nil)
            try await poll("the second one is booked") {
                await host.node.ledger().entries.first?.reseeds == 2
            }
        }
    }

    @Test func anOperatorWhoAsksDoesNotTakeARestoreOutOfTheLedger() async throws {
        let asks: Configure = { configuration, _ in
            configuration.reseedDeadline = .milliseconds(50)
        }
        try await TestHost.run(configure: asks) { host in
            await host.node.apply(.connected([host.domain("web1")]))
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            _ = try await host.node.reseed(.domain(host.name("web1")))
            #expect(await host.row("web1")?.note == "restored, not yet reseeded")
            #expect(await host.node.ledger().entries.first == nil)
        }
    }

    @Test func aLedgerThatCannotBeWrittenIsSaidAndGuestsAreServed() async throws {
        let keeps: Configure = { configuration, directory in
            configuration.ledgerPath = directory.path("none/ledger.json")
        }
        try await TestHost.run(configure: keeps) { host in
            await host.node.apply(.connected([host.domain("web1")]))
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until {
                $0.warnings.contains { $0.hasPrefix("the ledger cannot be written to ") }
            }
        }
    }
}
