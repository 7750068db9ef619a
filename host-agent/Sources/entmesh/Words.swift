// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Numbers as people read them.
enum Words {
    /// `12s`, `3m36s`, `1h12m`, `2d4h`.
    static func age(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds))s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: "\(seconds / 3600)h\(seconds % 3600 / 60)m"
        default: "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
        }
    }

    /// `4`, `0.5`.
    static func bits(_ bits: Double) -> String {
        bits == bits.rounded() ? "\(Int(bits))" : "\(bits)"
    }

    /// `512 B`, `1.2 KiB`, `9.0 KiB`.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var tenths = count / 1024 * 10 + count % 1024 * 10 / 1024
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            if tenths < 10_240 || unit == "TiB" { return "\(tenths / 10).\(tenths % 10) \(unit)" }
            tenths /= 1024
        }
        return "\(count) B"
    }
}
