// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Foundation
import Testing

struct PlainTextTests {
    @Test(arguments: [
        ("web1", "web1"), ("", ""), ("naïve ☃ 日本", "naïve ☃ 日本"),
        ("\u{1B}[31mred", "\\u{1b}[31mred"), ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
        ("a\u{0}b", "a\\u{0}b"), ("\u{202E}evil", "\\u{202e}evil"), ("\u{9B}2J", "\\u{9b}2J"),
        ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"), ("\u{200B}\u{FEFF}", "\\u{200b}\\u{feff}"),
        ("\u{E000}", "\\u{e000}"), ("\"quoted\" 'too'", "\"quoted\" 'too'"),
    ])
    func whatCouldActOnATerminalIsEscaped(_ text: String, _ shown: String) {
        #expect(text.escapedForDisplay == shown)
    }
}

/// The JSON of version 1: a change of these texts is a change of the version.
struct ControlJSONTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test func aGuest() throws {
        var row = GuestRow(
            id: 1, name: "web1", uuid: "u", state: "running", isActive: true, mode: .agent,
            seeding: .notReady, servedBytes: 32, servedBlocks: 1, discardedBytes: 0, note: "n",
            isConnected: true)
        row.level = 100
        #expect(
            try json(GuestList(guests: [row]))
                == #"{"guests":[{"discardedBytes":0,"id":1,"isActive":true,"isConnected":true,"#
                + #""level":100,"mode":"agent","name":"web1","note":"n","seeding":"not-ready","#
                + #""servedBlocks":1,"servedBytes":32,"state":"running","uuid":"u"}],"version":1}"#)
    }

    @Test func aReseed() throws {
        let reply = ReseedReply(
            results: [.init(name: "web1", uuid: "u", outcome: "reseeded", succeeded: true)])
        #expect(
            try json(reply)
                == #"{"results":[{"name":"web1","outcome":"reseeded","succeeded":true,"#
                + #""uuid":"u"}],"version":1}"#)
        #expect(try json(ReseedRequest.domain("web1")) == #"{"domain":"web1"}"#)
        #expect(try json(ReseedRequest.all) == #"{"all":true}"#)
    }

    @Test func anError() throws {
        #expect(try json(ControlError(code: "c", message: "m")) == #"{"code":"c","message":"m"}"#)
    }

    @Test func theStatus() throws {
        var tank = TankStatus(
            capacity: 64, level: 50, received: 32, resident: 32, inFlight: 0, delivered: 0,
            discarded: 0, balances: true, isLocked: true)
        tank.outBytesPerSecond = 0.5
        tank.runwaySeconds = 64
        let status = HostStatus(
            program: "p", uptimeSeconds: 1, tank: tank, sources: [],
            libvirt: .init(state: "off", uri: nil, lastError: nil, domains: 0, running: 0),
            ownPool: nil, guestsConnected: 0,
            counters: [CounterRow(name: "closed", reason: "silent", count: 1)], warnings: ["w"])
        #expect(
            try json(status)
                == #"{"counters":[{"count":1,"name":"closed","reason":"silent"}],"#
                + #""guestsConnected":0,"libvirt":{"domains":0,"running":0,"state":"off"},"#
                + #""program":"p","sources":[],"tank":{"balances":true,"capacity":64,"#
                + #""delivered":0,"discarded":0,"inBytesPerSecond":0,"inFlight":0,"#
                + #""isLocked":true,"level":50,"outBytesPerSecond":0.5,"received":32,"#
                + #""resident":32,"runwaySeconds":64},"uptimeSeconds":1,"version":1,"#
                + #""warnings":["w"]}"#)
    }

    @Test func theSources() throws {
        let list = SourceList(
            sources: [
                SourceRow(
                    name: "n", kind: "tpm", state: "healthy", isHealthy: true,
                    claimedBitsPerByte: 4,
                    raw: RawRow(
                        read: 5, conditioned: 1, dropped: 2, captured: 1, pending: 1,
                        balances: true),
                    deliveredBytes: 1, bytesPerSecond: 2.5, alarms: 3, errors: 4, lastError: "e")
            ], absent: [AbsentSource(kind: "rdseed", reason: "r")])
        #expect(
            try json(list)
                == #"{"absent":[{"kind":"rdseed","reason":"r"}],"sources":[{"alarms":3,"#
                + #""bytesPerSecond":2.5,"claimedBitsPerByte":4,"deliveredBytes":1,"errors":4,"#
                + #""isHealthy":true,"kind":"tpm","lastError":"e","name":"n","raw":{"balances":true,"#
                + #""captured":1,"conditioned":1,"dropped":2,"pending":1,"read":5},"#
                + #""state":"healthy"}],"version":1}"#)
        #expect(try json(SourceRequest(source: "s")) == #"{"source":"s"}"#)
        #expect(try json(CaptureRequest(source: "s", count: 7)) == #"{"count":7,"source":"s"}"#)
        #expect(
            try json(ResetReply(source: "s", hadFailed: true))
                == #"{"hadFailed":true,"source":"s","version":1}"#)
    }
}
