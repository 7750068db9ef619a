// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CFuzzDriver
import EntmeshFuzz
import Foundation

// Usage: entmesh-fuzz TARGET [libFuzzer's arguments, or files to replay]
//
// Built with -sanitize=fuzzer it fuzzes; built as usual it runs each file once and says so.

// libFuzzer starts this program again for -merge, -fork and -minimize_crash, without the first
// argument: the target is handed down to those by the environment.
let variable = "ENTMESH_FUZZ_TARGET"
let inherited = ProcessInfo.processInfo.environment[variable].flatMap { FuzzTarget(rawValue: $0) }
var rest = CommandLine.arguments
let named = rest.count > 1 ? FuzzTarget(rawValue: rest[1]) : nil
if named != nil {
    rest.remove(at: 1)
}
guard let target = named ?? inherited else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(
        Data("usage: entmesh-fuzz TARGET [ARGUMENT...], TARGET one of: \(names)\n".utf8))
    exit(64)
}
setenv(variable, target.rawValue, 1)

// libFuzzer takes a C function, which cannot capture: one a target.
let body: entmesh_fuzz_case =
    switch target {
    case .connection:
        { bytes, count in
            FuzzTarget.connection.run(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        }
    case .peer:
        { bytes, count in
            FuzzTarget.peer.run(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        }
    case .tpm:
        { bytes, count in
            FuzzTarget.tpm.run(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        }
    case .control:
        { bytes, count in
            FuzzTarget.control.run(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        }
    case .config:
        { bytes, count in
            FuzzTarget.config.run(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        }
    }

var argv: [UnsafeMutablePointer<CChar>?] = rest.map { strdup($0) } + [nil]
let status = entmesh_fuzz(Int32(rest.count), &argv, body)
if status >= 0 {
    exit(status)
}
for file in rest.dropFirst() {
    do {
        try Corpus.replay(file, on: target)
    } catch {
        FileHandle.standardError.write(Data("entmesh-fuzz: cannot replay \(file): \(error)\n".utf8))
        exit(1)
    }
}
print("\(rest.count - 1) inputs replayed; this build has no libFuzzer")
