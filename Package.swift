// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import PackageDescription

/// The dialect of every Swift target: strict, and a warning is an error.
let dialect: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// Host programs are bound at start (`-z now`): lazy binding spills vector registers, and with
// them pieces of entropy, to the stack.
let bindNow: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

/// The sanitizers of CI build only what stands without NIO and libvirt: a third of the time.
let isCoreOnly = Context.environment["ENTMESH_CORE_ONLY"] != nil

let coreDependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
]

let hostDependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
]

let coreTargets: [Target] = [
    // The core: no IO, no clock, no Foundation. Also compiled for the guest.
    .target(name: "CZeroize"),
    .target(name: "EntmeshNode", dependencies: ["CZeroize"], swiftSettings: dialect),
    .target(
        name: "EntmeshConnection", dependencies: ["CZeroize", "EntmeshNode"],
        swiftSettings: dialect),
    .target(
        name: "EntmeshMesh", dependencies: ["EntmeshConnection", "EntmeshNode"],
        swiftSettings: dialect),

    // Linux, and the guest agent on top of it. Also compiled for the guest.
    .target(name: "CEntmeshLinux"),
    .target(
        name: "EntmeshLinux", dependencies: ["CEntmeshLinux", "CZeroize", "EntmeshNode"],
        swiftSettings: dialect),
    .target(
        name: "EntmeshGuest", dependencies: ["EntmeshConnection", "EntmeshLinux", "EntmeshNode"],
        swiftSettings: dialect),

    // What the host adds and needs no network library for.
    .target(name: "EntmeshThreads", swiftSettings: dialect),
    .target(name: "CEntmeshSources"),
    .target(
        name: "EntmeshSources",
        dependencies: [
            "CEntmeshSources", "CZeroize", "EntmeshNode", "EntmeshThreads",
            .product(name: "Crypto", package: "swift-crypto"),
        ], swiftSettings: dialect),
    .target(name: "EntmeshControl", swiftSettings: dialect),
    .target(
        name: "EntmeshConfig",
        dependencies: [
            "EntmeshConnection", "EntmeshControl", "EntmeshMesh", "EntmeshSources",
            .product(name: "Yams", package: "Yams"),
        ], swiftSettings: dialect),

    // The mesh in virtual time: no clock, no IO, a seeded generator.
    .target(
        name: "EntmeshSimulation",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshMesh", "EntmeshNode", "EntmeshSources",
            .product(name: "Crypto", package: "swift-crypto"),
        ], swiftSettings: dialect),

    // Fuzzing: one program for all targets; without libFuzzer it replays files.
    .target(name: "CFuzzDriver", path: "Tests/Fuzz/CFuzzDriver"),
    .target(
        name: "EntmeshFuzz",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshControl", "EntmeshNode", "EntmeshSources",
        ],
        path: "Tests/Fuzz/EntmeshFuzz", swiftSettings: dialect),
    .executableTarget(
        name: "entmesh-fuzz", dependencies: ["CFuzzDriver", "EntmeshFuzz"],
        path: "Tests/Fuzz/entmesh-fuzz", swiftSettings: dialect),

    // What `make bench` measures the sources and the tank with.
    .executableTarget(
        name: "bench-tank",
        dependencies: ["EntmeshNode", "EntmeshSources"],
        path: "Benchmarks/bench-tank", swiftSettings: dialect, linkerSettings: bindNow),

    // What several of the tests below share.
    .target(
        name: "EntmeshCoreTestSupport", dependencies: ["EntmeshLinux"],
        path: "Tests/EntmeshCoreTestSupport", swiftSettings: dialect),
    // Directories, child processes and waiting.
    .target(name: "EntmeshTestSupport", path: "Tests/EntmeshTestSupport", swiftSettings: dialect),
    .testTarget(
        name: "FuzzCorpusTests", dependencies: ["EntmeshFuzz"], path: "Tests/Fuzz/FuzzCorpusTests",
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshNodeTests", dependencies: ["EntmeshCoreTestSupport", "EntmeshNode"],
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshConnectionTests", dependencies: ["EntmeshConnection", "EntmeshNode"],
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshMeshTests",
        dependencies: [
            "EntmeshConnection", "EntmeshCoreTestSupport", "EntmeshMesh", "EntmeshNode",
        ], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshLinuxTests",
        dependencies: ["EntmeshCoreTestSupport", "EntmeshLinux", "EntmeshNode"],
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshSourcesTests",
        dependencies: [
            "EntmeshCoreTestSupport", "EntmeshNode", "EntmeshSources", "EntmeshTestSupport",
            "EntmeshThreads",
            .product(name: "Crypto", package: "swift-crypto"),
        ], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshGuestTests",
        dependencies: [
            "EntmeshConnection", "EntmeshCoreTestSupport", "EntmeshGuest", "EntmeshLinux",
            "EntmeshNode",
        ],
        exclude: ["aarch64.py", "end_to_end.py", "fake_host.py"], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshConfigTests",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshMesh", "EntmeshSources",
            "EntmeshTestSupport",
        ], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshSimulationTests",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshNode", "EntmeshSimulation",
        ], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshControlTests", dependencies: ["EntmeshControl"], swiftSettings: dialect),
]

let hostTargets: [Target] = [
    .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
    .target(
        name: "EntmeshLibvirt", dependencies: ["CLibvirt", "EntmeshThreads"],
        swiftSettings: dialect),
    // What changes domains: for the command line only, never for the daemon.
    .target(
        name: "EntmeshLibvirtWrite", dependencies: ["CLibvirt", "EntmeshLibvirt"],
        swiftSettings: dialect),
    // Who is a host of ours: certificates for the links between hosts. No network library.
    .target(
        name: "EntmeshCertificates",
        dependencies: [
            "EntmeshConnection", "EntmeshControl",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "SwiftASN1", package: "swift-asn1"),
            .product(name: "X509", package: "swift-certificates"),
        ], swiftSettings: dialect),
    .target(name: "CEntmeshHost"),
    .target(
        name: "EntmeshHost",
        dependencies: nio + [
            "CEntmeshHost", "CEntmeshLinux", "CZeroize", "EntmeshCertificates", "EntmeshConfig",
            "EntmeshConnection", "EntmeshControl", "EntmeshLibvirt", "EntmeshLinux", "EntmeshMesh",
            "EntmeshNode", "EntmeshSources",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOTLS", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ], swiftSettings: dialect),
    .executableTarget(
        name: "entmesh-host",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshControl", "EntmeshHost", "EntmeshLinux",
            "EntmeshSources",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        path: "host-agent/Sources/entmesh-host", swiftSettings: dialect,
        linkerSettings: bindNow),
    .target(name: "CEntmeshCommand"),
    .executableTarget(
        name: "entmesh",
        dependencies: nio + [
            "CEntmeshCommand", "EntmeshCertificates", "EntmeshConfig", "EntmeshControl",
            "EntmeshLibvirt", "EntmeshLibvirtWrite", "EntmeshSimulation",
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "host-agent/Sources/entmesh", swiftSettings: dialect,
        linkerSettings: bindNow),

    // What `make bench` measures links between hosts with.
    .executableTarget(
        name: "bench-mesh",
        dependencies: nio + [
            "EntmeshCertificates", "EntmeshConfig", "EntmeshConnection", "EntmeshControl",
            "EntmeshHost", "EntmeshLinux", "EntmeshNode", "EntmeshSources",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOTLS", package: "swift-nio"),
        ], path: "Benchmarks/bench-mesh", swiftSettings: dialect, linkerSettings: bindNow),

    // Programs of the end-to-end scenarios; never installed.
    .executableTarget(
        name: "entmesh-host-tagged",
        dependencies: [
            "EntmeshConfig", "EntmeshConnection", "EntmeshControl", "EntmeshHost", "EntmeshLinux",
            "EntmeshNode",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "Logging", package: "swift-log"),
        ],
        path: "Tests/EndToEnd/Programs/entmesh-host-tagged", swiftSettings: dialect,
        linkerSettings: bindNow),
    .executableTarget(
        name: "pool-stand-in",
        dependencies: [
            "EntmeshConnection", "EntmeshLinux", "EntmeshNode",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "Tests/EndToEnd/Programs/pool-stand-in", swiftSettings: dialect,
        linkerSettings: bindNow),

    .testTarget(
        name: "EntmeshCertificatesTests",
        dependencies: [
            "EntmeshCertificates", "EntmeshTestSupport",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "_CryptoExtras", package: "swift-crypto"),
            .product(name: "SwiftASN1", package: "swift-asn1"),
            .product(name: "X509", package: "swift-certificates"),
        ], swiftSettings: dialect),
    .testTarget(
        name: "EntmeshLibvirtTests", dependencies: ["CLibvirt", "EntmeshLibvirt"],
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshLibvirtWriteTests",
        dependencies: ["EntmeshLibvirt", "EntmeshLibvirtWrite", "EntmeshTestSupport"],
        swiftSettings: dialect),
    .testTarget(
        name: "EntmeshHostTests",
        dependencies: nio + [
            "EntmeshCertificates", "EntmeshConfig", "EntmeshConnection", "EntmeshControl",
            "EntmeshCoreTestSupport", "EntmeshHost", "EntmeshLibvirt", "EntmeshLinux",
            "EntmeshMesh", "EntmeshNode", "EntmeshSources", "EntmeshTestSupport",
            "entmesh-host",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
        ], swiftSettings: dialect),
    // The programs as they are built, and what is in them.
    .testTarget(
        name: "EntmeshCommandTests",
        dependencies: nio + [
            "EntmeshControl", "EntmeshLibvirt", "EntmeshLibvirtWrite", "EntmeshTestSupport",
            "entmesh",
        ],
        swiftSettings: dialect),
]

let package = Package(
    name: "entmesh",
    products: [
        // What the guest agent's own package builds on, in Embedded Swift.
        .library(name: "EntmeshGuest", targets: ["EntmeshGuest"])
    ]
        + (isCoreOnly
            ? []
            : [
                .executable(name: "entmesh-host", targets: ["entmesh-host"]),
                .executable(name: "entmesh", targets: ["entmesh"]),
            ]),
    dependencies: coreDependencies + (isCoreOnly ? [] : hostDependencies),
    targets: coreTargets + (isCoreOnly ? [] : hostTargets)
)
