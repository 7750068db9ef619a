// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshControl
public import EntmeshNode
internal import EntmeshSources
public import Logging
internal import Synchronization

/// A health-tested, conditioned device as a feed of M.
public final class NoiseFeed: Feed {
    private let path: String
    private let log: Logger
    private let runner = Mutex<SourceRunner?>(nil)

    /// - Parameter path: the device; `/dev/hwrng`.
    public init(path: String, log: Logger) {
        self.path = path
        self.log = log
    }

    public func start(deliver: @escaping @Sendable (consuming Entropy) -> Void) throws {
        let kind = DeviceNoiseSource.kind(of: path)
        let source = DeviceNoiseSource(
            name: kind == .characterDevice ? path : kind.rawValue, path: path, kind: kind)
        let claim = try EntropyClaim(bitsPerByte: source.defaultBitsPerByte)
        let name = source.name
        let started = try SourceRunner(
            source, claim: claim, deliver: deliver,
            stateChanged: { [log] state in
                log.notice("source", metadata: ["name": "\(name)", "state": "\(state)"])
            })
        runner.withLock { $0 = started }
    }

    public func demand(byteCount: Int) {
        runner.withLock { $0 }?.demand(byteCount: byteCount)
    }

    public func startOver() {
        runner.withLock { $0 }?.startOver()
    }

    public func stop() {
        runner.withLock { $0 }?.stop()
    }

    // A permanent failure is for an operator to judge.
    private func words(for state: SourceState) -> String {
        if case .failed = state { return "\(state); restart entmesh-host to try it again" }
        return "\(state)"
    }

    public var row: SourceRow {
        guard let status = runner.withLock({ $0 })?.status() else {
            return SourceRow(
                name: path, kind: "device", state: "not started", isHealthy: false,
                claimedBitsPerByte: 0, rawBytes: 0, deliveredBytes: 0, bytesPerSecond: 0,
                alarms: 0, lastError: nil)
        }
        return SourceRow(
            name: status.name, kind: status.kind.rawValue, state: words(for: status.state),
            isHealthy: status.state == .healthy, claimedBitsPerByte: status.claimedBitsPerByte,
            rawBytes: status.raw.read, deliveredBytes: status.deliveredByteCount,
            bytesPerSecond: status.bytesPerSecond,
            alarms: Int(status.alarms.repetitionCount + status.alarms.adaptiveProportion),
            lastError: status.lastErrorText)
    }
}
