// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshTestSupport
import Foundation
import Testing

/// The file: whether it is there, can be read, and can be trusted.
@Suite struct ConfigFileTests {
    private let directory: TestDirectory
    private var path: String { directory.path("host.yaml") }

    init() throws {
        directory = try TestDirectory()
    }

    private func write(_ bytes: some Sequence<UInt8>, mode: Int = 0o644) throws {
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func refusal(of path: String, isRequired: Bool = true) -> String? {
        do throws(ConfigError) {
            _ = try ConfigFile(path: path, isRequired: isRequired).load()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [true, false])
    func itsSettingsAreRead(isRequired: Bool) throws {
        try write("tank: {size: 8 KiB}".utf8)
        let settings = try ConfigFile(path: path, isRequired: isRequired).load()
        #expect(settings.tank.byteCount == 8192)
    }

    @Test func aProblemInItIsSaidWithItsPathAndPlace() throws {
        try write("# the tank\ntank:\n  size: 1 B\n".utf8)
        #expect(
            refusal(of: path) == "\(path):3:9: '1 B' is out of range: 4096 to 1073741824 B")
    }

    @Test(arguments: [true, false])
    func anEmptyFileIsRefusedWhetherItIsRequiredOrNot(isRequired: Bool) throws {
        for text in ["", "\n \n"] {
            try write(text.utf8)
            #expect(
                refusal(of: path, isRequired: isRequired)
                    == "\(path): is empty: was it cut off? Without the file the defaults hold")
        }
    }

    @Test func aFileOfCommentsIsAllDefaults() throws {
        try write("# tank: {size: 8 KiB}\n".utf8)
        #expect(try ConfigFile(path: path, isRequired: true).load() == HostSettings())
    }

    // MARK: Missing and unreadable

    @Test func aFileThatNeedNotBeThereAndIsNotIsAllDefaults() throws {
        #expect(try ConfigFile(path: path, isRequired: false).load() == HostSettings())
        let deeper = directory.path("none/host.yaml")
        #expect(try ConfigFile(path: deeper, isRequired: false).load() == HostSettings())
    }

    @Test func aFileThatMustBeThereAndIsNotIsMissed() {
        #expect(refusal(of: path) == "\(path): cannot be read: there is no such file")
    }

    @Test(arguments: [true, false])
    func aPathThroughAFileIsRefused(isRequired: Bool) throws {
        try write("".utf8)
        let deeper = "\(path)/host.yaml"
        #expect(
            refusal(of: deeper, isRequired: isRequired)
                == "\(deeper): cannot be read: Not a directory")
    }

    @Test(.enabled(if: geteuid() != 0, "nothing can be kept from root"), arguments: [true, false])
    func aFileThatCannotBeReadIsRefusedWithWhatToType(isRequired: Bool) throws {
        try write("tank:\n".utf8, mode: 0o200)
        #expect(
            refusal(of: path, isRequired: isRequired)
                == """
                \(path): cannot be read: permission denied; type: sudo chgrp entmesh \(path); \
                sudo chmod 0640 \(path)
                """)
    }

    // MARK: What is no file to trust

    @Test(arguments: [0o646, 0o666, 0o602, 0o777])
    func aFileThatAnybodyMayWriteIsRefused(mode: Int) throws {
        try write("tank:\n".utf8, mode: mode)
        for isRequired in [true, false] {
            #expect(
                refusal(of: path, isRequired: isRequired)
                    == "\(path): may be written by anybody; type: sudo chmod o-w \(path)")
        }
    }

    @Test(arguments: [0o400, 0o600, 0o640, 0o644, 0o660, 0o664, 0o755])
    func aFileThatOnlySomeMayWriteIsRead(mode: Int) throws {
        try write("log: {level: debug}".utf8, mode: mode)
        #expect(try ConfigFile(path: path, isRequired: true).load().logLevel == .debug)
    }

    @Test func aDirectoryIsNoFile() {
        #expect(refusal(of: directory.root) == "\(directory.root): is no file")
        #expect(refusal(of: "/dev/null") == "/dev/null: is no file")
    }

    @Test(.timeLimit(.minutes(1)))
    func aPipeIsNoFileAndNotWaitedFor() {
        #expect(mkfifo(path, 0o600) == 0)
        #expect(refusal(of: path) == "\(path): is no file")
    }

    @Test func aLinkIsFollowed() throws {
        try write("log: {level: debug}".utf8)
        let link = directory.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(try ConfigFile(path: link, isRequired: true).load().logLevel == .debug)
    }

    // MARK: What is in it

    @Test func aFileIsAsLongAsTheLimitAndNoLonger() throws {
        for count in [ConfigFile.longestByteCount - 1, ConfigFile.longestByteCount] {
            try write(repeatElement(UInt8(ascii: "#"), count: count))
            #expect(try ConfigFile(path: path, isRequired: true).load() == HostSettings())
        }
        try write(repeatElement(UInt8(ascii: "#"), count: ConfigFile.longestByteCount + 1))
        #expect(refusal(of: path) == "\(path): has more than 65536 bytes")
        try write(repeatElement(UInt8(ascii: "#"), count: 1 << 20))
        #expect(refusal(of: path) == "\(path): has more than 65536 bytes")
    }

    @Test(
        arguments: [
            [0xFF], [0x23, 0xC3], [0x23, 0xC0, 0xAF], [0x23, 0xED, 0xA0, 0x80],
            [0xFF, 0xFE, 0x23, 0],
            [0x23, 0xF4, 0x90, 0x80, 0x80],
        ] as [[UInt8]])
    func aFileThatIsNotUTF8IsRefused(bytes: [UInt8]) throws {
        try write(bytes)
        #expect(refusal(of: path) == "\(path): is not UTF-8")
    }

    @Test func aFileOfZerosIsRefused() throws {
        try write(repeatElement(0, count: 4096))
        #expect(refusal(of: path) == "\(path):1:1: control characters are not allowed")
    }
}
