// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A source as an operator names it, or as it was found.
public struct SourceSettings: Equatable, Sendable {
    /// What sort of source it is.
    public let kind: NoiseSourceKind
    /// What the operator calls it.
    public var name: String
    /// Where it is; nil for one that has no path, or is where its kind usually is.
    public var path: String?
    /// What is claimed of it; nil for what is claimed of its kind.
    public var claim: EntropyClaim?
    /// How its serial line is set up, if it has one.
    public var line: SerialLine?

    /// A source of `kind` where such a one usually is.
    public init(kind: NoiseSourceKind, path: String? = nil) {
        self.kind = kind
        self.path = path
        name = kind.needsPath ? path ?? kind.rawValue : kind.usualName
    }

    /// What is claimed of it.
    public var effectiveClaim: EntropyClaim { claim ?? kind.defaultClaim }
}

extension NoiseSourceKind {
    /// Whether a path says which one it is.
    public var needsPath: Bool {
        switch self {
        case .characterDevice, .egd: true
        case .hardwareGenerator, .rdseed, .tpm, .kernel: false
        }
    }

    /// Whether it may be somewhere else than usual.
    public var takesPath: Bool {
        switch self {
        case .hardwareGenerator, .tpm, .characterDevice, .egd: true
        case .rdseed, .kernel: false
        }
    }

    fileprivate var usualName: String { self == .tpm ? "tpm0" : rawValue }
}

extension SourceSet {
    /// Starts the source that `settings` name.
    public func add(
        _ settings: SourceSettings, limits: SourceLimits = SourceLimits(),
        stateChanged: @escaping @Sendable (SourceState) -> Void = { _ in }
    ) throws(SourceRunner.Failure) -> SourceRunner {
        let (name, path, claim) = (settings.name, settings.path ?? "", settings.effectiveClaim)
        switch settings.kind {
        case .rdseed:
            return try add(
                RDSEEDSource(name: name), claim: claim, limits: limits, stateChanged: stateChanged)
        case .tpm:
            return try add(
                TPMSource(name: name, path: settings.path ?? TPMSource.defaultPath), claim: claim,
                limits: limits, stateChanged: stateChanged)
        case .egd:
            return try add(
                EGDSource(name: name, path: path), claim: claim, limits: limits,
                stateChanged: stateChanged)
        case .hardwareGenerator:
            return try add(
                DeviceNoiseSource(
                    name: name, path: settings.path ?? DeviceNoiseSource.hardwareGeneratorPath,
                    kind: .hardwareGenerator),
                claim: claim, limits: limits, stateChanged: stateChanged)
        case .kernel:
            return try add(
                DeviceNoiseSource(name: name, path: "/dev/random", kind: .kernel), claim: claim,
                limits: limits, stateChanged: stateChanged)
        case .characterDevice:
            return try add(
                DeviceNoiseSource(
                    name: name, path: path, kind: DeviceNoiseSource.kind(of: path),
                    serial: settings.line ?? SerialLine()),
                claim: claim, limits: limits, stateChanged: stateChanged)
        }
    }
}
