#!/usr/bin/env bash
# Builds target/release/clever-operator: the image's one program, linked statically where the machine has a static C library.
#   LINK=static   where it has none, that is an error; so it is for the image
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Only the program itself: what the compiler loads while it builds cannot be static.
static=(-- -C target-feature=+crt-static)
if ! echo 'int main(void) { return 0; }' | cc -static -x c -o /dev/null - 2>/dev/null; then
    if [[ ${LINK:-} == static ]]; then
        echo "build: no static C library is installed; on Debian it is in libc6-dev" >&2
        exit 1
    fi
    static=()
fi
cargo rustc --release --locked --bin clever-operator "${static[@]}"
