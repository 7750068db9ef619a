// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode

/// Carries the agent: owns the socket, sleeps in one place, writes the files and the lines.
struct GuestLoop: ~Copyable {
    private let options: GuestOptions
    private let signals: StopSignals
    private let scratch = ScratchBuffer(byteCount: GuestConstants.readByteCount)
    private var agent: GuestAgent<KernelRandomDevice>
    private var socket = FileDescriptor.none
    private var ports: SourcePorts
    private var journal: Journal
    private var generation: Generation
    // Until then, and until the first block, nothing is written but frames.
    private var attendsFrom = Moment(nanoseconds: 0)
    private var filesFail = false

    init(options: GuestOptions) throws(Errno) {
        let now = SystemClock.now()
        self.options = options
        signals = try StopSignals()
        agent = GuestAgent(settings: options.settings, device: KernelRandomDevice(), now: now)
        ports = SourcePorts(randomness: Self.randomness())
        journal = Journal(now: now)
        generation = Generation(directory: options.stateDirectory)
    }

    /// Runs until the agent is done.
    mutating func run() -> ExitCode {
        while true {
            let now = SystemClock.now()
            agent.tick(now: now, bootTime: SystemClock.bootTime(), randomness: Self.randomness())
            flush(now)
            if isFreeToAttend(now) {
                attend(now)
            }
            switch agent.step(now: now) {
            case .dial: dial(now)
            case .hangUp:
                socket = .none
                agent.hungUp(now: now, randomness: Self.randomness())
            case .exit(let code): return code
            case .rest, .awaitConnection, .exchange: wait(now)
            }
        }
    }

    // Not secret: ports and delays. The clock will do before the generator is ready.
    @inline(never)
    private static func randomness() -> UInt64 {
        SystemRandom.number() ?? UInt64(truncatingIfNeeded: SystemClock.now().nanoseconds)
    }

    // MARK: The socket

    @inline(never)
    private mutating func dial(_ now: Moment) {
        agent.describe(kernel: Machine.kernel(), hardwareGenerator: Machine.hardwareGenerator())
        do throws(DialError) {
            socket = try openSocket()
            agent.dialBegan(now: now)
        } catch {
            agent.dialFailed(error, now: now, randomness: Self.randomness())
        }
    }

    private mutating func openSocket() throws(DialError) -> FileDescriptor {
        if let path = options.unixPath { return try Dial.unix(path: path) }
        let host = VsockAddress(cid: .host, port: Wire.port)
        for _ in 1..<SourcePorts.count {
            do throws(DialError) {
                return try Dial.vsock(
                    host, from: ports.next(),
                    bufferByteCount: GuestConstants.receiveBufferByteCount)
            } catch {
                guard error == .portInUse else { throw error }
            }
        }
        throw .portInUse
    }

    @inline(never)
    private mutating func wait(_ now: Moment) {
        let step = agent.step(now: now)
        let interests: Readiness =
            step == .awaitConnection || agent.hasSomethingToWrite ? .write : .read
        var deadline = agent.nextDeadline(now: now, bootTime: SystemClock.bootTime())
        if !isFreeToAttend(now) {
            deadline = deadline.map { min($0, attendsFrom) } ?? attendsFrom
        }
        do throws(Errno) {
            let ready = try Readiness.wait(
                socket: socket, for: interests, signals: signals,
                timeout: deadline.map { $0 - now })
            handle(ready, during: step)
        } catch {
            // ppoll(2) fails only for want of memory: the next deadline will tell.
        }
    }

    @inline(never)
    private mutating func handle(
        _ ready: Readiness, during step: GuestAgent<KernelRandomDevice>.Step
    ) {
        let now = SystemClock.now()
        if ready.contains(.signal), signals.cameIn() {
            agent.stop(now: now)
        }
        if step == .awaitConnection {
            if !ready.isDisjoint(with: [.write, .error]) {
                finishDial(now)
            }
        } else if ready.contains(.error), let errno = socket.takeSocketError() {
            // SO_ERROR first: what is still buffered belongs to a past that may not be ours.
            end(LinkEnding(errno: errno, on: options.settings.transport), now)
        } else if ready.contains(.read) {
            read(now)
        }
    }

    private mutating func finishDial(_ now: Moment) {
        if let errno = socket.takeSocketError() {
            socket = .none
            agent.dialFailed(.failed(errno), now: now, randomness: Self.randomness())
        } else {
            agent.connected(now: now)
            attendsFrom = now + GuestConstants.firstBlockGrace
        }
    }

    private mutating func read(_ now: Moment) {
        let bootTime = SystemClock.bootTime()
        let transport = options.settings.transport
        let ending: LinkEnding? = scratch.use { buffer in
            do throws(Errno) {
                let count = try socket.read(into: buffer)
                guard count > 0 else { return .endOfStream }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                agent.received(bytes.bytes, now: now, bootTime: bootTime)
                return nil
            } catch {
                return error == .wouldBlock ? nil : LinkEnding(errno: error, on: transport)
            }
        }
        if let ending {
            end(ending, now)
        }
    }

    private mutating func flush(_ now: Moment) {
        guard agent.hasSomethingToWrite, socket.isOpen else { return }
        do throws(Errno) {
            try agent.drain(now: now) { bytes throws(Errno) in try socket.send(bytes) }
        } catch {
            end(endingAfterFailedWrite(error), now)
        }
    }

    // EPIPE does not say why; SO_ERROR and a read do.
    private mutating func endingAfterFailedWrite(_ errno: Errno) -> LinkEnding {
        let transport = options.settings.transport
        if let error = socket.takeSocketError() { return LinkEnding(errno: error, on: transport) }
        return scratch.use { buffer in
            do throws(Errno) {
                while try socket.read(into: buffer) > 0 {}
                return .endOfStream
            } catch {
                return LinkEnding(errno: error == .wouldBlock ? errno : error, on: transport)
            }
        }
    }

    @inline(never)
    private mutating func end(_ ending: LinkEnding, _ now: Moment) {
        socket = .none
        agent.ended(ending, now: now, randomness: Self.randomness())
    }

    // MARK: Files and lines

    @inline(never)
    private func isFreeToAttend(_ now: Moment) -> Bool {
        now >= attendsFrom || agent.isFed || agent.step(now: now) != .exchange
    }

    @inline(never)
    private mutating func attend(_ now: Moment) {
        if let news = agent.takeNews() {
            var line = TextBuffer()
            news.write(to: &line)
            journal.write(line, now: now)
        }
        let bootTime = SystemClock.bootTime()
        if agent.takeGenerationDuty(bootTime: bootTime) {
            let error = advanceGeneration()
            if error != nil { agent.generationFailed(bootTime: bootTime) }
            note(filesError: error)
        }
        if agent.takeRecordDuty() {
            note(filesError: writeRecord())
        }
    }

    private mutating func advanceGeneration() -> Errno? {
        do throws(Errno) {
            try SmallFile.makeDirectory(options.stateDirectory)
            try generation.advance(directory: options.stateDirectory)
            return nil
        } catch {
            return error
        }
    }

    private func writeRecord() -> Errno? {
        var text = TextBuffer()
        agent.record().write(to: &text)
        do throws(Errno) {
            try SmallFile.makeDirectory(options.stateDirectory)
            try text.replaceFile(
                directory: options.stateDirectory, name: GuestConstants.statusFile)
            return nil
        } catch {
            return error
        }
    }

    // A full or read-only disk must not keep a guest from being fed.
    private mutating func note(filesError: Errno?) {
        defer { filesFail = filesError != nil }
        guard let filesError, !filesFail else { return }
        var line = TextBuffer()
        line.append("cannot write in ")
        line.append(options.stateDirectory)
        line.append(", ")
        line.append(filesError)
        line.append("; going on without")
        journal.write(line, now: SystemClock.now())
    }
}
