#!/usr/bin/env bash
# Pins the newest versions of the official clients in package.json, rust/Cargo.toml and their lock files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly clients=(@clevercloud/client@latest clever-tools@latest)

scratch=$(mktemp --directory)
trap 'rm -rf "$scratch"' EXIT
cp package.json package-lock.json .npmrc "$scratch/"
(cd "$scratch" && npm install --package-lock-only --save-exact --ignore-scripts --no-audit --no-fund --loglevel=error "${clients[@]}")
cp "$scratch/package.json" "$scratch/package-lock.json" .

newest=$(cargo info --quiet clevercloud-sdk 2>/dev/null | sed --quiet 's/^version: \([0-9.]*\).*/\1/p')
sed --in-place "s/^clevercloud-sdk = .*/clevercloud-sdk = \"=$newest\"/" rust/Cargo.toml
cargo update --quiet --manifest-path rust/Cargo.toml
git --no-pager diff --stat -- .
