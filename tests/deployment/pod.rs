//! What a kubelet would start of the deployed manifests. There is no node here: the pod is an object like any other, judged by the API
//! server, and its one container is a process of this machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Cluster, PLANE, eventually, operator, world};

/// Instead of the pod's own address, and so that tests do not wait a minute for what the sandbox shows at once.
/// The kinds behind a switch are on, as a user may want them.
const HERE: [(&str, &str); 5] = [
    ("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0"),
    ("CLEVER_OPERATOR_OPERATOR_SETTLE", "1s"),
    ("CLEVER_OPERATOR_OPERATOR_FENCE", "5s"),
    ("CLEVER_OPERATOR_OPERATOR_FLAT_KINDS", "true"),
    ("CLEVER_OPERATOR_API_ORGANISATION", "orga_11111111-2222-4333-8444-555555555555"),
];

/// A running pod. Ended when dropped, and by the kernel when this process ends.
pub(super) struct Pod {
    pod: Value,
    child: Child,
    log: PathBuf,
}

impl Pod {
    /// Makes the pod that a deployment describes, and starts it with the rights of its service account.
    pub(super) async fn start(cluster: &Cluster, deployment: &Value) -> Self {
        let pod = admitted(cluster, deployment).await;
        let container = &pod["spec"]["containers"][0];
        let (namespace, account) = (text(&pod["metadata"]["namespace"]), text(&pod["spec"]["serviceAccountName"]));
        // Empty, as the image's root is: there is nothing that it could take for its configuration.
        let folder = world::folder("pod");
        let log = world::folder("deployment").join("operator.log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", operator::PROGRAM]);
        command.args(container["args"].as_array().into_iter().flatten().map(text));
        command.arg("--kubeconfig").arg(PLANE.kubeconfig_for(namespace, account).unwrap());
        command.env_clear().envs(environment(&pod)).envs(HERE).env("HOME", &folder).current_dir(&folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        // For the kernel, the parent is the thread that forks: a worker, which stays, and not the test's, which ends.
        let child = tokio::spawn(async move { command.spawn().unwrap() }).await.unwrap();
        Self { pod, child, log }
    }

    /// Waits until a probe of its container says yes.
    pub(super) async fn until(&self, probe: &str) {
        let path = text(&self.pod["spec"]["containers"][0][probe]["httpGet"]["path"]);
        let what = format!("{probe} at {path}\n{}", fs::read_to_string(&self.log).unwrap());
        let address = eventually("where it listens", async || self.address()).await;
        let url = format!("http://{address}{path}");
        let http = reqwest::Client::builder().build().unwrap();
        let asked = async || http.get(&url).send().await.ok()?.error_for_status().ok();
        eventually(&what, asked).await;
    }

    /// What it says when it starts.
    fn address(&self) -> Option<String> {
        let log = fs::read_to_string(&self.log).unwrap();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line["fields"]["listen"].as_str().or(line["listen"].as_str())?.to_owned())).next()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pod as its controllers would ask for it, and as the API server takes it: with the namespace's demands on security.
async fn admitted(cluster: &Cluster, deployment: &Value) -> Value {
    let namespace = text(&deployment["metadata"]["namespace"]);
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!(format!("{}-0", text(&deployment["metadata"]["name"])));
    cluster.create(&format!("/api/v1/namespaces/{namespace}/pods"), &pod).await.unwrap()
}

/// The variables of its container, those that are fields of the pod filled in.
fn environment(pod: &Value) -> BTreeMap<String, String> {
    let value = |variable: &Value| match variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
        Some(path) => text(pod.pointer(&format!("/{}", path.replace('.', "/"))).unwrap()).to_owned(),
        None => text(&variable["value"]).to_owned(),
    };
    let variables = pod["spec"]["containers"][0]["env"].as_array().into_iter().flatten();
    variables.map(|variable| (text(&variable["name"]).to_owned(), value(variable))).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
