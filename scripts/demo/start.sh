# Starts the control plane, the sandbox, the service of docs/your-first-kind.md, and the operator.

if [[ -n $own_cluster ]]; then
    progress "using the cluster of KUBECONFIG"
else
    progress "starting a control plane"
    announced control-plane kubeconfig "$target/control-plane" run --light
    export KUBECONFIG=$answer
fi
quietly 'kubectl version'
minor=$(kubectl version --client --output yaml | sed -nE 's/^  minor: "([0-9]+).*/\1/p')
((minor >= 31)) || fail "kubectl 1.$minor is too old: install 1.31 or newer, and add it to PATH"

# The demo deletes its CRDs at its end, and all resources of these kinds with them: so it shares a cluster with no other operator.
found=$(demo_definitions)
if [[ -n $found ]]; then
    printf '%s\n' "$found" >&2
    fail "the cluster has these CRDs already: use another, or delete them, with all of their resources, by \`kubectl delete crd NAME\`"
fi
if kubectl get namespace "$namespace" >/dev/null 2>&1; then
    fail "the cluster has the namespace $namespace already, which another demo may use: else delete it, by \`kubectl delete namespace $namespace\`"
fi
# A kubeconfig of its own, so that the namespace of the context can be the demo's.
quietly "kubectl create namespace $namespace"
applied=yes
(umask 077 && kubectl config view --minify --flatten >"$work/kubeconfig")
export KUBECONFIG=$work/kubeconfig
quietly "kubectl config set-context --current --namespace=$namespace"

progress "starting a sandbox that stands in for the cloud"
announced sandbox url "$target/clever-sandbox" --listen 127.0.0.1:0
export CLOUD=$answer
announced databases url "$target/clever-sandbox" --databases 127.0.0.1:0
export DATABASES=$answer
# Instances start, and migrations take their time, as at a real cloud; long enough to be seen.
curl --silent --fail --output /dev/null --request PUT "$CLOUD/_sandbox/settings" --header 'content-type: application/json' \
    --data '{"provisioning": 2000, "migration": {"duration": 6000, "outcome": "OK"}}'

progress "starting the operator"
# The credentials of the sandbox's account `demo`; they open nothing else. The lists of the sandbox do not lag.
cat >"$work/config.toml" <<END
[api]
endpoint = "$CLOUD"
token = "demo-token"
secret = "demo-secret"
consumerKey = "demo-consumer"
consumerSecret = "demo-consumer-secret"

[apis.databases]
endpoint = "$DATABASES"

[operator]
listen = "127.0.0.1:0"
listLag = "2s"
watchNamespaces = ["$namespace"]
END
# Variables of the reader's shell would override the file.
unset "${!CLEVER_OPERATOR_@}" POD_NAMESPACE
start operator clever-operator --config "$work/config.toml" --manage-crds
operator=${pids[-1]}
until_works 'kubectl get postgresqls'
