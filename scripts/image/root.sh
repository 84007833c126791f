#!/usr/bin/env bash
# Lays out what the image holds: the program, and the public certificate authorities by which it knows a cloud. Nothing else: no shell either.
#   scripts/image/root.sh FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

root=$1
authorities=${AUTHORITIES:-/etc/ssl/certs/ca-certificates.crt}
install -D --mode=0555 "${CARGO_TARGET_DIR:-target}/release/clever-operator" "$root/clever-operator"
install -D --mode=0444 "$authorities" "$root/etc/ssl/certs/ca-certificates.crt"
