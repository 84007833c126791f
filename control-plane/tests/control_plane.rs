//! Guarantees of a control plane to tests: readiness, authorization, the audit log, garbage collection,
//! restarts and shutdown.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Kubectl, Pids};
use serde_json::Value;

/// Shared by the tests that only add objects of their own.
static SHARED: LazyLock<ControlPlane> = LazyLock::new(|| ControlPlane::start().unwrap());

const WIDGETS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.test}
spec:
  group: example.test
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"#;

#[test]
fn it_is_ready_and_populated_when_start_returns() {
    let kubectl = SHARED.kubectl();
    let namespaces = kubectl.run(&["get", "namespaces", "-o", "name"]).unwrap();
    assert!(namespaces.lines().any(|name| name == "namespace/default"), "{namespaces}");
    kubectl.run(&["get", "serviceaccount", "default"]).unwrap();
}

#[test]
fn the_server_knows_which_version_it_is() {
    let version: Value =
        serde_json::from_str(&SHARED.kubectl().run(&["version", "-o", "json"]).unwrap()).unwrap();
    assert_eq!(version["serverVersion"]["major"], "1", "{version}");
    assert_ne!(version["serverVersion"]["gitVersion"], "v0.0.0-master+$Format:%H$", "{version}");
}

#[test]
fn the_audit_log_holds_a_write_as_soon_as_it_is_answered() {
    SHARED.kubectl().apply(&config_map("audited", "seen")).unwrap();
    let events = SHARED.audit_events().unwrap();
    let writes: Vec<&Value> = events.iter().filter(|event| is_write_of(event, "audited")).collect();
    let [write] = writes.as_slice() else { panic!("{writes:#?}") };
    assert_eq!(write["user"]["username"], "admin");
    assert_eq!(write["requestObject"]["data"]["key"], "seen");
    assert_eq!(write["responseObject"]["metadata"]["name"], "audited");
}

#[test]
fn the_audit_log_holds_no_bearer_token() {
    SHARED.kubeconfig_for("default", "default").unwrap();
    let events = SHARED.audit_events().unwrap();
    let mut requests = events.iter().filter(|event| event["objectRef"]["subresource"] == "token").peekable();
    assert!(requests.peek().is_some(), "no request for a token was recorded");
    assert!(requests.all(|event| event.get("responseObject").is_none()));
}

#[test]
fn a_service_account_without_permissions_is_rejected() {
    let unprivileged = SHARED.kubectl_as("default", "default").unwrap();
    let refusal = unprivileged.run(&["get", "secrets"]).unwrap_err().to_string();
    assert!(refusal.contains("system:serviceaccount:default:default"), "{refusal}");
    assert!(refusal.contains("Forbidden"), "{refusal}");
}

#[test]
fn a_service_account_has_its_permissions() {
    let admin = SHARED.kubectl();
    admin.run(&["create", "serviceaccount", "reader"]).unwrap();
    admin.run(&["create", "role", "reader", "--verb=list", "--resource=secrets"]).unwrap();
    admin
        .run(&["create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:reader"])
        .unwrap();
    let reader = SHARED.kubectl_as("default", "reader").unwrap();
    eventually(|| reader.run(&["auth", "can-i", "list", "secrets"]).is_ok());
    reader.run(&["auth", "can-i", "delete", "secrets"]).unwrap_err();
}

#[test]
fn dependents_are_deleted_with_their_owner() {
    let kubectl = SHARED.kubectl();
    kubectl.apply(&config_map("owner", "")).unwrap();
    kubectl.apply(&owned_by(&kubectl, "v1", "ConfigMap")).unwrap();
    kubectl.run(&["delete", "configmap", "owner"]).unwrap();
    kubectl.run(&["wait", "--for=delete", "configmap/owned", "--timeout=120s"]).unwrap();
}

#[test]
fn a_namespace_is_deleted_with_its_objects() {
    let kubectl = SHARED.kubectl();
    kubectl.run(&["create", "namespace", "passing"]).unwrap();
    kubectl.run(&["create", "configmap", "inside", "--namespace=passing"]).unwrap();
    kubectl.run(&["delete", "namespace", "passing", "--timeout=120s"]).unwrap();
    kubectl.run(&["get", "namespace", "passing"]).unwrap_err();
}

#[test]
fn a_paused_server_answers_nothing_and_a_restarted_one_has_kept_everything() {
    let control_plane = ControlPlane::start().unwrap();
    let kubectl = control_plane.kubectl();
    kubectl.apply(&config_map("kept", "value")).unwrap();

    control_plane.pause_api_server().unwrap();
    kubectl.run(&["get", "configmap", "kept", "--request-timeout=1s"]).unwrap_err();
    control_plane.resume_api_server().unwrap();
    kubectl.run(&["get", "configmap", "kept"]).unwrap();

    control_plane.stop_api_server().unwrap();
    kubectl.run(&["get", "configmap", "kept"]).unwrap_err();
    control_plane.restart_api_server().unwrap();
    let value = kubectl.run(&["get", "configmap", "kept", "-o", "jsonpath={.data.key}"]).unwrap();
    assert_eq!(value, "value");
    assert!(control_plane.audit_events().unwrap().iter().any(|event| is_write_of(event, "kept")));
}

#[test]
fn a_restarted_controller_manager_collects_what_a_new_kind_owned() {
    let control_plane = ControlPlane::start().unwrap();
    let kubectl = control_plane.kubectl();
    kubectl.apply(WIDGETS).unwrap();
    kubectl
        .run(&["wait", "--for=condition=Established", "crd/widgets.example.test", "--timeout=120s"])
        .unwrap();
    control_plane.restart_controller_manager().unwrap();
    kubectl
        .apply("{apiVersion: example.test/v1, kind: Widget, metadata: {name: owner, namespace: default}}")
        .unwrap();
    kubectl.apply(&owned_by(&kubectl, "example.test/v1", "Widget")).unwrap();
    kubectl.run(&["delete", "widget", "owner"]).unwrap();
    kubectl.run(&["wait", "--for=delete", "configmap/owned", "--timeout=120s"]).unwrap();
}

#[test]
fn a_dropped_control_plane_leaves_no_processes_or_files() {
    let control_plane = ControlPlane::start().unwrap();
    let pids = all(control_plane.pids());
    let folder = control_plane.kubeconfig().parent().unwrap().to_owned();
    assert!(pids.iter().all(|pid| is_alive(*pid)) && folder.exists());
    drop(control_plane);
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
    assert!(!folder.exists());
}

#[test]
fn the_servers_end_when_the_process_is_killed() {
    let (mut running, line) = run_binary(&[]);
    let pids = printed_pids(&line);
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{line}");
    running.kill().unwrap();
    running.wait().unwrap();
    eventually(|| !pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn the_program_stops_at_the_end_of_stdin() {
    let (mut running, line) = run_binary(&["--until-eof"]);
    let pids = printed_pids(&line);
    drop(running.stdin.take());
    assert!(running.wait().unwrap().success());
    assert!(!pids.iter().any(|pid| is_alive(*pid)));
    assert!(!Path::new(line["auditLog"].as_str().unwrap()).exists());
}

/// Starts `control-plane run` and returns the process and its line of JSON.
fn run_binary(arguments: &[&str]) -> (Child, Value) {
    let mut running = Command::new(env!("CARGO_BIN_EXE_control-plane"))
        .arg("run")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (running, serde_json::from_str(&line).expect(&line))
}

fn printed_pids(line: &Value) -> Vec<u32> {
    line["pids"].as_object().unwrap().values().map(|pid| pid.as_u64().unwrap() as u32).collect()
}

fn all(Pids { etcd, kube_apiserver, kube_controller_manager }: Pids) -> [u32; 3] {
    [etcd, kube_apiserver, kube_controller_manager]
}

/// Returns whether a process is running. A zombie is not.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

fn config_map(name: &str, value: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: default}}, data: {{key: '{value}'}}}}"
    )
}

/// Returns a ConfigMap `owned` whose owner is the object `owner` of the given kind.
fn owned_by(kubectl: &Kubectl, api_version: &str, kind: &str) -> String {
    let uid = kubectl.run(&["get", kind, "owner", "-o", "jsonpath={.metadata.uid}"]).unwrap();
    let owners = format!("[{{apiVersion: {api_version}, kind: {kind}, name: owner, uid: {uid}}}]");
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: owned, namespace: default, ownerReferences: {owners}}}}}"
    )
}

fn is_write_of(event: &Value, name: &str) -> bool {
    event["objectRef"]["name"] == name && event["requestObject"].is_object()
}

#[allow(clippy::disallowed_methods)]
fn eventually(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(120), "timed out");
        std::thread::sleep(Duration::from_millis(50));
    }
}
