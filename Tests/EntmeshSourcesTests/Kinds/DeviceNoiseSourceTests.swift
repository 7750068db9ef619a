// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshSources
import EntmeshTestSupport
import Foundation
import Testing

@Suite struct DeviceNoiseSourceTests {
    private static func makePipe(in folder: TestDirectory) throws -> String {
        let pipe = folder.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        return pipe
    }

    private static func error(
        _ path: String, deadline: TimeSpan = .milliseconds(20)
    ) -> NoiseSourceError? {
        var source = DeviceNoiseSource(name: "x", path: path, deadline: deadline)
        return source.failure(ofReading: 16)
    }

    @Test func itReadsACharacterDeviceAndOpensItAgain() throws {
        var source = DeviceNoiseSource(name: "zero", path: "/dev/zero")
        #expect(try source.read(100) == [UInt8](repeating: 0, count: 100))
        source.close()
        source.close()
        #expect(try source.read(1) == [0])
    }

    @Test func theHardwareGeneratorIsClaimedAtFourBitsAndAnUnknownDeviceAtOne() {
        #expect(DeviceNoiseSource.kind(of: "/dev/hwrng") == .hardwareGenerator)
        #expect(NoiseSourceKind.hardwareGenerator.defaultClaim.bitsPerByte == 4)
        #expect(DeviceNoiseSource.kind(of: "/dev/ttyACM0") == .characterDevice)
        let unknown = DeviceNoiseSource(name: "usb", path: "/dev/ttyACM0")
        #expect(unknown.kind.defaultClaim.bitsPerByte == 1)
    }

    @Test func theKernelsOwnGeneratorIsKnownUnderAnyName() throws {
        #expect(DeviceNoiseSource.kind(of: "/dev/urandom") == .kernel)
        #expect(DeviceNoiseSource.kind(of: "/dev/random") == .kernel)
        let folder = try TestDirectory()
        let link = folder.path("trng")
        try #require(symlink("/dev/urandom", link) == 0)
        #expect(DeviceNoiseSource.kind(of: link) == .kernel)
        #expect(DeviceNoiseSource.kind(of: "/dev/zero") == .characterDevice)
    }

    @Test func aShortReadIsAReadAndAnEmptyPipeTimesOut() throws {
        let folder = try TestDirectory()
        let path = try Self.makePipe(in: folder)
        var source = DeviceNoiseSource(name: "pipe", path: path, deadline: .milliseconds(20))
        let writer = open(path, O_RDWR)
        defer { close(writer) }
        #expect(throws: NoiseSourceError.timedOut(device: path, seconds: 0)) {
            try source.read(16)
        }
        try #require(write(writer, [1, 2, 3] as [UInt8], 3) == 3)
        #expect(try source.read(16) == [1, 2, 3])
    }

    @Test func aPipeWithoutAWriterHasEnded() throws {
        let folder = try TestDirectory()
        let path = try Self.makePipe(in: folder)
        let writer = open(path, O_RDWR)
        var source = DeviceNoiseSource(name: "pipe", path: path)
        try #require(write(writer, [1] as [UInt8], 1) == 1)
        #expect(try source.read(1) == [1])
        close(writer)
        #expect(throws: NoiseSourceError.ended(device: path)) { try source.read(1) }
    }

    @Test func aMissingDeviceIsNamedWithAHint() throws {
        let folder = try TestDirectory()
        let path = folder.path("none")
        let error = try #require(Self.error(path))
        #expect(error == .system(attempt: "open", device: path, errno: ENOENT))
        #expect(error.losesDevice)
        #expect(
            "\(error)" == "cannot open \(path): No such file or directory; is the driver loaded?")
    }

    @Test func aFileIsRefused() throws {
        let folder = try TestDirectory()
        let path = folder.path("file")
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        #expect(Self.error(path) == .notADevice(path: path))
        var source = DeviceNoiseSource(name: "file", path: path)
        for _ in 0..<2 {
            #expect(throws: NoiseSourceError.notADevice(path: path)) { try source.read(1) }
        }
        #expect(Self.error(folder.root) == .notADevice(path: folder.root))
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

    @Test func anAnswerThatIsNoneIsSaidInWords() {
        let busy = NoiseSourceError.busy(device: "/dev/x", reason: "it sleeps")
        #expect("\(busy)" == "/dev/x is busy: it sleeps")
        #expect(!busy.losesDevice)
        let malformed = NoiseSourceError.malformed(device: "/dev/x", reason: "3 bytes")
        #expect("\(malformed)" == "/dev/x gave an answer that makes no sense: 3 bytes")
        #expect(malformed.losesDevice)
        let unsupported = NoiseSourceError.unsupported(reason: "there is none")
        #expect("\(unsupported)" == "there is none")
        #expect(unsupported.losesDevice)
    }
}
