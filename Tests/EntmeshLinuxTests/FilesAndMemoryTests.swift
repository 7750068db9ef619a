// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Foundation
import Testing

@Suite struct FilesAndMemoryTests {
    private func withDirectory(_ body: (CString, String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "entmesh-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(Immortal.text(path), path)
    }

    private func replace(_ directory: CString, _ text: String) throws {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBytes { bytes in
            try SmallFile.replace(directory: directory, name: "status", with: bytes)
        }
    }

    @Test func aFileIsReplacedWholeWithMode0644() throws {
        try withDirectory { directory, path in
            try replace(directory, "first, and longer")
            try replace(directory, "second")
            #expect(try String(contentsOfFile: path + "/status", encoding: .utf8) == "second")
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/status")
            #expect(attributes[.posixPermissions] as? Int == 0o644)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["status"])
        }
    }

    @Test func aPlantedLinkIsNotFollowed() throws {
        try withDirectory { directory, path in
            let target = path + "/target"
            try "untouched".write(toFile: target, atomically: false, encoding: .utf8)
            for name in ["/status", "/.status.new"] {
                try FileManager.default.createSymbolicLink(
                    atPath: path + name, withDestinationPath: target)
            }
            try replace(directory, "ours")
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "untouched")
            #expect(try String(contentsOfFile: path + "/status", encoding: .utf8) == "ours")
        }
    }

    @Test func aMissingDirectoryIsAnErrorAndCanBeMade() throws {
        try withDirectory { _, path in
            let missing = Immortal.text(path + "/missing")
            #expect(throws: Errno.noSuchFile) { try replace(missing, "x") }
            try SmallFile.makeDirectory(missing)
            try SmallFile.makeDirectory(missing)
            try replace(missing, "x")
        }
    }

    @Test func numbersAreReadOffTheStartOfAFile() {
        #expect(SmallFile.number(path: "/proc/sys/kernel/random/poolsize") ?? 0 >= 256)
        #expect(SmallFile.number(path: "/nonexistent") == nil)
        for (text, number) in [
            ("256\n", 256), ("0", 0), ("12 34", 12), ("", nil), ("x", nil),
            ("99999999999999999999999", nil),
        ] as [(String, Int?)] {
            #expect(Array(text.utf8).withUnsafeBytes { SmallFile.number($0) } == number)
        }
    }

    @Test func cStringsCompareAndCount() {
        let text = Immortal.text("--wait=30")
        #expect(text.begins(with: "--wait"))
        #expect(!text.begins(with: "--wait=30x"))
        #expect(!(text == "--wait"))
        #expect(text == "--wait=30")
        #expect(text.dropping(7).number == 30)
        #expect(text.number == nil)
        #expect(Immortal.text("").number == nil)
        #expect(Immortal.text("99999999999999999999").number == nil)
        #expect(CString("literal").count == 7)
    }

    @Test func lockedMemoryIsZeroAndWritable() throws {
        let memory = try LockedMemory(byteCount: 8192)
        let bytes = memory.bytes
        #expect(bytes.count == 8192)
        #expect(bytes.allSatisfy { $0 == 0 })
        bytes[8191] = 1
        var tank = MemoryTank(storage: memory)
        let kept = tank.deposit(
            Entropy(byteCount: 32, minEntropy: .full(byteCount: 32)) { _ in })
        #expect(kept == 32)
    }

    @Test func memoryThatCannotBeLockedSaysHowMuchItWas() {
        #expect(throws: LockedMemory.Failure.self) { _ = try LockedMemory(byteCount: 0) }
        do {
            _ = try LockedMemory(byteCount: 1 << 46)
            Issue.record("64 TiB were locked")
        } catch {
            #expect(error.byteCount == 1 << 46)
            #expect([.outOfMemory, .wouldBlock, .notPermitted].contains(error.errno))
        }
    }

    @Test func foreignMemoryCanBeLocked() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 16)
        defer { buffer.deallocate() }
        try LockedMemory.lock(buffer)
    }

    @Test func clocksGoForward() {
        let now = SystemClock.now()
        let bootTime = SystemClock.bootTime()
        #expect(SystemClock.now() >= now)
        #expect(bootTime >= now)
    }

    @Test func theGeneratorFillsWhatItIsAsked() throws {
        var bytes = [UInt8](repeating: 0, count: 64)
        try bytes.withUnsafeMutableBytes { try SystemRandom.fill($0) }
        #expect(Set(bytes).count > 16)
        #expect(SystemRandom.number() != nil)
        var many = [UInt8](repeating: 0, count: 257)
        #expect(throws: Errno.invalidArgument) {
            try many.withUnsafeMutableBytes { try SystemRandom.fill($0) }
        }
    }

    @Test func theProcessKnowsItself() {
        #expect(ThisProcess.exists(ThisProcess.processID))
        #expect(!ThisProcess.exists(0))
        #expect(!ThisProcess.exists(-1))
        var release: [UInt8] = []
        ThisProcess.withKernelRelease { release.append($0) }
        #expect(release.contains(0x2E))
        // Its arguments are the self-test's to show: another test may have changed the environment.
    }

    @Test func errorsHaveWords() {
        #expect(Errno.notPermitted.words != nil)
        #expect(Errno(number: 9999).words == nil)
    }
}
