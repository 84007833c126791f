# The stack stays, for the reader to play with.

heading "Yours to play with, until Ctrl-C"
say "In another terminal, in this folder:"
cat <<END
export KUBECONFIG='$KUBECONFIG' PATH='$work/bin':\$PATH CLOUD=$CLOUD

kubectl explain postgresql.spec                # every field of a kind
kubectl apply -f examples/                     # a resource of each kind, and two pods that use their Secrets
kubectl get events --watch                     # what the operator reports
kubectl describe redis                         # conditions, with what to do
curl -s \$CLOUD/_sandbox/log                    # the requests that the operator sent
clever-operator catalog render postgresql --file examples/postgresql.yaml   # and would send for this file
END
trap 'exit 0' INT TERM HUP
wait -n "${pids[@]}" || true
all_alive
