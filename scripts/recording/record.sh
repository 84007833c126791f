#!/usr/bin/env bash
# Runs the demo, records it, and writes docs/demo.svg. `make recording` installs the tools into RECORDER_ROOT.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly columns=100 rows=28
readonly largest=600000 # bytes of the picture, which every reader of the README downloads
tools=${RECORDER_ROOT:?run \`make recording\`, which sets it}
work=$(mktemp -d "${TMPDIR:-/tmp}/clever-recording.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset KUBECONFIG KUBECTL NO_COLOR

# Built first, so that the recording does not show it.
scripts/demo/build.sh

# The prompt is printed, the rest is the demo as it runs. Waits are cut to the idle time limit.
cat >"$work/session.sh" <<'END'
printf '\e[1;32m$\e[0m \e[1mmake demo\e[0m\n'
DEMO_ONCE=1 DEMO_PACE=0.7 make --no-print-directory demo || exit
sleep 3
printf '\n'
END
CARGO_TERM_QUIET=true TERM=xterm-256color PYTHONPATH=$tools/python python3 -m asciinema rec --quiet --cols "$columns" --rows "$rows" \
    --idle-time-limit 2 --command "bash $work/session.sh" "$work/demo.cast" </dev/null
# A wait of seconds needs no news of itself once it is cut.
sed --in-place '/demo: still /d' "$work/demo.cast"
NODE_PATH=$tools/node_modules node scripts/recording/render.js "$work/demo.cast" >"$work/demo.svg"

# asciinema succeeds even if the demo fails.
grep --quiet 'Done:' "$work/demo.svg" || { echo "recording: the demo did not reach its end:" >&2; tail -n 20 "$work/demo.cast" >&2; exit 1; }
for private in "$PWD" "$HOME/" "${TMPDIR:-/tmp}/" "$(hostname)"; do
    if grep --quiet --fixed-strings -e "$private" "$work/demo.cast"; then
        echo "recording: it shows \`$private\` of this machine" >&2
        exit 1
    fi
done
size=$(stat --format=%s "$work/demo.svg")
((size <= largest)) || { echo "recording: $size bytes are too many for a README, the limit is $largest" >&2; exit 1; }
mv "$work/demo.svg" docs/demo.svg
echo "recording: docs/demo.svg, $((size / 1000)) kB"
