heading "1/6  Create a PostgreSQL database"
say "A resource describes the database. The operator creates the add-on at the cloud, and writes
its credentials to a Secret."
run 'kubectl apply -f examples/postgresql.yaml'
run 'kubectl wait --for=condition=Ready pg/my-database --timeout=5m'
run 'kubectl get pg'
run 'kubectl describe secret my-database-secrets | grep bytes'
read_uri='kubectl get secret my-database-secrets -o jsonpath={.data.POSTGRESQL_ADDON_URI} \
    | base64 -d | fold -w 96; echo'
run "$read_uri"
