heading "2/6  Ask for a plan that is not on offer"
say "The operator creates nothing that the cloud would refuse. The condition says what to write, and
an edit is all that it takes to continue."
run 'sed "s/my-database/reports/; s/xxs_sml/xs_smal/" examples/postgresql.yaml | kubectl apply -f -'
run 'kubectl wait --for=condition=Stalled pg/reports --timeout=1m'
run 'kubectl get pg/reports -o jsonpath="{.status.conditions[0].message}" | fold -s -w 96; echo'
run 'kubectl patch pg/reports --type=merge --patch='\''{"spec": {"instance": {"plan": "xs_sml"}}}'\'
run 'kubectl wait --for=condition=Ready pg/reports --timeout=5m'
