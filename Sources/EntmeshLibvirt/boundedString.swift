// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// The text of a C string, cut after `byteLimit` bytes; what is not UTF-8 is replaced.
package func boundedString(_ text: UnsafePointer<CChar>, byteLimit: Int) -> String {
    let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, byteLimit))
    return String(decoding: bytes, as: UTF8.self)
}
