// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode

/// What `--status` says: the agent's files and the live kernel, in words.
enum StatusReport {
    /// Prints the report and returns 0, or 1 if no agent runs.
    static func print(stateDirectory: CString) -> ExitCode {
        let record = read(stateDirectory)
        let isRunning = record.map(isRunning) ?? false
        var text = TextBuffer()
        var pool = KernelPool(device: KernelRandomDevice())
        describe(&pool, in: &text)
        if let record {
            let bootTime = SystemClock.bootTime()
            if isRunning {
                describeLevel(record, &pool, bootTime, in: &text)
            }
            describeLastInjection(record, bootTime, in: &text)
            describeGiving(record, in: &text)
            describeHost(record, isRunning: isRunning, in: &text)
        } else {
            text.append("Host        no agent runs; type: entmesh-guest &\n")
        }
        describeGeneration(Generation(directory: stateDirectory), in: &text)
        text.withBytes { ThisProcess.write($0, toError: false) }
        return isRunning ? .success : .no
    }

    private static func read(_ directory: CString) -> StatusRecord? {
        let scratch = ScratchBuffer(byteCount: GuestConstants.readByteCount)
        return scratch.use { buffer in
            do throws(Errno) {
                let count = try SmallFile.read(
                    directory: directory, name: GuestConstants.statusFile, into: buffer)
                return StatusRecord(text: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                return nil
            }
        }
    }

    private static func isRunning(_ record: StatusRecord) -> Bool {
        record.state != .stopped && ThisProcess.exists(record.processID)
    }

    private static func describe(
        _ pool: inout KernelPool<KernelRandomDevice>, in text: inout TextBuffer
    ) {
        text.append("Pool        ")
        text.append(pool.isReady() ? "ready, " : "not ready, ")
        text.append(pool.availableBits())
        text.append(" of ")
        text.append(pool.poolBits)
        text.append(pool.era == .old ? " bits, kernel before 5.18\n" : " bits\n")
    }

    private static func describeLevel(
        _ record: StatusRecord, _ pool: inout KernelPool<KernelRandomDevice>, _ bootTime: Moment,
        in text: inout TextBuffer
    ) {
        var freshness = Freshness(horizon: record.horizon)
        if record.isProven, let fedAt = record.fedAt {
            freshness.injected(bootTime: fedAt)
        }
        let level = pool.level(of: freshness, mode: record.mode, bootTime: bootTime)
        text.append("Level       ")
        text.append(Int(level.percent))
        text.append(" of 100")
        text.append(record.mode == .mix ? ", mixed only\n" : "\n")
    }

    private static func describeLastInjection(
        _ record: StatusRecord, _ bootTime: Moment, in text: inout TextBuffer
    ) {
        text.append("Last fed    ")
        if let fedAt = record.fedAt {
            text.append(max(0, (bootTime - fedAt).wholeSeconds))
            text.append(" s ago, ")
            text.append(record.tally.blocks)
            text.append(record.tally.blocks == 1 ? " block, " : " blocks, ")
            text.append(record.tally.bytes)
            text.append(" bytes since the agent started\n")
        } else {
            text.append("never\n")
        }
        if let last = record.tally.last {
            text.append("Last block  ")
            text.append(last.words)
            if let errno = record.tally.lastError {
                text.append(", ")
                text.append(errno)
            }
            text.append("\n")
        }
    }

    private static func describeGiving(_ record: StatusRecord, in text: inout TextBuffer) {
        guard let givenBytes = record.givenBytes else { return }
        text.append("Gives       the kernel's generator, ")
        text.append(givenBytes)
        text.append(" bytes since the agent started\n")
    }

    private static func describeHost(
        _ record: StatusRecord, isRunning: Bool, in text: inout TextBuffer
    ) {
        text.append("Host        ")
        if !isRunning {
            text.append("no agent runs; type: entmesh-guest &\n")
            return
        }
        switch record.state {
        case .connected: text.append("connected over ")
        case .dialling: text.append("not reached yet, dialling over ")
        case .stopped: text.append("stopped, ")
        }
        text.append(record.transport == .vsock ? "vsock\n" : "a UNIX socket\n")
    }

    private static func describeGeneration(_ generation: Generation, in text: inout TextBuffer) {
        text.append("Generation  ")
        if generation.count == 0 {
            text.append("0, no sign of a clone or restore since boot\n")
        } else {
            text.append(generation.count)
            text.append(", this machine may have been cloned or restored\n")
        }
    }
}
