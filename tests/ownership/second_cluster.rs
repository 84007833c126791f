//! Two clusters and one cloud: a backup of the first cluster, restored into a second one, takes nothing from it.

use control_plane::{ControlPlane, Kubectl};
use serde_json::{Value, json};

use harness::annotations::{CONFIRM_CLAIM, RECORD, RECORD_CODE};
use harness::operator::Surroundings;
use harness::scene::{addon, condition};
use harness::{Operator, PLANE, Resource, Settings, Stage, World, eventually, kinds, scenario, world};

use crate::marks;

#[test]
fn backup_restored_into_a_second_cluster_takes_nothing_from_the_first() {
    let settings = Settings::with_marks();
    scenario(&["KV"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let production = scene.example("KV");
        let held = production.apply_until_ready().await;
        let owned = addon(&held);
        let first_mark = marks::until_marked(&world, &owned).await;
        let plane = ControlPlane::start().unwrap();
        let second = Second { kubectl: plane.kubectl(), production: &production };
        // The worst case: the keys were restored, too.
        let keys =
            ["get", "secret", "clever-operator-record-keys", "--namespace", &world.name, "--output=json"];
        second.prepare(&world, &PLANE.kubectl().run(&keys).unwrap());
        let start = async |name: &str, settings: &Settings| {
            let folder = world::folder(&format!("{}-second", world.name));
            let surroundings = Surroundings {
                folder: &folder,
                kubeconfig: plane.kubeconfig(),
                namespace: &world.name,
                catalog: world.catalog(),
                endpoint: world.cloud.url(),
            };
            Operator::start(surroundings, name, settings).await
        };
        let operator = start("unassigned", &Settings::with_marks()).await;

        let since = world.cloud.latest().await;
        second.restore(&held);
        let told = second.until_reason("OwnedByOther").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("was recorded in another cluster, which may still use it"), "{message}");
        second.delete_until_gone().await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        production.until_ready().await;
        drop(operator);

        // An administrator of the second cluster assigns it. Until it is transferred, it outlives its resource.
        let resource = format!("kv {}/{}", scene.namespace, production.name());
        let assigned = |transfer: &str| Settings {
            adoption: format!("{{ addons: {{ {owned}: {resource} }}, transfer: [{transfer}] }}"),
            ..Settings::with_marks()
        };
        let operator = start("assigned", &assigned("")).await;
        second.restore(&held);
        let told = second.until_reason("InSync").await;
        assert_eq!(addon(&told), owned);
        second.delete_until_gone().await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        production.until_ready().await;
        drop(operator);

        let _operator = start("transferred", &assigned(&owned)).await;
        second.restore(&held);
        second.until_reason("InSync").await;
        // The mark moves, and the first cluster, which still runs, stops writing.
        let told = production.until_ready_is("False", "OwnedByOther").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("of the cluster"), "{message}");
        assert_ne!(marks::until_marked(&world, &owned).await, first_mark);
        let since = world.cloud.latest().await;
        production.delete_until_gone().await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        assert_eq!(scene.live_ids().await, [owned]);
        second.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// The second cluster, and the resource of the first one that is restored there.
struct Second<'a> {
    kubectl: Kubectl,
    production: &'a Resource<'a>,
}

impl Second<'_> {
    fn prepare(&self, world: &World, keys: &str) {
        self.kubectl.apply(&kinds::crds(world.catalog())).unwrap();
        for name in [&world.name, &self.production.scene.namespace] {
            let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
            self.kubectl.apply(&namespace.to_string()).unwrap();
        }
        let mut keys: Value = serde_json::from_str(keys).unwrap();
        keys["metadata"] = json!({ "name": keys["metadata"]["name"], "namespace": world.name });
        self.kubectl.apply(&keys.to_string()).unwrap();
    }

    /// Restores it as a backup tool does, with a confirmation that a user adds.
    fn restore(&self, held: &Value) {
        let mut manifest = self.production.manifest.clone();
        let all = &held["metadata"]["annotations"];
        manifest["metadata"]["namespace"] = json!(self.production.scene.namespace);
        manifest["metadata"]["annotations"] =
            json!({ RECORD: all[RECORD], RECORD_CODE: all[RECORD_CODE], CONFIRM_CLAIM: addon(held) });
        self.kubectl.apply(&manifest.to_string()).unwrap();
    }

    async fn until_reason(&self, reason: &str) -> Value {
        eventually(&format!("the reason {reason} in the second cluster"), async || {
            let object: Value = serde_json::from_str(&self.run(&["get"], &["--output=json"])?).ok()?;
            (condition(&object, "Ready")["reason"] == reason).then_some(object)
        })
        .await
    }

    async fn delete_until_gone(&self) {
        self.run(&["delete", "--wait=false"], &[]).unwrap();
        eventually("its end in the second cluster", async || {
            let left = self.run(&["get", "--ignore-not-found"], &["--output=name"])?;
            left.is_empty().then_some(())
        })
        .await;
    }

    fn run(&self, verb: &[&str], options: &[&str]) -> Option<String> {
        let production = self.production;
        let kind = production.kind.definition();
        let object = ["--namespace", &production.scene.namespace, &kind, production.name()];
        self.kubectl.run(&[verb, &object, options].concat()).ok()
    }
}

/// The requests that changed something at the cloud.
async fn writes(world: &World, since: u64) -> Vec<Value> {
    let log = world.cloud.log(since).await;
    log.into_iter().filter(|entry| entry["method"] != "GET").collect()
}
