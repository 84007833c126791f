//! Deletion protection: what an annotation of a resource or of its namespace protects is deleted neither by the
//! API server nor by the operator.

use serde_json::{Value, json};

use harness::annotations::DELETION_PROTECTION;
use harness::kinds::printed;
use harness::scene::condition;
use harness::{PLANE, Settings, Stage, World, eventually, scenario};

#[test]
fn api_server_refuses_to_delete_what_is_protected() {
    scenario(&["KV"]).run(async |Stage { world, scene, .. }| {
        let kubectl = PLANE.kubectl();
        let [resource, free] = ["protected", "free"].map(|name| scene.example("KV").named(name));
        for one in [&resource, &free] {
            one.apply_until_ready().await;
        }
        annotate(&world, &resource.path(), json!("true")).await;
        let account = format!("{}:clever-operator", world.name);
        let policies = ["crd", "policy", "--name", &world.name, "--service-account", &account];
        kubectl.apply(&printed(world.catalog(), &policies)).unwrap();

        let kind = resource.kind.definition();
        let delete = |arguments: &[&str]| {
            let arguments = [&["delete", "--wait=false"], arguments].concat();
            kubectl.run(&arguments).map_err(|error| error.to_string())
        };
        let one = ["--namespace", &scene.namespace, &kind, resource.name()];
        // The API server takes its time to see a policy, and an annotation of a namespace.
        let refused = async |arguments: &[&str], why: &str| {
            let trial = [arguments, &["--dry-run=server"]].concat();
            let is_refused = async || delete(&trial).err().filter(|refusal| refusal.contains(why));
            eventually("a refusal", is_refused).await
        };
        refused(&one, "of this object").await;
        let refusal = delete(&one).unwrap_err();
        assert!(
            refusal.contains("of this object protects it from deletion; remove the annotation"),
            "{refusal}"
        );
        let all = ["--namespace", &scene.namespace, &kind, "--all"];
        delete(&all).unwrap_err();
        free.wait_gone().await;
        assert!(resource.live().await.unwrap()["metadata"]["deletionTimestamp"].is_null());

        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        annotate(&world, &namespace, json!("true")).await;
        annotate(&world, &resource.path(), Value::Null).await;
        refused(&one, "of its namespace").await;
        let whole = ["namespace", &scene.namespace];
        for (deleted, whose) in [(&one[..], "of its namespace"), (&whole[..], "of this object")] {
            let refusal = delete(deleted).unwrap_err();
            assert!(refusal.contains(whose), "{refusal}");
        }
        annotate(&world, &namespace, json!("false")).await;
        delete(&whole).unwrap();
        world.cluster.wait_gone(&namespace).await;
        assert!(world.cloud.live(&scene.organisation).await.is_empty());
    });
}

#[test]
fn operator_keeps_the_add_on_of_what_is_protected() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, .. }| {
        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        for (name, protects) in [("own", None), ("of-namespace", Some(&namespace))] {
            let resource = scene.example("KV").named(name);
            resource.apply_until_ready().await;
            let path = resource.path();
            let object = protects.unwrap_or(&path);
            annotate(&world, object, json!("true")).await;
            let since = world.cloud.latest().await;
            resource.delete().await;
            let told = resource.until_ready_is("False", "DeletionProtected").await;
            let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
            let asked = world.cloud.log(since).await;
            assert!(asked.iter().all(|entry| entry["method"] == "GET"), "{asked:#?}");
            assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);

            let command = message.split('`').find(|part| part.starts_with("kubectl annotate")).unwrap();
            // Several kinds have this name on the shared control plane.
            let command = command.replacen(" kv ", &format!(" {} ", resource.kind.definition()), 1);
            PLANE.kubectl().run(&command.split(' ').skip(1).collect::<Vec<_>>()).unwrap();
            resource.wait_gone().await;
            assert!(world.cloud.live(&scene.organisation).await.is_empty());
        }
    });
}

async fn annotate(world: &World, path: &str, value: Value) {
    let patch = json!({ "metadata": { "annotations": { DELETION_PROTECTION: value } } });
    world.cluster.merge(path, &patch).await.unwrap();
}
