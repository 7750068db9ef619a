// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshSources
import Foundation
import Testing

/// A place for pipes and files, removed when it ends.
private final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "entmesh-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func makePipe() throws -> String {
        let pipe = path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        return pipe
    }
}

@Suite struct DeviceNoiseSourceTests {
    private static func read(
        _ source: inout DeviceNoiseSource, _ count: Int
    ) throws(NoiseSourceError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.initializeMemory(as: UInt8.self, repeating: 0xFF)
        let got = try source.read(into: buffer)
        return Array(buffer[..<got])
    }

    private static func error(
        _ path: String, deadline: TimeSpan = .milliseconds(20)
    ) -> NoiseSourceError? {
        var source = DeviceNoiseSource(name: "x", path: path, deadline: deadline)
        do throws(NoiseSourceError) {
            _ = try read(&source, 16)
            return nil
        } catch {
            return error
        }
    }

    @Test func itReadsACharacterDeviceAndOpensItAgain() throws {
        var source = DeviceNoiseSource(name: "zero", path: "/dev/zero")
        #expect(try Self.read(&source, 100) == [UInt8](repeating: 0, count: 100))
        source.close()
        source.close()
        #expect(try Self.read(&source, 1) == [0])
    }

    @Test func theHardwareGeneratorIsClaimedAtFourBitsAndAnUnknownDeviceAtOne() {
        #expect(DeviceNoiseSource.kind(of: "/dev/hwrng") == .hardwareGenerator)
        #expect(NoiseSourceKind.hardwareGenerator.defaultBitsPerByte == 4)
        #expect(DeviceNoiseSource.kind(of: "/dev/ttyACM0") == .characterDevice)
        let unknown = DeviceNoiseSource(name: "usb", path: "/dev/ttyACM0")
        #expect(unknown.defaultBitsPerByte == 1)
    }

    @Test func theKernelsOwnGeneratorIsKnownUnderAnyName() throws {
        #expect(DeviceNoiseSource.kind(of: "/dev/urandom") == .kernel)
        #expect(DeviceNoiseSource.kind(of: "/dev/random") == .kernel)
        let folder = try Folder()
        let link = folder.path + "/trng"
        try #require(symlink("/dev/urandom", link) == 0)
        #expect(DeviceNoiseSource.kind(of: link) == .kernel)
        #expect(DeviceNoiseSource.kind(of: "/dev/zero") == .characterDevice)
    }

    @Test func aShortReadIsAReadAndAnEmptyPipeTimesOut() throws {
        let folder = try Folder()
        let path = try folder.makePipe()
        var source = DeviceNoiseSource(name: "pipe", path: path, deadline: .milliseconds(20))
        let writer = open(path, O_RDWR)
        defer { close(writer) }
        #expect(throws: NoiseSourceError.timedOut(device: path, seconds: 0)) {
            try Self.read(&source, 16)
        }
        try #require(write(writer, [1, 2, 3] as [UInt8], 3) == 3)
        #expect(try Self.read(&source, 16) == [1, 2, 3])
    }

    @Test func aPipeWithoutAWriterHasEnded() throws {
        let folder = try Folder()
        let path = try folder.makePipe()
        let writer = open(path, O_RDWR)
        var source = DeviceNoiseSource(name: "pipe", path: path)
        try #require(write(writer, [1] as [UInt8], 1) == 1)
        #expect(try Self.read(&source, 1) == [1])
        close(writer)
        #expect(throws: NoiseSourceError.ended(device: path)) { try Self.read(&source, 1) }
    }

    @Test func aMissingDeviceIsNamedWithAHint() throws {
        let folder = try Folder()
        let path = folder.path + "/none"
        let error = try #require(Self.error(path))
        #expect(error == .system(attempt: "open", device: path, errno: ENOENT))
        #expect(error.losesDevice)
        #expect(
            "\(error)" == "cannot open \(path): No such file or directory; is the driver loaded?")
    }

    @Test func aFileIsRefused() throws {
        let folder = try Folder()
        let path = folder.path + "/file"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        #expect(Self.error(path) == .notADevice(path: path))
        var source = DeviceNoiseSource(name: "file", path: path)
        for _ in 0..<2 {
            #expect(throws: NoiseSourceError.notADevice(path: path)) { try Self.read(&source, 1) }
        }
        #expect(Self.error(folder.path) == .notADevice(path: folder.path))
        #expect("\(NoiseSourceError.notADevice(path: path))".contains("used twice"))
    }

    @Test(arguments: [
        (ENODEV, "rng_available"), (EPERM, "DeviceAllow="), (EACCES, "read access"),
        (EIO, "reports a fault"), (EAGAIN, "no data yet"), (EBUSY, "another program"),
        (ENXIO, "rng_available"), (EINVAL, "Invalid argument"), (9999, "9999"),
    ])
    func everyErrorSaysWhatToDoNext(errno: Int32, words: String) {
        let error = NoiseSourceError.system(attempt: "read", device: "/dev/hwrng", errno: errno)
        #expect("\(error)".hasPrefix("cannot read /dev/hwrng: "))
        #expect("\(error)".contains(words))
        #expect(error.losesDevice == (errno != EAGAIN))
    }

    @Test func waitingAndEndingAreSaidInWords() {
        let timedOut = NoiseSourceError.timedOut(device: "/dev/x", seconds: 5)
        #expect("\(timedOut)".contains("nothing for 5 s"))
        #expect(!timedOut.losesDevice)
        #expect("\(NoiseSourceError.ended(device: "/dev/x"))".contains("plugged in"))
    }
}
