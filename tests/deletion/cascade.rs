//! The ways in which `kubectl delete --cascade` treats the Secret: the add-on goes with each of them.

use serde_json::json;

use harness::scene::addon;
use harness::{Stage, scenario};

#[test]
fn add_on_goes_with_every_way_to_cascade() {
    scenario(&["KV"]).run(async |Stage { world, scene, .. }| {
        for (policy, keeps_secret) in [("Background", false), ("Foreground", false), ("Orphan", true)] {
            let resource = scene.example("KV").named(&policy.to_lowercase());
            let id = addon(&resource.apply_until_ready().await);
            let since = world.cloud.latest().await;
            world.cluster.delete_with(&resource.path(), &json!({ "propagationPolicy": policy })).await;
            resource.wait_gone().await;
            scene.wait_empty().await;
            let log = world.cloud.log(since).await;
            let deletions: Vec<_> = log.iter().filter(|entry| entry["method"] == "DELETE").collect();
            assert!(
                matches!(deletions.as_slice(), [one] if one["path"].as_str().unwrap().ends_with(&id)),
                "{policy}: {deletions:#?}"
            );
            if keeps_secret {
                let secret = world.cluster.get(&resource.secret()).await.expect("the Secret is orphaned");
                assert!(secret["metadata"]["ownerReferences"].is_null(), "{secret}");
            } else {
                world.cluster.wait_gone(&resource.secret()).await;
            }
            assert!(scene.events(resource.name()).await.iter().all(|event| !event.starts_with("Warning")));
        }
    });
}
