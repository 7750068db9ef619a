// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation

/// Another program and its arguments.
struct ExternalCommand {
    private let program: String
    private let arguments: [String]

    init(_ program: String, _ arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// The program, without the way to it.
    var name: String { URL(fileURLWithPath: program).lastPathComponent }

    /// As one would type it.
    var text: String { ([program] + arguments).map(Self.quoted).joined(separator: " ") }

    /// Runs it with our own output and returns its exit status; a signal's is that of a shell.
    func run() throws -> Int32 {
        let process = process()
        process.standardInput = FileHandle.nullDevice
        // Ours comes first.
        fflush(nil)
        try start(process)
        process.waitUntilExit()
        return status(process)
    }

    /// Runs it and returns its exit status and what it wrote to standard error.
    func capture() throws -> (status: Int32, said: String) {
        let process = process()
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try start(process)
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: said, as: UTF8.self)
        return (status(process), text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Where in PATH a program is; nil if it is not.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first(where: FileManager.default.isExecutableFile)
    }

    /// A word for a shell, in quotes if it needs any.
    static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "/.-_:=".contains($0))
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
    }

    private func process() -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        return process
    }

    private func start(_ process: Process) throws {
        do {
            try process.run()
        } catch {
            throw CommandError("cannot run \(program): \(error.localizedDescription)")
        }
    }

    private func status(_ process: Process) -> Int32 {
        process.terminationReason == .exit
            ? process.terminationStatus : 128 + process.terminationStatus
    }
}
