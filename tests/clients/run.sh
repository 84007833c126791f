#!/usr/bin/env bash
# Builds the programs and the Rust client, and runs the official clients against the sandbox, also on add-ons that the operator made.
#
#   CLIENTS_ROOT=FOLDER tests/clients/run.sh      the folder has what npm installs for tests/clients/package.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly root=${CLIENTS_ROOT:?the folder of the clients}
readonly manifest=tests/clients/rust/Cargo.toml

cargo build --quiet --locked --package clever-sandbox --package clever-operator --package control-plane
cargo build --quiet --locked --manifest-path "$manifest" --target-dir "$root/rust"

# The clients need a newer Node.js than many machines have. npm has one for Linux.
node=$(find "$root"/node_modules/node-*/bin/node -prune 2>/dev/null | head -n 1)
readonly node=${node:-node}

# shellcheck disable=SC2016 # JavaScript
readonly manifest_of_sdk='JSON.parse(require("fs").readFileSync(0)).packages.find(({ name }) => name === "clevercloud-sdk").manifest_path'
source=$(cargo metadata --locked --format-version 1 --manifest-path "$manifest" | "$node" --print "$manifest_of_sdk")

exec "$node" tests/clients/main.js "${CARGO_TARGET_DIR:-target}/debug" "$root" "$root/rust/debug/official-rust-client" \
    "$(dirname "$source")"
