heading "6/6  Delete everything"
say "Deleting a resource deletes its add-on: here are the add-ons that the two services have, before
and after."
# shellcheck disable=SC2016 # The reader's shell expands them.
at_cloud='curl -s $CLOUD/_sandbox/state | grep -o "\"live\":{[^}]*}" | tr , "\n"' \
    at_service='curl -s $DATABASES/databases | cut -c -96'
run "$at_cloud"
run "$at_service"
run 'kubectl delete pg,db --all'
run "$at_cloud"
run "$at_service"
# Kubernetes collects the Secrets a moment after their owners.
quietly 'kubectl wait --for=delete secret/my-database-secrets secret/my-first-database-secrets --timeout=2m'
run 'kubectl get secrets'
