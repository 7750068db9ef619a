// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import PackageDescription

/// The dialect of the root package.
let dialect: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// The same sources as the root package. Nothing here says "Embedded": the Swift SDK that ./make-sdk
// makes does, for ./build-static; without it this package builds as ordinary Swift.
let package = Package(
    name: "guest-agent",
    products: [
        .executable(name: "entmesh-guest", targets: ["entmesh-guest"]),
        .executable(name: "selftest", targets: ["selftest"]),
    ],
    dependencies: [.package(name: "entmesh", path: "..")],
    targets: [
        .target(name: "CFixedMemory"),
        .executableTarget(
            name: "entmesh-guest",
            dependencies: ["CFixedMemory", .product(name: "EntmeshGuest", package: "entmesh")],
            swiftSettings: dialect),
        .executableTarget(
            name: "selftest",
            dependencies: ["CFixedMemory", .product(name: "EntmeshGuest", package: "entmesh")],
            swiftSettings: dialect),
    ]
)
