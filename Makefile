# Every command a developer needs. `make demo` shows APRES, `make test` runs all tests, `make check` is what CI runs.

SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),target)
LISTEN ?= 127.0.0.1:8600

.DEFAULT_GOAL := help
.PHONY: help demo build test attack check bench assets deps fmt lint doc deny clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: build ## Build all and show the dashboard of a synthetic territory on http://localhost:8600
	$(TARGET)/release/apres demo --listen $(LISTEN)

build: assets ## Build the program
	cargo build --release --locked -p apres

test: deps assets ## Run all tests, the browser's too
	tests/run.sh

attack: deps build ## Attack what is released, and the program over HTTP, with everything, and print what was found
	APRES_SLOW_TESTS=1 APRES_PROGRAM=$(TARGET)/release/apres cargo test --locked --release --manifest-path attack/Cargo.toml -- --include-ignored --nocapture

check: ## What CI runs: format, lints, documentation, dependencies, tests
	$(MAKE) --no-print-directory deps assets
	cargo fmt --all -- --check
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory doc
	$(MAKE) --no-print-directory deny
	$(MAKE) --no-print-directory test

bench: build ## Run the benchmarks
	cargo bench --locked -p apres-synth --bench read
	cargo bench --locked -p apres-protect --bench cube --bench decide
	bench/parsers/run.sh
	bench/memory.sh
	bench/spells/beside.sh
	bench/link/run.sh

assets: node_modules/.package-lock.json ## Fetch the third-party files, as locked

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

deps: ## Install what the tests need, if missing
	tests/deps.sh

fmt: ## Format the code
	cargo fmt --all

lint: ## Lint the code; a warning is an error
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --manifest-path attack/Cargo.toml --all-targets -- -D warnings

doc: ## Build the documentation, private items too
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

deny: ## Check licences, sources and banned dependencies
	cargo deny --locked check bans licenses sources

clean: ## Remove what was built and fetched
	cargo clean
	rm -rf node_modules
