# The end of the demo, however it ends: the resources go while the operator still runs, then the programs, last first.

applied=  # set once the demo applies something to the cluster
operator= # its pid

finish() {
    local status=$? index
    trap '' INT TERM HUP
    set +e
    [[ -z $job ]] || stop "$job"
    end_watching
    ((status == 0 || status == 130)) || show_logs >&2
    if [[ -n $own_cluster && -n $applied ]]; then
        clean_cluster
    fi
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        stop "${pids[index]}"
    done
    rm -rf "$work"
    progress "stopped"
    exit "$status"
}

# clean_cluster: deletes all that the demo applied to a cluster of the reader's.
clean_cluster() {
    local kinds resource
    progress "deleting what the demo applied to your cluster"
    kinds=$(demo_definitions | paste -sd,)
    if [[ -n $operator && -n $kinds ]] && kill -0 "$operator" 2>/dev/null; then
        cleaned delete "$kinds" --all --namespace "$namespace" --timeout=2m
        # It would apply its CRDs again.
        stop "$operator"
        kinds=$(demo_definitions | paste -sd,)
    fi
    if [[ -n $kinds ]]; then
        # Finalizers are left if the operator ended too early. The add-ons end with the sandbox.
        for resource in $(kubectl get "$kinds" --namespace "$namespace" --output name); do
            cleaned patch "$resource" --namespace "$namespace" --type=merge --patch='{"metadata": {"finalizers": null}}'
        done
        # shellcheck disable=SC2046 # A name each.
        cleaned delete customresourcedefinition $(demo_definitions) --timeout=2m
    fi
    cleaned delete namespace "$namespace" --timeout=2m
}

# demo_definitions: the names of the CRDs of the demo's kinds.
demo_definitions() {
    kubectl get customresourcedefinitions --output name | sed -nE 's,.*/(.*\.(api\.clever-cloud|stable\.imaginedata)\.com)$,\1,p'
}

# cleaned ARGUMENT…: runs kubectl, and goes on if it fails.
cleaned() { kubectl "$@" >"$work/quietly" 2>&1 || cat "$work/quietly" >&2; }
