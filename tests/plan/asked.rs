//! Calls of the command, and what they and the operator have asked of cluster and cloud.

use std::fs;
use std::path::{Path, PathBuf};

use harness::call::{Said, call_with};
use harness::{PLANE, Scene, World, kinds};
use serde_json::Value;

/// Writes manifests into a file of the world.
pub(crate) fn file(world: &World, name: &str, manifests: &[Value]) -> PathBuf {
    let path = world.folder.join(name);
    let texts: Vec<_> = manifests.iter().map(|manifest| serde_yaml::to_string(manifest).unwrap()).collect();
    fs::write(&path, texts.join("\n---\n")).unwrap();
    path
}

/// Plans a file by the kubeconfig of a user.
pub(crate) fn plan_as(world: &World, kubeconfig: &Path, file: &Path, arguments: &[&str]) -> Said {
    let mut all = vec!["plan", "--filename", file.to_str().unwrap()];
    all.extend(arguments);
    call_with(world, kubeconfig, world.catalog(), &all)
}

/// Plans a file as an administrator.
pub(crate) fn plan(world: &World, file: &Path, arguments: &[&str]) -> Said {
    plan_as(world, PLANE.kubeconfig(), file, arguments)
}

/// The plan as JSON, and the exit code.
pub(crate) fn planned(world: &World, file: &Path) -> (i32, Value) {
    let said = plan(world, file, &["-o", "json"]);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}")))
}

/// Gives the users of a namespace the roles for the kinds of the world.
pub(crate) fn grant_user_roles(world: &World) {
    let roles = kinds::printed(world.catalog(), &["crd", "user-roles", "--name", &world.name]);
    PLANE.kubectl().apply(&roles).unwrap();
}

/// The writes that a plan expects at the cloud: method, path and body of each, with the ids of an add-on as
/// `<id.real>` or `<id.addon>`.
pub(crate) fn expected_writes(resource: &Value) -> Vec<String> {
    let steps = resource["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["request"].is_object()).map(|step| write(&step["request"])).collect()
}

/// The writes that the operator has sent to the cloud for a live resource, in the same words.
pub(crate) async fn sent_writes(scene: &Scene, live: &Value, since: u64) -> Vec<String> {
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    let [uid, addon, real] = ["/metadata/uid", "/status/addon", "/status/realId"].map(text);
    let log = scene.world.cloud.log(since).await;
    let is_its = |entry: &&Value| {
        let path = entry["path"].as_str().unwrap();
        let is_its = [&addon, &real].iter().any(|id| path.contains(id.as_str()));
        entry["method"] != "GET" && (is_its || entry["body"].to_string().contains(&uid))
    };
    let words = |entry: &Value| {
        let text = write(entry).replace(&uid, "<uid>").replace(&addon, "<id.addon>");
        text.replace(&real, "<id.real>")
    };
    log.iter().filter(is_its).map(words).collect()
}

fn write(request: &Value) -> String {
    let text = |key: &str| request[key].as_str().unwrap();
    format!("{} {} {}", text("method"), text("path"), request["body"])
}

/// Asserts that a user has only read, or asked for dry runs.
pub(crate) fn only_reads_and_dry_runs(user: &str) {
    let events = PLANE.audit_events_with(&[&format!("\"{user}\"")]).unwrap();
    let own: Vec<_> = events.iter().filter(|event| event["user"]["username"] == user).collect();
    let writes: Vec<_> = own
        .iter()
        .filter(|event| !["get", "list", "watch"].iter().any(|verb| event["verb"] == *verb))
        .collect();
    assert!(writes.iter().any(|event| is_dry(event)), "the dry runs are not in the log: {own:#?}");
    assert!(writes.iter().all(|event| is_dry(event)), "{writes:#?}");
}

fn is_dry(event: &Value) -> bool {
    event["requestURI"].as_str().unwrap().contains("dryRun=All")
}
