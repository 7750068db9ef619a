// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// Looks for noise sources that need nobody to name them.
///
/// Only what is known to be a generator is taken: a serial port may be anything, so of those only
/// the ones whose USB description says so.
public struct SourceSearch: Sendable {
    /// Something that was looked for in vain.
    public struct Absence: Equatable, Sendable {
        public let kind: NoiseSourceKind
        /// What was not found, and what would change that.
        public let reason: String

        public init(kind: NoiseSourceKind, reason: String) {
            self.kind = kind
            self.reason = reason
        }
    }

    /// What was found, and what was not.
    public struct Result: Equatable, Sendable {
        public var found: [SourceSettings]
        public var absent: [Absence]

        public init(found: [SourceSettings] = [], absent: [Absence] = []) {
            self.found = found
            self.absent = absent
        }
    }

    /// Where udev puts links that say what a serial port is (60-serial.rules).
    private static let serialFolder = "/dev/serial/by-id"
    /// USB generators that send samples as soon as they are opened.
    private static let knownGenerators = ["TrueRNG"]

    private let root: String
    private let hasRDSEED: Bool

    /// - Parameter root: what stands before every path; for tests.
    public init(root: String = "") {
        self.init(root: root, hasRDSEED: RDSEEDSource.isSupported)
    }

    init(root: String, hasRDSEED: Bool) {
        self.root = root
        self.hasRDSEED = hasRDSEED
    }

    /// Looks once.
    public func run() -> Result {
        var result = Result()
        look(
            for: .hardwareGenerator, at: DeviceNoiseSource.hardwareGeneratorPath,
            hint: "no driver of a hardware generator is loaded", &result)
        if hasRDSEED {
            result.found.append(SourceSettings(kind: .rdseed))
        } else {
            result.absent.append(
                Absence(kind: .rdseed, reason: "this processor has no RDSEED"))
        }
        look(
            for: .tpm, at: TPMSource.defaultPath,
            hint: "no TPM 2.0, or it is off in the firmware's setup", &result)
        let generators = serialGenerators
        result.found += generators.map { SourceSettings(kind: .characterDevice, path: $0) }
        if generators.isEmpty {
            result.absent.append(
                Absence(
                    kind: .characterDevice,
                    reason: """
                        no \(Self.knownGenerators.joined(separator: ", ")) in \
                        \(Self.serialFolder); name others in host.yaml
                        """))
        }
        return result
    }

    private func look(
        for kind: NoiseSourceKind, at path: String, hint: String, _ result: inout Result
    ) {
        if access(root + path, F_OK) == 0 {
            result.found.append(SourceSettings(kind: kind, path: root.isEmpty ? nil : root + path))
        } else {
            result.absent.append(Absence(kind: kind, reason: "there is no \(path): \(hint)"))
        }
    }

    private var serialGenerators: [String] {
        guard let folder = opendir(root + Self.serialFolder) else { return [] }
        defer { closedir(folder) }
        var paths: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if Self.knownGenerators.contains(where: { name.contains($0) }) {
                paths.append("\(root)\(Self.serialFolder)/\(name)")
            }
        }
        return paths.sorted()
    }
}
