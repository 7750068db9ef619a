// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshSources

@Suite struct SourceSearchTests {
    /// A root folder with these files in it.
    private static func root(_ files: String...) throws -> TestDirectory {
        let root = try TestDirectory()
        for file in files {
            let url = URL(filePath: root.root + file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return root
    }

    @Test func wherePiecesAreMissingItSaysWhatWouldChangeThat() throws {
        let root = try Self.root()
        let result = SourceSearch(root: root.root, hasRDSEED: false).run()
        #expect(result.found.isEmpty)
        #expect(result.absent.map(\.kind) == [.hardwareGenerator, .rdseed, .tpm, .characterDevice])
        #expect(
            result.absent.map(\.reason) == [
                "there is no /dev/hwrng: no driver of a hardware generator is loaded",
                "this processor has no RDSEED",
                "there is no /dev/tpmrm0: no TPM 2.0, or it is off in the firmware's setup",
                "no TrueRNG in /dev/serial/by-id; name others in host.yaml",
            ])
    }

    @Test func everythingThatIsThereIsFound() throws {
        let root = try Self.root(
            "/dev/hwrng", "/dev/tpmrm0", "/dev/serial/by-id/usb-ubld.it_TrueRNG_V3-if00")
        let result = SourceSearch(root: root.root, hasRDSEED: true).run()
        #expect(result.absent.isEmpty)
        #expect(result.found.map(\.kind) == [.hardwareGenerator, .rdseed, .tpm, .characterDevice])
        let generator = root.root + "/dev/serial/by-id/usb-ubld.it_TrueRNG_V3-if00"
        #expect(
            result.found.map(\.path)
                == [root.root + "/dev/hwrng", nil, root.root + "/dev/tpmrm0", generator])
        #expect(result.found.map(\.name) == ["hwrng", "rdseed", "tpm0", generator])
        #expect(result.found.allSatisfy { $0.claim == nil && $0.line == nil })
        #expect(result.found.map(\.effectiveClaim.bitsPerByte) == [4, 4, 4, 1])
    }

    /// It could be a mouse.
    @Test func aSerialPortThatIsNotKnownToBeAGeneratorIsLeftAlone() throws {
        let root = try Self.root(
            "/dev/ttyUSB0", "/dev/ttyACM0", "/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0")
        let result = SourceSearch(root: root.root, hasRDSEED: false).run()
        #expect(result.found.isEmpty)
        #expect(result.absent.contains { $0.kind == .characterDevice })
    }

    @Test func severalGeneratorsAreFoundInTheOrderOfTheirNames() throws {
        let names = ["usb-TrueRNG_2", "usb-TrueRNGpro_1", "usb-TrueRNG_1"]
        let folder = "/dev/serial/by-id/"
        let root = try Self.root(folder + names[0], folder + names[1], folder + names[2])
        let result = SourceSearch(root: root.root, hasRDSEED: false).run()
        #expect(result.found.map(\.path) == names.sorted().map { root.root + folder + $0 })
        #expect(!result.absent.contains { $0.kind == .characterDevice })
    }

    /// The link is what an operator sees, not what it leads to.
    @Test func aGeneratorIsKnownByItsLinkEvenWhileItLeadsNowhere() throws {
        let root = try Self.root("/dev/serial/by-id/other")
        let link = root.root + "/dev/serial/by-id/usb-TrueRNG"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "../../ttyACM7")
        let result = SourceSearch(root: root.root, hasRDSEED: false).run()
        #expect(result.found == [SourceSettings(kind: .characterDevice, path: link)])
    }

    @Test func onThisMachineItFindsWhatIsHereUnderNoRoot() {
        let result = SourceSearch().run()
        let found = result.found.map(\.kind)
        #expect(found.contains(.rdseed) == RDSEEDSource.isSupported)
        let hasHardwareGenerator = FileManager.default.fileExists(atPath: "/dev/hwrng")
        #expect(found.contains(.hardwareGenerator) == hasHardwareGenerator)
        // A usual place needs no path.
        #expect(result.found.allSatisfy { $0.kind == .characterDevice || $0.path == nil })
        #expect(Set(found).union(result.absent.map(\.kind)).count == 4)
    }
}
