#!/usr/bin/env bash
# Does what the Dockerfile's stages do, and runs the result as a container would be: as nobody in particular, in a root that holds nothing
# but the image's files and what a container runtime adds, with the applied deployment's variables and rights. Only root may change the root
# folder of a program: who is not root is told that this part is left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() { echo "image: $*" >&2; exit 1; }

root=$(mktemp -d "${TMPDIR:-/tmp}/clever-image.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"

LINK=static scripts/image/build.sh
scripts/image/root.sh "$root"
# What a program that is not static asks for is an interpreter, named in its headers.
if readelf --program-headers --wide "$root/clever-operator" | grep --quiet INTERP; then
    fail "the program is not static"
fi
ignored=(cargo test --locked --test deployment -- --ignored)
if ((EUID != 0)); then
    echo "image: not run in its own root, for which one has to be root" >&2
    "${ignored[@]}" built_from_source
    exit
fi
# Of what a runtime puts into /dev, the program needs random numbers.
mkdir "$root/dev"
mknod -m 0444 "$root/dev/random" c 1 8
mknod -m 0444 "$root/dev/urandom" c 1 9
IMAGE_ROOT=$root "${ignored[@]}"
