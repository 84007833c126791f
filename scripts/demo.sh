#!/usr/bin/env bash
# The whole product on one machine: a control plane, a sandbox cloud, the operator, and a database that becomes Ready.
#   make demo                    stays until Ctrl-C, to play with
#   DEMO_ONCE=1 make demo        deletes the database, waits until it is gone, and ends
#   KUBECONFIG=FILE make demo    uses that cluster instead of a control plane of its own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly example=examples/postgresql.yaml secret=my-database-secrets patience=300s
readonly own_cluster=${KUBECONFIG:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/clever-demo.XXXXXX")
kubectl=${KUBECTL:-kubectl}
names=() pids=()
applied=

step() { printf 'demo: %s\n' "$*"; }
indent() { sed 's/^/      /'; }
fail() { step "$*" >&2; exit 1; }

# start NAME COMMAND…: runs it in the background, in a process group that Ctrl-C does not reach: it is stopped in order, below.
start() {
    local name=$1
    shift
    set -m
    "$@" </dev/null >"$work/$name.out" 2>"$work/$name.log" &
    set +m
    names+=("$name") pids+=($!)
}

# announced NAME KEY COMMAND…: starts a program that says where it is in one line of JSON, and sets `answer` to the value of KEY.
announced() {
    local name=$1 key=$2 line out
    shift 2
    mkfifo "$work/$name.out"
    start "$name" "$@"
    exec {out}<"$work/$name.out" # Kept open: a program whose reader is gone dies of its next line.
    read -r line <&"$out" || fail "$name ended before it was ready"
    answer=$(sed -nE "s/.*\"$key\": ?\"([^\"]*)\".*/\1/p" <<<"$line")
    [[ -n $answer ]] || fail "$name did not say its $key: $line"
}

# stop PID: asks politely, and insists after a while.
stop() {
    kill -TERM "$1" 2>/dev/null
    timeout 30 tail --pid="$1" -f /dev/null || kill -KILL "$1"
    wait "$1" 2>/dev/null
}

delete_example() {
    applied=
    "$kubectl" delete -f "$example" --ignore-not-found --timeout="$patience" | indent
    "$kubectl" wait --for=delete "secret/$secret" --timeout="$patience" >/dev/null
}

show_logs() {
    for index in "${!names[@]}"; do
        step "the end of the log of ${names[index]}:"
        tail -n 20 "$work/${names[index]}.log" | indent
    done
}

# Whatever ended the script: what is in a cluster of somebody else's goes while the operator still runs, then the programs, last first.
finish() {
    local status=$? index
    trap '' INT TERM HUP
    set +e
    ((status == 0 || status == 130)) || show_logs >&2
    if [[ -n $own_cluster && -n $applied ]] && kill -0 "$operator" 2>/dev/null; then
        step "deleting the database from your cluster (the CRDs stay)"
        delete_example
    elif [[ -n $own_cluster && -n $applied ]]; then
        step "the operator is gone, and the database stays in your cluster: start it again to delete $example"
    fi
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        stop "${pids[$index]}"
    done
    rm -rf "$work"
    step "stopped"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

step "building the programs (minutes the first time)"
cargo build --locked --package clever-operator --package clever-sandbox --package control-plane
programs=${CARGO_TARGET_DIR:-target}/debug

if [[ -n $own_cluster ]]; then
    step "using the cluster of KUBECONFIG"
else
    step "starting a control plane (a few seconds)"
    "$programs/control-plane" ensure >"$work/programs"
    kubectl=$(grep '/kubectl$' "$work/programs")
    announced control-plane kubeconfig "$programs/control-plane" run
    export KUBECONFIG=$answer
fi

step "starting a sandbox cloud"
announced sandbox url "$programs/clever-sandbox" --listen 127.0.0.1:0
sandbox=$answer

step "installing the custom resource definitions"
"$kubectl" apply --server-side -k generated-crds/ | indent
"$kubectl" kustomize generated-crds/ | "$kubectl" wait --for=condition=Established --timeout="$patience" -f - >/dev/null

step "starting the operator"
# The credentials of the sandbox's account `demo`; they open nothing else. Its lists do not lag, so deletions need not wait a minute.
CLEVER_OPERATOR_API_ENDPOINT=$sandbox \
    CLEVER_OPERATOR_API_TOKEN=demo-token \
    CLEVER_OPERATOR_API_SECRET=demo-secret \
    CLEVER_OPERATOR_API_CONSUMER_KEY=demo-consumer \
    CLEVER_OPERATOR_API_CONSUMER_SECRET=demo-consumer-secret \
    CLEVER_OPERATOR_OPERATOR_LISTEN=127.0.0.1:0 \
    CLEVER_OPERATOR_OPERATOR_LIST_LAG=2s \
    start operator "$programs/clever-operator"
operator=${pids[-1]}

step "applying $example, and waiting until it is Ready"
applied=yes
"$kubectl" apply -f "$example" | indent
start waiting "$kubectl" wait --for=condition=Ready --timeout="$patience" -f "$example"
# Also the end of any other program ends the waiting.
if ! wait -n -p ended "${pids[@]}" || [[ $ended != "${pids[-1]}" ]]; then
    "$kubectl" get -f "$example" -o yaml | indent >&2
    fail "the database did not become Ready"
fi
unset 'names[-1]' 'pids[-1]'
"$kubectl" get -f "$example" | indent

step "its credentials stand in the Secret $secret, under these keys:"
# shellcheck disable=SC2016 # $key is the template's, not the shell's.
"$kubectl" get secret "$secret" -o go-template='{{range $key, $_ := .data}}{{$key}}{{"\n"}}{{end}}' | indent
step "and this is how to connect:"
"$kubectl" get secret "$secret" -o go-template='{{.data.POSTGRESQL_ADDON_URI | base64decode}}{{"\n"}}' | indent

if [[ ${DEMO_ONCE:-} == 1 ]]; then
    step "deleting the database, and waiting until it and its Secret are gone"
    delete_example
else
    step "yours to play with until Ctrl-C. In another terminal, in this folder:"
    indent <<END
export KUBECONFIG='$KUBECONFIG' PATH="$(dirname "$(command -v "$kubectl")"):\$PATH"
kubectl explain postgresql.spec
kubectl delete secret $secret      # it comes back
kubectl apply -f examples/                     # one of each kind
kubectl delete -f $example
END
    trap 'exit 0' INT TERM HUP
    wait -n "${pids[@]}" || true
    fail "a program has ended that should not have"
fi
