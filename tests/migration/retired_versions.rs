//! What older operators left in clusters: objects with codes of versions that nobody sells any more are read,
//! told of, and deleted.

use futures::future::join_all;
use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Resource, Scene, Settings, World, block_on, expect};

/// A code that a CRD of theirs took once, and what runs under it.
struct Code {
    kind: &'static str,
    provider: &'static str,
    code: u32,
    runs: &'static str,
}

const CODES: [Code; 11] = [
    postgresql(96, "9.6.24"),
    postgresql(10, "10.23"),
    postgresql(11, "11.22"),
    postgresql(12, "12.22"),
    postgresql(13, "13.23"),
    redis(6010, "6.0.10"),
    redis(626, "6.2.6"),
    redis(704, "7.0.4"),
    redis(724, "7.2.4"),
    redis(802, "8.0.2"),
    Code { kind: "ElasticSearch", provider: "es-addon", code: 6, runs: "6.8.23" },
];

const fn postgresql(code: u32, runs: &'static str) -> Code {
    Code { kind: "PostgreSql", provider: "postgresql-addon", code, runs }
}

const fn redis(code: u32, runs: &'static str) -> Code {
    Code { kind: "Redis", provider: "redis-addon", code, runs }
}

#[test]
fn retired_versions_are_read_told_of_and_deleted() {
    block_on(async {
        let world = World::with("retired-versions", &["PostgreSql", "Redis", "ElasticSearch"]).await;
        let scene = world.scene().await;
        let left = join_all(CODES.iter().map(|code| left(&scene, code))).await;
        let late = join_all(CODES.iter().map(|code| too_late(&scene, code))).await;
        let _operator = world.operator("successor", &Settings::default()).await;
        let told =
            join_all(left.iter().zip(&CODES).map(|(resource, code)| is_taken_over(resource, code))).await;
        let refused =
            join_all(late.iter().zip(&CODES).map(|(resource, code)| is_refused(resource, code))).await;
        expect("migration/retired-versions.txt", &[told.concat(), refused.concat()].join("\n"));

        let log = world.cloud.log(0).await;
        assert!(!log.iter().any(|entry| entry["operation"] == "create"), "nothing is made anew");
        join_all(left.iter().map(Resource::delete_until_gone)).await;
        join_all(late.iter().map(Resource::delete_until_gone)).await;
        scene.wait_empty().await;
    });
}

/// A resource and its add-on, as an older operator left them when it ended.
async fn left<'a>(scene: &'a Scene, code: &Code) -> Resource<'a> {
    let mut resource = manifest(scene, code, "left");
    let Scene { world, organisation, .. } = scene;
    let finalizer = format!("{}/{}", resource.kind.group, code.kind.to_lowercase());
    resource.manifest["metadata"]["finalizers"] = json!([finalizer]);
    let uid = resource.apply().await["metadata"]["uid"].clone();
    let name = format!("kubernetes::{}::{}", code.kind, uid.as_str().unwrap());
    let slug = &resource.manifest["spec"]["instance"]["plan"];
    let addon = json!({
        "owner": organisation, "provider": code.provider, "name": name, "region": "par", "plan": slug, "version": code.runs,
    });
    let id = world.cloud.insert(addon).await["id"].clone();
    let addons = world.cloud.live(organisation).await;
    let plan = addons.iter().find(|addon| addon["id"] == id).unwrap()["plan"]["id"].clone();
    // It wrote the id of the plan into the spec, the id of the add-on into the status, and no more than this
    // into the Secret.
    resource.edit("/instance/plan", plan).await;
    world
        .cluster
        .merge(&format!("{}/status", resource.path()), &json!({ "status": { "addon": id } }))
        .await
        .unwrap();
    world.cluster.apply(&resource.secret(), &secret(&resource, &uid)).await.unwrap();
    resource
}

/// A resource that was applied too late for its version.
async fn too_late<'a>(scene: &'a Scene, code: &Code) -> Resource<'a> {
    let resource = manifest(scene, code, "late");
    resource.apply().await;
    resource
}

fn manifest<'a>(scene: &'a Scene, code: &Code, name: &str) -> Resource<'a> {
    let mut options = json!({ "version": code.code, "encryption": false });
    if code.kind == "ElasticSearch" {
        options["kibana"] = json!(false);
        options["apm"] = json!(false);
    }
    scene
        .example(code.kind)
        .named(&format!("{name}-{}-{}", code.kind.to_lowercase(), code.code))
        .with("/options", options)
}

fn secret(resource: &Resource<'_>, uid: &Value) -> Value {
    let Value::Object(manifest) = &resource.manifest else { panic!("{}", resource.manifest) };
    let owner = json!({
        "apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "name": resource.name(), "uid": uid, "blockOwnerDeletion": true,
    });
    let metadata = json!({ "name": format!("{}-secrets", resource.name()), "ownerReferences": [owner] });
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": { "LEFT": "before" } })
}

async fn is_taken_over(resource: &Resource<'_>, code: &Code) -> String {
    let before = resource.live().await.unwrap();
    let after = resource.until_ready().await;
    assert_eq!(
        (&before["spec"], &before["status"]["addon"]),
        (&after["spec"], &after["status"]["addon"]),
        "only read"
    );
    assert_eq!(after["status"]["version"], code.runs, "{after:#}");
    let secret = resource
        .until_secret("holds what the cloud gives", |secret| secret["data"].as_object().unwrap().len() > 1)
        .await;
    assert_eq!(secret["metadata"]["ownerReferences"].as_array().unwrap().len(), 1, "{secret:#}");
    told(&after, code)
}

async fn is_refused(resource: &Resource<'_>, code: &Code) -> String {
    told(&resource.until_ready_is("False", "NotOffered").await, code)
}

fn told(object: &Value, Code { kind, code, runs, .. }: &Code) -> String {
    let ready = condition(object, "Ready");
    let text = |field: &str| ready[field].as_str().unwrap().to_owned();
    format!("{kind} {code} ({runs}): {} {} {}\n", text("status"), text("reason"), text("message"))
}
