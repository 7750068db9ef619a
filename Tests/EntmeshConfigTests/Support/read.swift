// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig

/// The settings that `yaml` says.
func settings(_ yaml: String) throws(ConfigError) -> HostSettings {
    try HostSettings(yaml: yaml, file: "host.yaml")
}

/// What is said of `yaml`, which is refused; nil if it is not.
func refusal(of yaml: String) -> String? {
    do throws(ConfigError) {
        _ = try settings(yaml)
        return nil
    } catch {
        return "\(error)"
    }
}
