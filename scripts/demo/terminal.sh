# What the reader sees: headings, explanations, and commands with their output.

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    readonly bold=$'\e[1m' blue=$'\e[1;34m' green=$'\e[1;32m' red=$'\e[1;31m' yellow=$'\e[33m' dim=$'\e[2m' plain=$'\e[0m'
else
    readonly bold='' blue='' green='' red='' yellow='' dim='' plain=''
fi

# progress TEXT: a line on the way to the steps.
progress() { printf '%sdemo: %s%s\n' "$dim" "$*" "$plain"; }

# heading TEXT: the title of a step. say TEXT: its explanation.
heading() { printf '\n%s%s%s\n' "$blue" "$*" "$plain"; }
say() { sed "s/.*/$yellow# &$plain/" <<<"$*"; }

# run COMMAND: shows a command as a user types it, and runs it.
run() {
    typed "$1"
    supervise "$1"
}

# run_until COMMAND CONDITION…: shows and runs a command that does not end by itself, and interrupts it once each CONDITION succeeds.
run_until() {
    typed "$1"
    shift
    background "${last_typed}"
    watching=$!
    local condition
    for condition; do
        quietly "$condition"
    done
    end_watching
    printf '%s^C%s\n' "$dim" "$plain"
}

# quietly COMMAND: runs a command that explains nothing. Its output is shown only if it fails.
quietly() {
    supervise "$1 >'$work/quietly' 2>&1" || { cat "$work/quietly" >&2; fail "this failed: $1"; }
}

# until_works COMMAND: repeats a command that only reads until it succeeds.
until_works() {
    local began=$SECONDS report=5
    until eval "$1" >"$work/quietly" 2>&1; do
        if ((SECONDS - began >= report)); then
            progress "still waiting, $report s"
            ((report += 5))
        fi
        ((SECONDS - began < 120)) || { cat "$work/quietly" >&2; fail "this did not succeed within two minutes: $1"; }
        supervise 'sleep 0.3'
    done
}

typed() {
    # Readers need time for the output of the command before.
    [[ -z ${DEMO_PACE:-} ]] || sleep "$DEMO_PACE"
    last_typed=$1
    printf '%s$%s %s%s%s\n' "$green" "$plain" "$bold" "$1" "$plain"
    [[ -z ${DEMO_PACE:-} ]] || sleep "$DEMO_PACE"
}

fail() {
    printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2
    exit 1
}
