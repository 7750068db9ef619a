// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc
internal import SwiftASN1
internal import X509

/// A file of PEM that was not there before.
struct NewPEMFile {
    let path: String
    let mode: mode_t
    let text: String

    /// Whether there is anything at `path`, even a link that leads nowhere.
    static func isThere(_ path: String) -> Bool { FileFacts(path: path) != nil }

    /// Makes and writes it; nothing that is there is overwritten, and no half of it stays.
    func write() throws(IdentityError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure("make", path) }
        defer { close(descriptor) }
        // Whatever the umask is.
        var isWritten = fchmod(descriptor, mode) == 0
        var rest = Array((text + "\n").utf8)[...]
        while isWritten, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            rest = rest.dropFirst(max(0, count))
        }
        guard isWritten else {
            let failure = Self.failure("write", path)
            remove()
            throw failure
        }
    }

    func remove() { unlink(path) }

    static func failure(_ attempt: String, _ path: String) -> IdentityError {
        let number = errno
        let hint = number == EACCES || number == EPERM ? "; try it with sudo" : ""
        let reason = String(cString: strerror(number))
        return IdentityError(path, "cannot \(attempt) it: \(reason)\(hint)")
    }
}

/// A certificate and its key, which are written together or not at all.
struct NewPEMPair {
    private let certificate: NewPEMFile
    private let key: NewPEMFile

    init(
        certificate: Certificate, to certificatePath: String, key: Certificate.PrivateKey,
        to keyPath: String
    ) throws(IdentityError) {
        do {
            self.certificate = NewPEMFile(
                path: certificatePath, mode: 0o644, text: try certificate.serializeAsPEM().pemString
            )
            self.key = NewPEMFile(
                path: keyPath, mode: 0o600, text: try key.serializeAsPEM().pemString)
        } catch {
            throw IdentityError(certificatePath, "cannot be put in PEM")
        }
    }

    /// Writes both. The key comes first: a certificate says that there is one.
    func write() throws(IdentityError) {
        try key.write()
        do throws(IdentityError) {
            try certificate.write()
        } catch {
            key.remove()
            throw error
        }
    }

    func remove() {
        certificate.remove()
        key.remove()
    }

    /// Puts both in the place of the named files. If the second fails, the first is undone.
    func replace(certificate certificatePath: String, key keyPath: String) throws(IdentityError) {
        let oldKey = keyPath + ".old"
        unlink(oldKey)
        let hasOldKey = link(keyPath, oldKey) == 0
        defer { unlink(oldKey) }
        guard rename(key.path, keyPath) == 0 else {
            let failure = NewPEMFile.failure("replace", keyPath)
            remove()
            throw failure
        }
        guard rename(certificate.path, certificatePath) == 0 else {
            let failure = NewPEMFile.failure("replace", certificatePath)
            if hasOldKey { rename(oldKey, keyPath) }
            remove()
            throw failure
        }
    }
}
