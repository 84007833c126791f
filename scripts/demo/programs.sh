# Finds the programs, and puts kubectl and clever-operator first in PATH.

command -v curl >/dev/null || fail "curl is missing: install it, and add it to PATH"
scripts/demo/build.sh
target=${CARGO_TARGET_DIR:-target}/demo
mkdir "$work/bin"
if [[ -n $own_cluster ]]; then
    kubectl=$(command -v "${KUBECTL:-kubectl}") || fail "kubectl is missing: install 1.31 or newer, and add it to PATH"
else
    kubectl=$("$target/control-plane" ensure --light kubectl)
fi
ln -s "$(realpath "$kubectl")" "$work/bin/kubectl"
ln -s "$(realpath "$target/clever-operator")" "$work/bin/clever-operator"
export PATH=$work/bin:$PATH
# The cache of discovery is keyed by host and port, which another control plane may have had before.
export KUBECACHEDIR=$work/cache KUBERC=off
