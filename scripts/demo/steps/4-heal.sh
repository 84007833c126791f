heading "4/6  Delete the Secret"
say "The operator writes it again at once, with the same credentials."
uri=$(eval "$read_uri")
run 'kubectl delete secret my-database-secrets'
run 'kubectl wait --for=create secret/my-database-secrets --timeout=1m'
run "$read_uri"
[[ $(eval "$read_uri") == "$uri" ]] || fail "the new Secret has other credentials than the old one: $uri"
