# The index of what one can do here; `make help` prints it. CI calls the same targets a person does.

CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/clever-operator
KUBECTL ?= kubectl

DENY_VERSION := 0.20.2
DENY_ROOT    := $(CACHE)/tools/cargo-deny-$(DENY_VERSION)
DENY         := $(DENY_ROOT)/bin/cargo-deny

EDITOR_ROOT  := $(CACHE)/tools/editor

RECORDER_ROOT := $(CACHE)/tools/recorder

CLIENTS_ROOT := $(CACHE)/tools/clients

.DEFAULT_GOAL := help
.PHONY: help build run install generate control-plane demo recording editor clients clients-bump image-check chart test test-fast seeds model check format lint deny docs architecture examples

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## Build the operator: target/release/clever-operator
	scripts/image/build.sh

run: ## Run the operator against the cluster of KUBECONFIG
	cargo run --locked

install: ## Apply the CRDs to the cluster of KUBECONFIG
	$(KUBECTL) apply --server-side -k generated-crds/

generate: ## Write generated-crds/, docs/kinds/, docs/catalog-format.md, deployments/, dist/ and what the chart knows of kinds, from catalog/
	cargo run --quiet --locked -- crd generate generated-crds
	cargo run --quiet --locked -- catalog docs docs/kinds --format-reference docs/catalog-format.md
	scripts/manifests.sh

control-plane: ## Find etcd, kube-apiserver, kube-controller-manager, kubectl and helm, or build them (minutes, once)
	cargo run --quiet --locked --package control-plane -- ensure

demo: ## See it work in six steps, from a database to a kind of your own, then play with it until Ctrl-C
	@scripts/demo/run.sh

recording: $(RECORDER_ROOT)/package-lock.json ## Record the demo as docs/demo.svg (needs npm and Python)
	RECORDER_ROOT=$(RECORDER_ROOT) scripts/recording/record.sh

editor: $(EDITOR_ROOT)/package-lock.json ## Install the language server that editors run for YAML (needs npm)

clients: $(CLIENTS_ROOT)/package-lock.json ## Run the official clients of Clever Cloud against the sandbox (minutes; needs npm and OpenSSL's headers)
	CLIENTS_ROOT=$(CLIENTS_ROOT) tests/clients/run.sh

clients-bump: ## Pin the newest versions of the official clients; then run `UPDATE_EXPECTED=1 make clients`, and read the diff
	tests/clients/bump.sh

image-check: ## Build what the image holds, and run it as a container would (as root, minutes)
	scripts/image/check.sh

chart: ## Check the chart: every value, its rights, and a release on a real control plane (part of `make test`)
	cargo test --locked --test chart

test: check control-plane editor ## Run everything: the checks, then every suite, with its time (tests/README.md)
	scripts/test.sh

test-fast: ## Run the suites that need no control plane
	scripts/test.sh --fast

seeds: ## Play a million seeds of each simulated world (an hour and a half; `make test` plays ten thousand)
	WORLD_SEEDS=1000000 cargo test --package interpreter --locked --release --test world --test ownership_world -- --nocapture

model: ## Search every interleaving of two small worlds for a broken rule (about ten minutes, 2 GB; tests/model/README.md)
	cargo run --quiet --locked --release --package model

check: format lint deny docs architecture examples ## Run what needs no control plane: format, lints, dependencies, docs, architecture, examples

format: ## Check the format; `cargo fmt --all` mends it
	cargo fmt --all --check

lint: ## Check with clippy, warnings being errors
	cargo clippy --workspace --all-targets --locked -- --deny warnings

deny: $(DENY) ## Check licences, bans and sources of the dependencies (deny.toml)
	$(DENY) --workspace --locked check bans licenses sources

docs: ## Check that the documentation builds without a warning
	RUSTDOCFLAGS=--deny=warnings cargo doc --workspace --no-deps --locked

architecture: ## Check who names whom (tests/architecture/main.rs)
	cargo test --quiet --locked --test architecture

examples: ## Try the examples of the catalog against their recorded answers
	cargo run --quiet --locked -- catalog test

# In a folder of its own, so that it neither replaces nor depends on what the user has installed.
$(DENY):
	@echo "building cargo-deny $(DENY_VERSION) into $(DENY_ROOT): two or three minutes, once"
	env -u CARGO_TARGET_DIR cargo install cargo-deny --quiet --locked --version $(DENY_VERSION) --root $(DENY_ROOT)

# The lock file comes last: where it is, everything that it names is.
$(EDITOR_ROOT)/package-lock.json: tests/editor/package.json tests/editor/package-lock.json tests/editor/.npmrc
	mkdir -p $(EDITOR_ROOT)
	cp tests/editor/package.json tests/editor/package-lock.json tests/editor/.npmrc $(EDITOR_ROOT)/
	cd $(EDITOR_ROOT) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || { rm -f package-lock.json; exit 1; }
	touch $@

$(CLIENTS_ROOT)/package-lock.json: $(addprefix tests/clients/,package.json package-lock.json .npmrc)
	mkdir -p $(CLIENTS_ROOT)
	cp $^ $(CLIENTS_ROOT)/
	cd $(CLIENTS_ROOT) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || { rm -f package-lock.json; exit 1; }
	touch $@

$(RECORDER_ROOT)/package-lock.json: $(addprefix scripts/recording/,package.json package-lock.json .npmrc requirements.txt)
	mkdir -p $(RECORDER_ROOT)
	cp $^ $(RECORDER_ROOT)/
	cd $(RECORDER_ROOT) && python3 -m pip install --quiet --require-hashes --requirement requirements.txt --target python --upgrade \
		&& npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || { rm -f package-lock.json; exit 1; }
	touch $@
