#!/usr/bin/env bash
# The demo: a control plane, a sandbox that stands in for the cloud, the operator, and the six steps of steps/.
#   make demo                    stays after the steps, to play with, until Ctrl-C
#   DEMO_ONCE=1 make demo        ends after the steps
#   DEMO_PACE=2 make demo        pauses 2 seconds after each command, for readers
#   KUBECONFIG=FILE make demo    uses that cluster, and needs no Go; everything that it applies goes at the end
# To change a step, edit its file. Commands that the reader sees go through `run`; waits that explain nothing, through `quietly`.
set -euo pipefail

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
    echo "demo: bash ${BASH_VERSION} is too old: install bash 5.1 or newer, and add it to PATH" >&2
    exit 1
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly own_cluster=${KUBECONFIG:-}
readonly namespace=clever-demo
work=$(mktemp -d "${TMPDIR:-/tmp}/clever-demo.XXXXXX")
readonly work

source scripts/demo/terminal.sh
source scripts/demo/processes.sh
source scripts/demo/cleanup.sh
trap finish EXIT
trap 'exit 130' INT TERM HUP

source scripts/demo/programs.sh
source scripts/demo/start.sh
for step in scripts/demo/steps/*.sh; do
    # shellcheck source=/dev/null
    source "$step"
done

if [[ ${DEMO_ONCE:-} == 1 ]]; then
    heading "Done: \`make demo\` stays, to play with"
    exit 0
fi
source scripts/demo/play.sh
