// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CLibvirt
import Testing

@testable import EntmeshLibvirt

@Suite("A domain event")
struct DomainEventTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let event: Int32
        let detail: Int32
        let kind: DomainEvent.Kind

        init(_ event: virDomainEventType, _ detail: Int32, _ kind: DomainEvent.Kind) {
            self.event = Int32(event.rawValue)
            self.detail = detail
            self.kind = kind
        }

        var testDescription: String { "\(event)/\(detail)" }
    }

    // Written as libvirt-domain.h has it: by number, so that a slip in our table shows.
    static let table: [Row] = [
        Row(VIR_DOMAIN_EVENT_DEFINED, 0, .defined(.added)),
        Row(VIR_DOMAIN_EVENT_DEFINED, 1, .defined(.updated)),
        Row(VIR_DOMAIN_EVENT_DEFINED, 2, .defined(.renamed)),
        Row(VIR_DOMAIN_EVENT_DEFINED, 3, .defined(.fromSnapshot)),
        Row(VIR_DOMAIN_EVENT_DEFINED, 4, .defined(.other(4))),
        Row(VIR_DOMAIN_EVENT_UNDEFINED, 0, .undefined(.removed)),
        Row(VIR_DOMAIN_EVENT_UNDEFINED, 1, .undefined(.renamed)),
        Row(VIR_DOMAIN_EVENT_UNDEFINED, 2, .undefined(.other(2))),
        Row(VIR_DOMAIN_EVENT_STARTED, 0, .started(.booted)),
        Row(VIR_DOMAIN_EVENT_STARTED, 1, .started(.migrated)),
        Row(VIR_DOMAIN_EVENT_STARTED, 2, .started(.restored)),
        Row(VIR_DOMAIN_EVENT_STARTED, 3, .started(.fromSnapshot)),
        Row(VIR_DOMAIN_EVENT_STARTED, 4, .started(.wakeup)),
        Row(VIR_DOMAIN_EVENT_STARTED, 5, .started(.other(5))),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 0, .suspended(.paused)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 1, .suspended(.migrated)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 2, .suspended(.ioError)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 3, .suspended(.watchdog)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 4, .suspended(.restored)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 5, .suspended(.fromSnapshot)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 6, .suspended(.apiError)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 7, .suspended(.postcopy)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 8, .suspended(.postcopyFailed)),
        Row(VIR_DOMAIN_EVENT_SUSPENDED, 9, .suspended(.other(9))),
        Row(VIR_DOMAIN_EVENT_RESUMED, 0, .resumed(.unpaused)),
        Row(VIR_DOMAIN_EVENT_RESUMED, 1, .resumed(.migrated)),
        Row(VIR_DOMAIN_EVENT_RESUMED, 2, .resumed(.fromSnapshot)),
        Row(VIR_DOMAIN_EVENT_RESUMED, 3, .resumed(.postcopy)),
        Row(VIR_DOMAIN_EVENT_RESUMED, 4, .resumed(.postcopyFailed)),
        Row(VIR_DOMAIN_EVENT_RESUMED, 5, .resumed(.other(5))),
        Row(VIR_DOMAIN_EVENT_STOPPED, 0, .stopped(.shutdown)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 1, .stopped(.destroyed)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 2, .stopped(.crashed)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 3, .stopped(.migrated)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 4, .stopped(.saved)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 5, .stopped(.failed)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 6, .stopped(.fromSnapshot)),
        Row(VIR_DOMAIN_EVENT_STOPPED, 7, .stopped(.other(7))),
        Row(VIR_DOMAIN_EVENT_SHUTDOWN, 0, .shutdown),
        Row(VIR_DOMAIN_EVENT_SHUTDOWN, 1, .shutdown),
        Row(VIR_DOMAIN_EVENT_SHUTDOWN, 2, .shutdown),
        Row(VIR_DOMAIN_EVENT_PMSUSPENDED, 0, .pmSuspended),
        Row(VIR_DOMAIN_EVENT_PMSUSPENDED, 1, .pmSuspended),
        Row(VIR_DOMAIN_EVENT_CRASHED, 0, .crashed),
        Row(VIR_DOMAIN_EVENT_CRASHED, 1, .crashed),
    ]

    @Test("has the kind that libvirt's numbers mean", arguments: table)
    func maps(row: Row) {
        #expect(DomainEvent.Kind(event: row.event, detail: row.detail) == row.kind)
    }

    @Test("has a kind for every number", arguments: [Int32.min, -1, 9, 1000, .max])
    func toleratesAnyNumber(number: Int32) {
        let kind = DomainEvent.Kind(event: number, detail: number)
        #expect(kind == .unknown(event: number, detail: number))
        for event in Int32(0)...8 { _ = DomainEvent.Kind(event: event, detail: number) }
        #expect(DomainEvent.Kind(event: 5, detail: number) == .stopped(.other(number)))
    }

    private func kinds(where property: (DomainEvent) -> Bool) throws -> Set<DomainEvent.Kind> {
        let uuid = try #require(DomainUUID(bytes: [UInt8](repeating: 7, count: 16)))
        let all =
            Self.table.map(\.kind) + [.reboot, .vsockChanged, .unknown(event: 99, detail: 0)]
        return Set(all.filter { property(DomainEvent(uuid: uuid, name: "", kind: $0)) })
    }

    @Test("says when memory may have run before, and takes an unknown start for that")
    func knowsClones() throws {
        #expect(
            try kinds(where: \.memoryMayHaveRunBefore) == [
                .started(.restored), .started(.fromSnapshot), .started(.other(5)),
                .resumed(.fromSnapshot), .suspended(.restored), .suspended(.fromSnapshot),
            ])
    }

    @Test("says when a guest went or was reset")
    func knowsOtherMeanings() throws {
        #expect(
            try kinds(where: \.isGone) == [
                .stopped(.shutdown), .stopped(.destroyed), .stopped(.crashed), .stopped(.migrated),
                .stopped(.saved), .stopped(.failed), .stopped(.fromSnapshot), .stopped(.other(7)),
            ])
        #expect(try kinds(where: \.isReboot) == [.reboot])
    }

    @Test(
        "may be of a vsock device by the alias alone",
        arguments: [
            ("vsock0", true), ("ua-mine", true), ("virtio-disk1", false), ("net0", false),
            ("", false),
        ])
    func knowsVsockAliases(alias: String, isVsock: Bool) {
        #expect(DomainEvent.Kind.mayBeVsock(alias: alias) == isVsock)
    }
}
