# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: 2026 The entmesh authors

# `make run` shows the product at work, `make test` runs every test; both install what they need.
# `make help` lists the rest.

SWIFT ?= swift
GUEST := guest-agent/build/entmesh-guest
RIG := Tests/EndToEnd/rig
CORE := ENTMESH_CORE_ONLY=1
FUZZ_SECONDS ?= 60
SEEDS ?= 2000

# The programs are linked with the Swift runtime in them: no toolchain where they are installed.
RELEASE := -c release --static-swift-stdlib

# Two nested hypervisors at once would share what is kept, and two builds the machine.
.NOTPARALLEL:

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

.PHONY: run
run: ## The main job: three guests in a nested hypervisor are fed, one is restored (HOST=1: on this machine)
ifdef HOST
	@$(MAKE) --no-print-directory host
	@Tests/EndToEnd/run-here
else
	@$(MAKE) --no-print-directory guest host
	@$(RIG)/boot --quiet-kernel --attempts 2 --timeout 900 -- $(CURDIR)/Tests/EndToEnd/demo.py
endif

.PHONY: test
test: deps lint model test-unit test-guest test-wipe test-packages test-manual test-simulate ## Quick tests, without the nested hypervisor

.PHONY: test-all
test-all: test test-baking run test-e2e test-mesh test-packages-e2e sanitize-core ## Every test, as CI runs them; about an hour on 2 cores

.PHONY: deps
deps: ## Install the Debian packages that building and testing need
	@./install-dependencies

.PHONY: guest
guest: deps ## Build the static guest agent: guest-agent/build/entmesh-guest
	@guest-agent/make-sdk
	@guest-agent/build-static

.PHONY: guest-aarch64
guest-aarch64: deps ## The same for 64-bit ARM: guest-agent/build/aarch64/entmesh-guest
	@guest-agent/make-sdk-aarch64
	@guest-agent/build-static aarch64

.PHONY: guest-tree
guest-tree: guest guest-aarch64 ## What an image gets, with its install.sh: guest-agent/build/tree
	@guest-agent/make-tree

.PHONY: guest-tarball
guest-tarball: guest guest-aarch64 ## The same as guest-agent/build/entmesh-guest-VERSION.tar.gz
	@guest-agent/make-tree --tarball

.PHONY: host
host: deps ## Build entmesh-host and entmesh in release: .build/release
	$(SWIFT) build $(RELEASE)

.PHONY: deb
deb: host guest-tree ## The Debian packages entmesh-host and entmesh-guest: host-agent/build
	@dpkg-checkbuilddeps
	@env -u MAKEFLAGS -u MFLAGS debian/rules clean binary

.PHONY: test-packages
test-packages: deb ## The Debian packages: contents, lintian, confinement, installation to purge in a root of their own
	@Tests/Packages/check

.PHONY: lint
lint: ## The formatter's strict opinion of every Swift file
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests host-agent guest-agent/Package.swift guest-agent/Sources

.PHONY: format
format: ## Let the formatter rewrite what it can
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests host-agent guest-agent/Package.swift guest-agent/Sources

.PHONY: test-unit
test-unit: ## Unit tests, debug, with coverage
	$(SWIFT) build --build-tests --enable-code-coverage
	$(SWIFT) test --skip-build --enable-code-coverage
	Tests/coverage .build/debug --gate
	Tests/CompileFail/check.sh .build/debug

.PHONY: test-guest
test-guest: guest guest-aarch64 ## The static guest agent: self-test, over a UNIX socket, wipe scan, aarch64
	guest-agent/test

.PHONY: test-baking
test-baking: guest-tarball host ## What an image gets; each command of docs/baking.md against scratch roots
	Tests/Baking/run --slow

.PHONY: test-e2e
test-e2e: ## All scenarios in the nested hypervisor but those of test-mesh (needs guest-tree and host)
	@$(RIG)/early-boot-images
	@$(RIG)/boot --quiet-kernel --attempts 3 --timeout 1800 -- $(CURDIR)/Tests/EndToEnd/main.py --without mesh

.PHONY: test-mesh
test-mesh: ## Hosts that feed hosts, each on a network of its own, in the nested hypervisor (needs guest and host)
	@$(RIG)/boot --quiet-kernel --attempts 2 --timeout 1200 -- $(CURDIR)/Tests/EndToEnd/main.py mesh

.PHONY: test-packages-e2e
test-packages-e2e: ## The packages on a hypervisor with systemd, from installation to purge (needs deb)
	@$(RIG)/boot --root debian --quiet-kernel --attempts 3 --timeout 1200 -- $(CURDIR)/Tests/EndToEnd/packages.py

.PHONY: test-wipe
test-wipe: guest host ## No piece of a delivered block is left in the daemon's memory
	Tests/WipeScan/host_scan.py .build/release

.PHONY: test-manual
test-manual: guest-tree host ## Manual and documents have every command, option, key and status, and no other
	Tests/Manual/check

.PHONY: coverage
coverage: test-unit ## Line coverage by file
	Tests/coverage .build/debug

.PHONY: sanitize
sanitize: ## All unit tests under the address and thread sanitizers
	ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16 $(SWIFT) test --sanitize=address --disable-xctest --scratch-path .build-asan
	$(SWIFT) test --sanitize=thread --scratch-path .build-tsan

.PHONY: sanitize-core
sanitize-core: ## The same for the targets without NIO
	$(CORE) ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=address --disable-xctest --scratch-path .build-asan-core
	$(CORE) $(SWIFT) test --sanitize=thread --scratch-path .build-tsan-core

.PHONY: fuzz
fuzz: ## Each fuzz target for FUZZ_SECONDS with the address sanitizer
	Tests/Fuzz/run $(FUZZ_SECONDS)

.PHONY: model
model: deps ## The protocol's model, checked by spin; about a minute and a half
	Tests/Model/check

.PHONY: bench
bench: guest host ## Ratios against the bare C programs in Benchmarks/
	Benchmarks/run

.PHONY: simulate
simulate: host ## SEEDS runs of the scenario in which everything goes wrong
	Tests/simulate .build/release/entmesh chaos $(SEEDS)

.PHONY: test-simulate
test-simulate: host ## 200 of them, 50 with loops, and each shipped scenario once
	Tests/simulate .build/release/entmesh chaos 200
	Tests/simulate .build/release/entmesh loops 50
	Tests/simulate .build/release/entmesh shipped

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build .build-* guest-agent/.build* guest-agent/build guest-agent/sdks
