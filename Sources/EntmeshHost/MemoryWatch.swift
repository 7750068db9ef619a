// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import EntmeshNode

/// Notices what means that this host's memory may exist a second time: then nothing that was in it
/// may be delivered.
///
/// It is asked before every block that leaves and every one that comes in, and asks the kernel then:
/// a few system calls, which cost less than the delivery itself.
struct MemoryWatch {
    /// What happened.
    enum Cause: String {
        /// The host was suspended; its memory may have gone to a disk.
        case suspended = "host-resumed"
        /// The kernel says that this virtual machine was cloned or restored (NEW_VMGENID).
        case newGeneration = "host-new-generation"
        /// The agent that feeds this host from above says so.
        case agentAbove = "host-restored"
    }

    private var suspend = SuspendWatch()
    private let generationPath: String?
    private var generation: FileIdentity?
    private let uevents: UeventSocket?

    /// - Parameters:
    ///   - generationPath: the generation file of an agent that feeds this host; nil for none.
    ///   - uevents: where the kernel tells; nil where it cannot be listened to.
    init(generationPath: String?, uevents: UeventSocket?) {
        self.generationPath = generationPath
        self.uevents = uevents
        generation = generationPath.flatMap { FileIdentity($0) }
    }

    /// Whether it has to be asked now and then although nothing is delivered, so that what the kernel
    /// tells does not pile up.
    var listens: Bool { uevents != nil }

    /// What happened since this was asked last, if anything.
    mutating func look(now: Moment, bootTime: Moment) -> Cause? {
        // All are asked, so that none is found a second time.
        let hasSlept = suspend.hasSlept(now: now, bootTime: bootTime)
        let hasNewGeneration = uevents?.tookNewGeneration() ?? false
        let hasNewFile = generationChanged()
        if hasNewFile { return .agentAbove }
        if hasNewGeneration { return .newGeneration }
        return hasSlept ? .suspended : nil
    }

    // The file appears with the first restore, and is replaced by each. That it is gone says nothing.
    private mutating func generationChanged() -> Bool {
        guard let generationPath, let found = FileIdentity(generationPath), found != generation
        else { return false }
        generation = found
        return true
    }
}

/// What a file is replaced by when another takes its name.
private struct FileIdentity: Equatable {
    private let inode: UInt64
    private let changed: Int64

    init?(_ path: String) {
        var found = entmesh_file_identity()
        guard entmesh_file_identify(path, &found) == 0 else { return nil }
        inode = found.inode
        changed = found.changed
    }
}
