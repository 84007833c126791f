#!/usr/bin/env bash
# Takes each part of the planner's rules away, one patch at a time, in a copy, and demands that the simulated world notices.
#
#   tests/mutations/run.sh             every patch
#   tests/mutations/run.sh fence wait  those whose name contains one of these words
#
# A patch opens with the rule that it takes away, the world that must notice (of one resource, unless it says `ownership_world`), and the named story
# that must catch it. `Seeds` says how many seeds it needs, if those of the run are too few. Where a rule's code has moved, its patch no longer
# applies, and the run fails: take the rule away again in the new code, and write the patch anew (git diff --no-prefix).
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/mutations"
export WORLD_SEEDS="${WORLD_SEEDS:-2000}"

# A crate of its own with nothing but the planner and the machine: proof, too, that these two need nothing else.
lay_out() {
    rm -rf "$copy/interpreter"
    mkdir -p "$copy/interpreter/src/reconcile" "$copy/interpreter/tests"
    cp -r "$root/interpreter/src/plan" "$copy/interpreter/src/"
    cp "$root"/interpreter/src/reconcile/{effect,machine,marked_resource,record_keys}.rs "$copy/interpreter/src/reconcile/"
    printf '//! The machine, the keys of records, and the text of marks.\n\nmod effect;\nmod machine;\nmod marked_resource;\nmod record_keys;\n\npub use effect::*;\npub use machine::*;\npub use marked_resource::*;\npub use record_keys::*;\n' \
        > "$copy/interpreter/src/reconcile/mod.rs"
    cp -r "$root"/interpreter/tests/{world,ownership_world}{,.rs} "$copy/interpreter/tests/"
    printf '//! Planner and machine alone.\n\npub mod plan;\npub mod reconcile;\n' > "$copy/interpreter/src/lib.rs"
    {
        printf '[package]\nname = "interpreter"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
        grep -E '^(serde(_json)?|hmac|sha2) = .*"[0-9]' "$root/Cargo.toml"
        printf '\n[profile.dev]\nopt-level = 1\ndebug = false\n\n[workspace]\n'
    } > "$copy/interpreter/Cargo.toml"
    cp "$root/Cargo.lock" "$copy/interpreter/Cargo.lock"
}

# Runs a simulated world in the copy, that of one resource or that of many; leaves what it says in $copy/log.
world() {
    (cd "$copy/interpreter" && cargo test --quiet --offline --test "$1" -- --nocapture) > "$copy/log" 2>&1
}

# The verdict on one patch, in one line; 0 if the patch was caught by its story, or by a seed where it names none.
judge() {
    local story verdict seeds world wanted
    story=$(sed -n 's/^Story: //p' "$1")
    world=$(sed -n 's/^World: //p' "$1")
    wanted=$(sed -n 's/^Seeds: //p' "$1")
    lay_out
    if ! (cd "$copy" && git apply -p0 "$1") > "$copy/log" 2>&1; then
        echo "NO LONGER APPLIES: $(head -n 1 "$copy/log")"
        return 1
    fi
    if WORLD_SEEDS=${wanted:-$WORLD_SEEDS} world "${world:-world}"; then
        echo "NOT CAUGHT"
        return 1
    fi
    if grep -q 'could not compile' "$copy/log"; then
        echo "DOES NOT COMPILE: $(grep -m 1 '^error' "$copy/log")"
        return 1
    fi
    seeds=$(sed -n 's/^\([0-9]* of [0-9]* seeds\) break an invariant.*/\1/p' "$copy/log" | head -n 1)
    verdict=$(grep -F "$story: " "$copy/log" | grep -v 'did not happen' | head -n 1 | sed 's/^.*: \([A-Z]\)/\1/')
    if [ "$story" = "(any seed)" ]; then
        echo "${seeds:-NOT CAUGHT by a seed}"
        [ -n "$seeds" ]
        return
    fi
    if [ -z "$verdict" ]; then
        echo "NOT CAUGHT BY ITS STORY, only by: ${seeds:-no seed}"
        return 1
    fi
    echo "$verdict (story); ${seeds:-no seed of $WORLD_SEEDS}"
}

wanted() {
    local word
    [ "$#" -eq 1 ] && return 0
    for word in "${@:2}"; do
        [[ $1 == *"$word"* ]] && return 0
    done
    return 1
}

lay_out
if ! { world world && world ownership_world; }; then
    echo "the planner as it is does not pass:"
    tail -n 40 "$copy/log"
    exit 1
fi
printf '%-52s %s\n' "as it is" "passes"

count=0 bad=0
for patch in "$here"/*.patch; do
    name=$(basename "$patch" .patch)
    wanted "$name" "$@" || continue
    count=$((count + 1))
    verdict=$(judge "$patch") || bad=$((bad + 1))
    printf '%-52s %s\n' "$name" "$verdict"
done
echo "$count rules taken away, $((count - bad)) caught"
[ "$bad" -eq 0 ] && [ "$count" -gt 0 ]
