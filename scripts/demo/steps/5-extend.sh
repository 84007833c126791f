heading "5/6  Add a kind while the operator runs"
say "Two files describe the API of a service and a kind for it (docs/your-first-kind.md). The operator
reads them from a ConfigMap, without a restart."
run 'kubectl create configmap databases --from-file=examples/your-first-kind/catalog'
run 'kubectl label configmap databases operator.clever-cloud.com/catalog=true'
run 'kubectl wait --for=create crd/databases.stable.imaginedata.com --timeout=1m'
until_works 'kubectl get databases'
run 'kubectl apply -f examples/your-first-kind/my-first-database.yaml'
run 'kubectl wait --for=condition=Ready db/my-first-database --timeout=1m'
run 'kubectl get db'
