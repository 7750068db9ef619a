// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
public import EntmeshNode
internal import Glibc

/// The random number generator of a TPM 2.0, by TPM2_GetRandom over the kernel's resource manager,
/// or over a socket of a TPM that is a program.
///
/// A TPM is slow and has other work: after each command it is left alone for as long as that took.
public struct TPMSource: NoiseSource, ~Copyable {
    /// Where the kernel's resource manager is (drivers/char/tpm).
    public static let defaultPath = "/dev/tpmrm0"
    /// Commands in one read: a few, so that a slow TPM is no stalled one.
    private static let commandsARead = 4
    /// How often one command is sent again if the TPM would rather do it later.
    private static let retries = 5
    private static let firstPause = TimeSpan.milliseconds(20)
    /// A read that took so long sends no further command; the one after it may have to rest first.
    private static let longestRead = TimeSpan.seconds(1)
    /// How long an answer may take, where poll(2) can tell.
    public static let answerDeadline = TimeSpan.seconds(5)

    public let name: String
    public let kind = NoiseSourceKind.tpm

    private let longestRead: TimeSpan
    private var link: DeviceLink
    private let response: UnsafeMutableRawBufferPointer
    private var restUntil = Moment(nanoseconds: .min)
    /// How many bytes were asked for by the command that is not answered yet.
    private var owedCount: Int?

    /// A source that will open `path` when it is first read.
    public init(name: String = "tpm0", path: String = defaultPath) {
        self.init(
            name: name, path: path, deadline: Self.answerDeadline, longestRead: Self.longestRead)
    }

    init(name: String = "tpm0", path: String, deadline: TimeSpan, longestRead: TimeSpan) {
        self.name = name
        self.longestRead = longestRead
        link = DeviceLink(path: path, .deviceOrSocket, mode: O_RDWR, deadline: deadline)
        response = .allocate(byteCount: TPMRandom.longestResponse, alignment: 16)
        response.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        entmesh_wipe(response.baseAddress, response.count)
        response.deallocate()
    }

    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        let end = Moment.monotonic + longestRead
        var count = 0
        for _ in 0..<Self.commandsARead where count < buffer.count {
            if count > 0, Moment.monotonic >= end { return count }
            do throws(NoiseSourceError) {
                count += try ask(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            } catch {
                // What came is good; the error will come again if it is one.
                if count > 0, !error.losesDevice { return count }
                throw error
            }
        }
        return count
    }

    public mutating func close() {
        link.close()
        owedCount = nil
    }

    /// One command and its answer, again if the TPM asks for that.
    private mutating func ask(
        _ buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        var pause = Self.firstPause
        for _ in 0..<Self.retries {
            switch try exchange(wanted: min(buffer.count, TPMRandom.longestAnswer)) {
            case .bytes(let range):
                return hand(range, to: buffer)
            case .retry:
                Moment.sleep(for: pause)
                pause = TimeSpan(nanoseconds: pause.nanoseconds * 2)
            case .refused(let code):
                throw .refused(device: link.path, reason: Self.words(for: code))
            case .malformed(let reason):
                throw .malformed(device: link.path, reason: reason)
            }
        }
        throw .busy(device: link.path, reason: "it put \(Self.retries) commands off")
    }

    // An answer that did not come in time is waited for, so that no command gets another's.
    private mutating func exchange(wanted: Int) throws(NoiseSourceError) -> TPMRandom.Response {
        let asked = owedCount ?? wanted
        if owedCount == nil { Moment.sleep(until: restUntil) }
        let start = Moment.monotonic
        defer { restUntil = Moment.monotonic + (Moment.monotonic - start) }
        if owedCount == nil { try link.write(TPMRandom.command(count: UInt16(asked))) }
        owedCount = asked
        let count = try link.read(into: response)
        owedCount = nil
        return TPMRandom.parse(UnsafeRawBufferPointer(rebasing: response[..<count]), wanted: asked)
    }

    // Moves the bytes out, and leaves nothing of them behind; a late answer may be more than fits.
    private mutating func hand(
        _ range: Range<Int>, to buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let found = UnsafeMutableRawBufferPointer(rebasing: response[range])
        let count = min(found.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: found[..<count]))
        entmesh_wipe(found.baseAddress, found.count)
        return count
    }

    private static func words(for code: UInt32) -> String {
        switch code {
        case 0x100: "it was reset and not started since (TPM_RC_INITIALIZE)"
        case 0x101: "it is in failure mode (TPM_RC_FAILURE); restart the machine"
        default: "response code 0x" + String(code, radix: 16)
        }
    }
}
