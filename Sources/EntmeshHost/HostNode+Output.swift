// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import CZeroize
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshNode
internal import Logging
internal import NIOCore

// Bytes on their way out: encoded once, written once, wiped.
extension HostNode {
    /// What became of a write.
    private enum Written {
        case all
        /// The other end does not read.
        case stalled
        /// There is no other end.
        case gone
    }

    /// Writes what waits in the buffer to `link`, once. A write that does not take all of it ends
    /// the connection: what is left is wiped and counts as discarded.
    func flush(_ link: Link) {
        let written = write(to: link.channel, by: link.outlet)
        guard written != .all else { return }
        // Not a word more: it would be taken for the missing part of the frame that was cut off.
        end(link, written == .stalled ? .writeStalled : .endOfStream, quietly: true)
    }

    /// Writes what waits as the last that is said; what cannot be written is wiped.
    func writeLast(to channel: any Channel, by outlet: Outlet) {
        _ = write(to: channel, by: outlet)
    }

    /// Overwrites the memory of `buffer`, which NIO's pool would keep: a copy to wipe would leave
    /// the original.
    nonisolated func wipe(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            entmesh_wipe(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }

    private func write(to channel: any Channel, by outlet: Outlet) -> Written {
        guard !wire.isEmpty else { return .all }
        defer { if !wire.isEmpty { wire.wipe() } }
        switch outlet {
        case .socket(let descriptor): return write(to: descriptor)
        case .pipeline: return write(into: channel)
        }
    }

    // The descriptor is NIO's and non-blocking; NIO itself never writes to it.
    private func write(to descriptor: CInt) -> Written {
        var sent = 0
        wire.drain { bytes in
            sent = Int(entmesh_send(descriptor, bytes.baseAddress, bytes.count))
            return sent
        }
        if wire.isEmpty { return .all }
        return sent >= 0 || sent == -Int(entmesh_EAGAIN) ? .stalled : .gone
    }

    // TLS copies what it is given; that copy is out of reach, ours is wiped.
    private func write(into channel: any Channel) -> Written {
        guard channel.isActive else { return .gone }
        guard channel.isWritable else { return .stalled }
        var buffer = channel.allocator.buffer(capacity: wire.byteCount)
        wire.drain { bytes in buffer.writeBytes(bytes) }
        channel.writeAndFlush(buffer).whenComplete { [buffer] _ in self.wipe(buffer) }
        return .all
    }

    /// Turns a stranger away, with a reason it can read.
    func refuse(_ channel: any Channel, _ outlet: Outlet, _ reason: CloseReason, who: String) {
        counters.add(.refused, reason)
        if let heldBack = logLimiter.admit("refused-\(who)-\(reason.label)", now: now) {
            log.warning(
                "connection refused",
                metadata: [
                    "peer": "\(who.escapedForDisplay)", "reason": "\(reason.label)",
                    "heldBack": "\(heldBack)",
                ])
        }
        wire.appendRefusal(reason)
        writeLast(to: channel, by: outlet)
        channel.close(promise: nil)
    }
}
