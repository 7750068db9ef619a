// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A physical process and its digitised output (SP 800-90B section 2.2.1): what makes raw samples.
///
/// One thread owns a noise source and makes every call. The source opens its device when it is
/// first read, and again when it is read after `close()`. It needs no tests, no retries and no
/// conditioning of its own: a `SourceRunner` does that for all of them.
public protocol NoiseSource: ~Copyable, SendableMetatype {
    /// What the operator calls it, for status and log lines: `hwrng`.
    var name: String { get }

    /// What sort of source it is.
    var kind: NoiseSourceKind { get }

    /// Reads raw samples, one a byte, into the front of `buffer`, and returns how many.
    ///
    /// May block, and may return fewer than fit, but at least one. The buffer is lent for the
    /// call, and not empty.
    mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int

    /// Gives the device back; the next read opens it again.
    mutating func close()
}

/// The sorts of noise source, each with what is claimed of it unless the operator says otherwise.
public enum NoiseSourceKind: String, CaseIterable, Sendable {
    /// The kernel's hardware generator, `/dev/hwrng`.
    case hardwareGenerator = "hwrng"
    /// The processor's RDSEED instruction.
    case rdseed
    /// A Trusted Platform Module 2.0.
    case tpm
    /// This kernel's own generator, `/dev/random` or `/dev/urandom`: software.
    case kernel
    /// A character device nothing else is known of.
    case characterDevice = "device"
    /// An EGD server, whatever is behind it.
    case egd

    /// The claim.
    public var defaultClaim: EntropyClaim {
        switch self {
        case .hardwareGenerator, .rdseed, .tpm, .kernel: EntropyClaim(allowed: 4)
        case .characterDevice, .egd: EntropyClaim(allowed: 1)
        }
    }
}
