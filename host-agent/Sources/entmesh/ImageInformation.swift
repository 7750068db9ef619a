// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What `qemu-img info --output=json` says of an image.
struct ImageInformation: Decodable {
    private struct Specific: Decodable {
        struct Data: Decodable {
            let dataFile: String?

            enum CodingKeys: String, CodingKey {
                case dataFile = "data-file"
            }
        }

        let data: Data?
    }

    /// The name of a format of QEMU, as `raw`.
    let format: String
    private let backingFile: String?
    private let specific: Specific?

    private enum CodingKeys: String, CodingKey {
        case format
        case backingFile = "backing-filename"
        case specific = "format-specific"
    }

    /// Another file that the image says is a part of it; nil if it needs none.
    var otherFile: String? { backingFile ?? specific?.data?.dataFile }
}
