#!/usr/bin/env bash
# Writes the manifests that depend on the catalog: the definitions, the operator with its rights, and both in one file; and what the chart knows
# of the kinds.
#   scripts/manifests.sh [FOLDER]   below FOLDER instead of this repository
#   OPERATOR=PROGRAM                asks this binary instead of building one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1:-.}
operator=(${OPERATOR:-cargo run --quiet --locked --})
folder=$target/deployments/kubernetes/v1.24.0

header() { echo "# Written by \`make generate\`; do not edit, change $1."; }

definitions=$("${operator[@]}" crd view --all)
role=$("${operator[@]}" crd role)
user_roles=$("${operator[@]}" crd user-roles)
policy=$("${operator[@]}" crd policy)

mkdir -p "$folder" "$target/dist"
{ header "the catalog"; echo "$definitions"; } >"$folder/10-custom-resource-definition.yaml"
{
    header "the catalog or deployments/kubernetes/operator.yaml"
    cat deployments/kubernetes/operator.yaml
    printf -- '---\n# The kinds of the catalog, and the claim on their definitions: one operator for each kind.\n%s\n' "$role"
    printf -- '---\n# What users may do with these kinds: Kubernetes adds the rules to its roles `view`, `edit` and `admin`.\n%s\n' "$user_roles"
    printf -- '---\n# The API server refuses to delete what an annotation protects (docs/delete.md), and refuses users to set the record (docs/ownership.md).\n%s\n' "$policy"
} >"$folder/20-deployment.yaml"
{ cat "$folder/10-custom-resource-definition.yaml"; echo ---; cat "$folder/20-deployment.yaml"; } >"$target/dist/install.yaml"

# The chart: helm installs what lies in crds/ once, and leaves alone what is there already.
chart=$target/charts/clever-operator
crds=$(mktemp -d)
trap 'rm -rf "$crds"' EXIT
"${operator[@]}" crd generate "$crds"
rm -rf "$chart/crds"
mkdir -p "$chart/crds" "$chart/files"
find "$crds" -maxdepth 1 -name '*.yaml' ! -name kustomization.yaml -exec cp {} "$chart/crds/" \;
(
    header "the catalog"
    echo "# Every kind that is built in: its plural and its group, whether it belongs to no namespace, and whether it can be scaled."
    cd "$crds"
    for file in $(export LC_ALL=C; printf '%s\n' *.yaml | grep -v kustomization.yaml); do
        name=$(basename "$file" .yaml)
        scope=
        grep -q '^  scope: Cluster$' "$file" && scope=', scope: Cluster'
        scale=
        grep -q '^      scale:$' "$file" && scale=', scale: true'
        echo "- { plural: ${name%%.*}, group: ${name#*.}$scope$scale }"
    done
) >"$chart/files/kinds.yaml"
