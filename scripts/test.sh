#!/usr/bin/env bash
# Runs the test suites side by side, and prints the time of each.
#
#   scripts/test.sh              every suite
#   scripts/test.sh --fast       the suites that need no control plane
#   scripts/test.sh SUITE...     these suites
#   LANES=1 scripts/test.sh      one suite at a time
#
# A suite is a folder of tests/ with a main.rs (`cargo test --test SUITE`), or one of the functions below. The longest suites of the last
# run start first.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly fast_suites=(units interpreter sandbox model architecture language pages config catalog_commands cloud_client)
readonly logs=${CARGO_TARGET_DIR:-target}/test-logs
readonly lanes=${LANES:-2}
# These keep all cores busy, and their operators lose leases of three seconds if others do, too: they run after the lanes, one by one.
readonly alone=(crash_safety load)

# One build and one run for everything that is quick: `cargo test` takes half a second to find out that nothing is to be built.
units() { cargo test --workspace --locked --lib --bins && cargo test --workspace --locked --doc; }
interpreter() { test_package interpreter; }
sandbox() { test_package sandbox; }
model() { test_package tests/model; }
control-plane() { test_package control-plane; }
image() { scripts/image/check.sh; }
mutations() { tests/mutations/run.sh; }

# Runs the integration tests of a package. They are named one by one, because `--package` would build the dependencies with other features.
test_package() {
    local file arguments=()
    for file in "$1"/tests/*.rs; do
        arguments+=(--test "$(basename "$file" .rs)")
    done
    cargo test --workspace --locked "${arguments[@]}"
}

run_suite() {
    if declare -F "$1" >/dev/null; then
        "$1"
    else
        cargo test --workspace --locked --test "$1"
    fi
}

# Runs one suite, keeps its output and its time, and prints both if it fails.
report_suite() {
    local suite=$1 began=$SECONDS status=0
    run_suite "$suite" >"$logs/$suite.log" 2>&1 || status=$?
    local seconds=$((SECONDS - began))
    echo "$seconds" >"$logs/$suite.seconds"
    if ((status == 0)); then
        printf 'ok      %-22s %5d s\n' "$suite" "$seconds"
    else
        # In one write, so that lines of other suites do not come in between.
        printf 'FAILED  %-22s %5d s: the end of %s\n%s\n' "$suite" "$seconds" "$logs/$suite.log" \
            "$(tail -n 80 "$logs/$suite.log" | sed 's/^/    /')"
    fi
    return "$status"
}

all_suites() {
    local main
    printf '%s\n' units interpreter sandbox model control-plane image mutations
    for main in tests/*/main.rs; do
        basename "$(dirname "$main")"
    done
}

# Prints the suites with the longest first, as the last run measured them; a suite that never ran counts as long.
longest_first() {
    local suite
    while read -r suite; do
        printf '%s %s\n' "$(cat "$logs/$suite.seconds" 2>/dev/null || echo 999)" "$suite"
    done | sort --numeric-sort --reverse | cut --delimiter=' ' --fields=2
}

# Called by xargs, below.
if [[ ${1:-} == --one ]]; then
    report_suite "$2"
    exit
fi

mkdir -p "$logs"
if [[ ${1:-} == --fast ]]; then
    # The harness refuses to start a control plane then.
    export CONTROL_PLANE=none
    suites=$(printf '%s\n' "${fast_suites[@]}")
elif (($# > 0)); then
    suites=$(printf '%s\n' "$@")
else
    suites=$(all_suites)
fi

began=$SECONDS
# Built once and in one go, so that the lanes only run.
cargo test --workspace --locked --no-run --quiet || exit
printf 'built                          %5d s\n' "$((SECONDS - began))"
last=$(grep --line-regexp --fixed-strings --file=<(printf '%s\n' "${alone[@]}") <<<"$suites")
status=0
{ grep --line-regexp --invert-match --fixed-strings --file=<(printf '%s\n' "${alone[@]}") <<<"$suites" || true; } | longest_first |
    xargs --no-run-if-empty --max-args=1 --max-procs="$lanes" "${BASH_SOURCE[0]}" --one || status=1
xargs --no-run-if-empty --max-args=1 "${BASH_SOURCE[0]}" --one <<<"$last" || status=1
printf 'total                          %5d s in %d lanes; the output is in %s\n' "$((SECONDS - began))" "$lanes" "$logs"
exit "$status"
