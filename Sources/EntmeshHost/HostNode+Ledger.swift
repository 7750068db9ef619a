// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
public import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging

// What outlives a restart: the ledger of each guest, and a record of each reseed.
extension HostNode {
    /// What each guest was given, in this run of the daemon and in those before.
    ///
    /// Summed up and sorted apart from the event loop, which has guests to serve.
    public nonisolated func ledger() async -> GuestLedger {
        let (book, current) = await bookNow()
        return book.ledger(with: current)
    }

    private func bookNow() -> (LedgerBook, [LedgerEntry]) {
        (book, directory.records.values.map(entry))
    }

    /// Goes on from the ledger of the run before.
    func restore(_ ledger: GuestLedger) {
        for entry in ledger.entries.prefix(LedgerBook.mostEntries) { book.close(entry) }
    }

    /// Shows what keeps the ledger from being written; nil if nothing does.
    func show(ledgerProblem problem: String?) {
        if let problem, problem != ledgerProblem { log.warning("\(problem)") }
        ledgerProblem = problem
    }

    /// What `record` was given in this run.
    func entry(_ record: GuestRecord) -> LedgerEntry {
        let totals = mesh.totals(of: record.peer)
        var entry = LedgerEntry(
            uuid: "\(record.domain.uuid)", name: record.domain.name)
        entry.servedBytes = totals.deliveredBytes
        entry.servedBlocks = totals.deliveredBlocks
        entry.discardedBytes = totals.discardedBytes
        entry.reseeds = record.reseedCount
        entry.lastServed = record.lastServed
        entry.lastReseed = record.lastReseed
        return entry
    }

    /// Books that the first block since `mark` was acknowledged, and tells the journal.
    func bookReseed(of record: GuestRecord, _ mark: GuestRecord.Mark, _ receipt: Receipt) {
        // What an operator asks for says nothing of the guest's memory.
        guard mark.cause != .reseedAsked, !mark.isBooked else { return }
        record.reseedCount += 1
        record.lastReseed = .init(
            time: configuration.wallClock(), cause: mark.cause.words, outcome: receipt.words)
        guard record !== ownPool else { return }
        let (name, cause) = (record.domain.name, mark.cause.words)
        var entry = JournalRecord(
            message: "guest \(name.escapedForDisplay): \(cause), \(receipt.words)",
            event: "reseed")
        entry.add("ENTMESH_GUEST", name)
        entry.add("ENTMESH_UUID", "\(record.domain.uuid)")
        entry.add("ENTMESH_CAUSE", cause)
        entry.add("ENTMESH_OUTCOME", receipt.words)
        entry.add("ENTMESH_AFTER_USEC", "\((now - mark.since).nanoseconds / 1000)")
        writeToJournal(entry)
    }

    private func writeToJournal(_ record: JournalRecord) {
        guard let path = configuration.journalPath else { return }
        if !DatagramSocket.send(record.bytes, to: path) { counters.add(.events, "journal-lost") }
    }
}
