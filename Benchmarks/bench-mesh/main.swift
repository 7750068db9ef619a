// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import Foundation

// bench-mesh ROUNDS    how fast one host refills another's tank, and a plain TLS stream the same:
//                      a line a round, megabytes a second of each

guard CommandLine.arguments.count == 2, let rounds = Int(CommandLine.arguments[1]), rounds > 0 else {
    FileHandle.standardError.write(Data("usage: bench-mesh ROUNDS\n".utf8))
    exit(2)
}

let folder = try TemporaryFolder()
let identities = try await Identities(in: folder)
let refill = try await Refill(identities)
let stream = try await PlainStream(identities)
for _ in 0..<rounds {
    let mesh = try await refill.megabytesPerSecond()
    let plain = try await stream.megabytesPerSecond()
    print("mesh \(mesh) plain \(plain)")
}
await refill.stop()
folder.remove()
exit(0)
