#!/usr/bin/env bash
# Builds the programs of the demo that are missing or outdated. For a cluster of the reader's, these are the operator and the sandbox.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Time of one core to build the operator and the sandbox, in minutes.
readonly rust_minutes=5
target=${CARGO_TARGET_DIR:-target}/demo
packages=(--package clever-operator --package clever-sandbox)
[[ -n ${KUBECONFIG:-} ]] || packages+=(--package control-plane)

command -v cargo >/dev/null || { echo "demo: cargo is missing: install Rust, and add it to PATH" >&2; exit 1; }
if [[ ! -x $target/clever-operator ]]; then
    cores=$(getconf _NPROCESSORS_ONLN)
    echo "demo: the first run builds the operator and the sandbox (Rust): about $(((rust_minutes + cores - 1) / cores)) min on $cores cores"
    [[ -n ${KUBECONFIG:-} ]] || echo "demo: then a Kubernetes control plane (Go), unless there is one; a KUBECONFIG of yours makes it unnecessary"
fi
cargo build --locked --profile demo "${packages[@]}"
if [[ -z ${KUBECONFIG:-} ]]; then
    "$target/control-plane" ensure --light etcd kube-apiserver kube-controller-manager kubectl >/dev/null
fi
