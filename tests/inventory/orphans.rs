//! `orphans`: what a removed finalizer, another cluster and a missing permission leave in the list.

use serde_json::{Value, json};

use harness::accounts::{self, THEIRS};
use harness::call::{Said, call, call_with, only_read};
use harness::scene::addon;
use harness::{PLANE, Settings, Stage, World, block_on, eventually, scenario};

const THEIR_MARK: &str =
    "kubernetes:lost:2f1c3a5e-0000-4000-8000-000000000001:kvs.api.example.com:shop:orders";
const ELSEWHERE: &str = "kubernetes::KV::2f1c3a5e-0000-4000-8000-000000000001";

#[test]
fn add_ons_without_their_resource_are_listed_and_held_ones_are_not() {
    let settings = Settings::with_marks();
    scenario(&["PostgreSql", "KV", "Pulsar"]).settings(settings).run(async |Stage { world, operator, scene }| {
        let (kept, left, restored) = (scene.example("PostgreSql"), scene.example("KV"), scene.example("Pulsar"));
        let held = addon(&kept.apply_until_ready().await);
        let lost = addon(&left.apply_until_ready().await);
        let before = restored.apply_until_ready().await;
        until_marked(&world, &lost).await;
        let since = world.cloud.latest().await;
        let said = call(&world, &["orphans"]);
        assert!(said.code == 0 && said.out.starts_with("No add-on has a name or a mark"), "{said:?}");
        assert!(said.out.contains(&scene.organisation), "{said:?}");
        only_read(&world, since).await;
        operator.stop().await;

        for resource in [&left, &restored] {
            resource.delete().await;
            world.cluster.merge(&resource.path(), &json!({ "metadata": { "finalizers": null } })).await.unwrap();
            resource.wait_gone().await;
        }
        // A backup tool restores one, with its record: it has another uid now.
        let mut again = restored.manifest.clone();
        again["metadata"]["annotations"] = before["metadata"]["annotations"].clone();
        world.cluster.apply(&restored.path(), &again).await.unwrap();
        world
            .cloud
            .insert(json!({ "owner": scene.organisation, "provider": "kv", "name": ELSEWHERE }))
            .await;
        world
            .cloud
            .insert(json!({ "owner": scene.organisation, "provider": "kv", "name": "by-hand" }))
            .await;
        world
            .cloud
            .insert(json!({ "owner": scene.organisation, "provider": "kv", "name": "theirs", "tags": [THEIR_MARK] }))
            .await;
        // Its mark tells whose it was, when its name does not any more.
        world.cloud.rename(&lost, "renamed").await;

        let since = world.cloud.latest().await;
        let said = call(&world, &["orphans", "--output", "json"]);
        let listed = rows(&said);
        assert_eq!(said.code, 0, "{said:?}");
        let of = |id: &str| listed.iter().find(|row| row["ids"]["addon"] == id);
        let verdict = |id: &str| of(id).map(|row| row["verdict"].clone());
        assert_eq!(verdict(&lost), Some(json!("orphan")), "{said:?}");
        assert_eq!(verdict(&held), None, "{said:?}");
        assert_eq!(verdict(&addon(&before)), Some(json!("claimed")), "{said:?}");
        let elsewhere = listed.iter().find(|row| row["name"] == ELSEWHERE).expect("the add-on of another cluster");
        assert_eq!(elsewhere["verdict"], "orphan");
        assert_eq!(
            elsewhere["why"],
            "it has a name with the uid 2f1c3a5e-0000-4000-8000-000000000001, and no resource of this cluster has the add-on"
        );
        let why = of(&lost).unwrap()["why"].as_str().unwrap();
        assert!(why.contains(&format!("the mark of `kvs {}/{}`", scene.namespace, left.name())), "{why}");
        let theirs = listed.iter().find(|row| row["name"] == "theirs").expect("the marked add-on");
        assert_eq!(theirs["verdict"], "elsewhere");
        assert_eq!(theirs["why"], "it has the mark of `kvs shop/orders` of the cluster `lost`");
        assert_eq!(listed.len(), 4, "{said:?}");
        assert!(of(&lost).unwrap()["created"].as_str().unwrap().ends_with('Z'), "{said:?}");
        let said = call(&world, &["orphans"]);
        assert!(said.out.contains("A resource of another cluster may hold an add-on of this list."), "{said:?}");
        only_read(&world, since).await;
        assert_eq!(scene.live_ids().await.len(), 6, "nothing is deleted");

        // Without the CRD, or without permission, a resource may exist that is not known.
        let kind = left.kind.definition();
        PLANE.kubectl().run(&["delete", "crd", &kind]).unwrap();
        let said = call(&world, &["orphans", "--output", "json"]);
        assert_eq!(said.code, 1, "{said:?}");
        let why = rows(&said).into_iter().find(|row| row["name"] == ELSEWHERE).unwrap();
        assert_eq!(why["verdict"], "unknown");
        assert!(why["why"].as_str().unwrap().contains(&format!("the CRD {kind} is not installed")), "{why}");

        let stranger = PLANE.kubeconfig_for(&scene.namespace, "default").unwrap();
        let arguments = ["orphans", "--output", "json", "--organisation", &scene.organisation];
        let said = call_with(&world, &stranger, world.catalog(), &arguments);
        assert_eq!(said.code, 1, "{said:?}");
        let listed = rows(&said);
        assert!(!listed.is_empty() && listed.iter().all(|row| row["verdict"] == "unknown"), "{said:?}");
        assert!(said.out.contains("cannot list resource"), "{said:?}");
    });
}

#[test]
fn an_account_is_read_with_the_credentials_of_its_namespace() {
    block_on(async {
        let world = World::with("orphans-account", &["KV"]).await;
        accounts::share(&world).await;
        let scene = accounts::scene(&world, THEIRS).await;
        world.cloud.insert(json!({ "owner": scene.organisation, "provider": "kv", "name": ELSEWHERE })).await;
        let asked = ["orphans", "--output", "json", "--organisation", &scene.organisation];
        let said = call(&world, &asked);
        assert!(said.code == 1 && rows(&said).is_empty(), "the operator may not read it: {said:?}");
        assert!(said.out.contains(&format!("the add-ons of {}: refused", scene.organisation)), "{said:?}");

        accounts::apply(&scene, "clever-operator", &accounts::credentials("other")).await;
        let said = call(&world, &asked);
        assert_eq!((said.code, rows(&said).len()), (0, 1), "{said:?}");
        // Its own default organisation needs no option.
        let default =
            format!("{}organisation = \"{}\"\n", accounts::credentials("other"), scene.organisation);
        accounts::apply(&scene, "clever-operator", &default).await;
        let said = call(&world, &["orphans", "--output", "json"]);
        assert_eq!((said.code, rows(&said).len()), (0, 1), "{said:?}");
        // An add-on of that account is imported with the same credentials.
        let said = call(&world, &["import", "--namespace", &scene.namespace]);
        assert_eq!(said.objects().len(), 1, "{said:?}");
    });
}

async fn until_marked(world: &World, id: &str) {
    eventually(&format!("a mark at {id}"), async || (!world.cloud.tags(id).await.is_empty()).then_some(()))
        .await;
}

fn rows(said: &Said) -> Vec<Value> {
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert!(report["caution"].as_str().unwrap().contains("another cluster"), "{report}");
    report["addons"].as_array().cloned().unwrap()
}
