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
// Each by itself: what the other has under way at its end is over by then.
let pause = Duration.milliseconds(300)
for _ in 0..<rounds {
    let mesh = try await refill.megabytesPerSecond()
    try await Task.sleep(for: pause)
    let plain = try await stream.megabytesPerSecond()
    try await Task.sleep(for: pause)
    print("mesh \(mesh) plain \(plain)")
}
await refill.stop()
folder.remove()
exit(0)
