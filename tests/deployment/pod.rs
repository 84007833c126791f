//! What a kubelet would start of the deployed manifests. There is no node here: the pod is an object like any other, judged by the API
//! server, and its one container is a process of this machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
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
    /// Makes the pod that a deployment describes, and starts the program under test with the rights of its service account.
    pub(super) async fn start(cluster: &Cluster, deployment: &Value) -> Self {
        let pod = admitted(cluster, deployment).await;
        // Empty, as the image's root is: there is nothing that it could take for its configuration.
        let folder = world::folder("pod");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", operator::PROGRAM]).args(arguments(&pod));
        command.arg("--kubeconfig").arg(PLANE.kubeconfig_for(namespace(&pod), account(&pod)).unwrap());
        command.env_clear().env("HOME", &folder).current_dir(&folder);
        Self::run(pod, command).await
    }

    /// Makes the pod that a deployment describes, and starts what is in the image: in its root, as the user that the pod names, with what
    /// a kubelet adds to it.
    pub(super) async fn start_image(cluster: &Cluster, deployment: &Value, root: &Path) -> Self {
        let pod = admitted(cluster, deployment).await;
        let security = &pod["spec"]["securityContext"];
        furnish(root, namespace(&pod), account(&pod));
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={}:{}", security["runAsUser"], security["runAsGroup"]));
        command.arg(root).arg("/clever-operator").args(arguments(&pod));
        let port = PLANE.server().rsplit(':').next().unwrap().to_owned();
        // By name, so that a name is looked up.
        command.env_clear().env("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc").env("KUBERNETES_SERVICE_PORT", port);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Self::run(pod, command).await
    }

    async fn run(pod: Value, mut command: Command) -> Self {
        let log = world::folder("deployment").join("operator.log");
        command.envs(environment(&pod)).envs(HERE);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        // For the kernel, the parent is the thread that forks: a worker, which stays, and not the test's, which ends.
        let child = tokio::spawn(async move { command.spawn().unwrap() }).await.unwrap();
        Self { pod, child, log }
    }

    /// What it has written so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until a probe of its container says yes.
    pub(super) async fn until(&self, probe: &str) {
        let path = text(&self.pod["spec"]["containers"][0][probe]["httpGet"]["path"]);
        let what = format!("{probe} at {path}");
        let address = eventually("where it listens", async || self.address()).await;
        let url = format!("http://{address}{path}");
        let http = reqwest::Client::builder().build().unwrap();
        let asked = async || http.get(&url).send().await.ok()?.error_for_status().ok();
        eventually(&what, asked).await;
    }

    /// What it says when it starts.
    fn address(&self) -> Option<String> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line["listen"].as_str()?.to_owned())).next()
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

/// What a kubelet mounts: the service account, and names.
fn furnish(root: &Path, namespace: &str, account: &str) {
    let kubeconfig: Value = serde_json::from_str(&fs::read_to_string(PLANE.kubeconfig()).unwrap()).unwrap();
    let authority = fs::read_to_string(text(&kubeconfig["clusters"][0]["cluster"]["certificate-authority"])).unwrap();
    let token = PLANE.kubectl().run(&["create", "token", account, "--namespace", namespace]).unwrap();
    let mounts = root.join("var/run/secrets/kubernetes.io/serviceaccount");
    fs::create_dir_all(&mounts).unwrap();
    let files = [("token", token.trim()), ("ca.crt", &authority), ("namespace", namespace)];
    files.iter().for_each(|(name, text)| fs::write(mounts.join(name), text).unwrap());
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost kubernetes.default.svc\n").unwrap();
}

fn arguments(pod: &Value) -> impl Iterator<Item = &str> {
    pod["spec"]["containers"][0]["args"].as_array().into_iter().flatten().map(text)
}

fn namespace(pod: &Value) -> &str {
    text(&pod["metadata"]["namespace"])
}

fn account(pod: &Value) -> &str {
    text(&pod["spec"]["serviceAccountName"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
