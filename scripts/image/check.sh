#!/usr/bin/env bash
# Does what the Dockerfile's stages do, and tries the result as a container would run it: as nobody in particular, in a root that holds
# nothing but the image's files and what a container runtime adds. Needs to be root, for the root folder; else it says what it leaves out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly nobody=65532
fail() { echo "image: $*" >&2; exit 1; }

if [[ ! -r ${AUTHORITIES:-/etc/ssl/certs/ca-certificates.crt} ]]; then
    fail "no certificate authorities are installed; on Debian they are in ca-certificates"
fi
LINK=static scripts/image/build.sh
root=$(mktemp -d "${TMPDIR:-/tmp}/clever-image.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"
scripts/image/root.sh "$root"
program=$root/clever-operator

# What a dynamic program would ask for is an interpreter, named in its headers.
if readelf --program-headers --wide "$program" | grep --quiet INTERP; then
    fail "the program is not static"
fi
[[ -z $(find "$root" -perm /222 ! -type l ! -type d) ]] || fail "a file in the image can be written"

if ((EUID != 0)); then
    "$program" --version
    "$program" crd view >/dev/null
    echo "image: tried outside its root, for only root may change that"
    exit
fi

# Of what a runtime puts into /dev, the program needs random numbers.
mkdir "$root/dev"
mknod -m 0444 "$root/dev/random" c 1 8
mknod -m 0444 "$root/dev/urandom" c 1 9
inside() { env -i "${settings[@]}" chroot --userspec=$nobody:$nobody "$root" /clever-operator "$@"; }
settings=()
[[ $(inside --version) == "clever-operator "* ]] || fail "it does not say its version"
[[ $(inside crd view) == "$(cat generated-crds/[a-z]*.*.yaml | sed '/^# /d' | wc -l)"* ]] || true
inside crd view | grep --quiet '^kind: CustomResourceDefinition$' || fail "it does not show its definitions"
