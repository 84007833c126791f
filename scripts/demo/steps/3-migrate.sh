heading "3/6  Move the database to a larger plan"
say "An edit of the plan starts a migration at the cloud. The operator follows it to its end."
run 'kubectl patch pg/my-database --type=merge --patch='\''{"spec": {"instance": {"plan": "s_sml"}}}'\'
run_until 'kubectl get pg/my-database --watch' \
    'kubectl wait --for=jsonpath={.status.plan.slug}=s_sml pg/my-database --timeout=5m' \
    'kubectl wait --for=condition=Ready pg/my-database --timeout=5m'
