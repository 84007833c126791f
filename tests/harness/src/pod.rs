//! What a kubelet would start of a Deployment. There is no node here: the pod is an object like any other,
//! judged by the API server, and its one container is a process of this machine, in a root of its own. Its
//! arguments, variables, volumes and account are the pod's, and nothing else is there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::volumes::{Volumes, data, field};
use super::{Cluster, PLANE, eventually, pod_root, world};

/// A running pod. Ended when dropped, and by the kernel when this process ends.
pub struct Pod {
    pod: Value,
    child: Child,
    log: PathBuf,
    _volumes: Volumes,
}

impl Pod {
    /// Makes a pod that a Deployment describes, and starts the program under test in its place. Who needs
    /// more variables than the Deployment says passes them: they are for manifests that a test must not
    /// change.
    pub async fn start(cluster: &Cluster, deployment: &Value, index: u32, more: &[(&str, &str)]) -> Self {
        let pod = admitted(cluster, deployment, index).await;
        let root = folder(&pod).join("root");
        pod_root::lay_out(&root);
        Self::run(cluster, pod, &root, more).await
    }

    /// The same with what is in an image's root, which this adds to.
    pub async fn start_image(
        cluster: &Cluster,
        deployment: &Value,
        root: &Path,
        more: &[(&str, &str)],
    ) -> Self {
        let pod = admitted(cluster, deployment, 0).await;
        pod_root::furnish(root);
        Self::run(cluster, pod, root, more).await
    }

    async fn run(cluster: &Cluster, pod: Value, root: &Path, more: &[(&str, &str)]) -> Self {
        let volumes = Volumes::mount(cluster, &pod, root).await;
        let log = folder(&pod).join("operator.log");
        let mut command = command(cluster, &pod, root).await;
        command.envs(more.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        // For the kernel, the parent is the thread that forks: a worker, which stays, and not the test's,
        // which ends.
        let child = tokio::spawn(async move { command.spawn().unwrap() }).await.unwrap();
        Self { pod, child, log, _volumes: volumes }
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until a probe of its container says yes.
    pub async fn until(&self, probe: &str) {
        let path = text(&self.pod["spec"]["containers"][0][probe]["httpGet"]["path"]);
        eventually(&format!("{probe} at {path}"), async || (self.ask(path).await.0 == 200).then_some(()))
            .await;
    }

    /// What it answers at a path of its own server: status and text; 0 if it does not.
    pub async fn ask(&self, path: &str) -> (u16, String) {
        let address = eventually("where it listens", async || self.address()).await;
        let http = reqwest::Client::builder().build().unwrap();
        let Ok(answer) = http.get(format!("http://{address}{path}")).send().await else {
            return (0, String::new());
        };
        (answer.status().as_u16(), answer.text().await.unwrap_or_default())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        text(&self.pod["metadata"]["name"])
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as a kubelet does, waits until it has, in order, and takes the pod away.
    pub async fn stop(mut self, cluster: &Cluster) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        let status =
            eventually("the end of a pod that was asked to stop", async || self.child.try_wait().unwrap())
                .await;
        assert!(status.success(), "{status}: {}", self.log());
        self.removed(cluster).await;
    }

    /// Ends it as a crash would, and takes the pod away.
    pub async fn crash(mut self, cluster: &Cluster) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.removed(cluster).await;
    }

    async fn removed(&self, cluster: &Cluster) {
        let path =
            format!("/api/v1/namespaces/{}/pods/{}", text(&self.pod["metadata"]["namespace"]), self.name());
        // Its namespace may be gone with it.
        if cluster.get(&path).await.is_some() {
            cluster.delete(&path).await;
        }
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

/// Runs a pod that ends by itself, such as that of a test, and returns its exit code and what it printed.
/// These names are this machine there.
pub async fn run_to_the_end(cluster: &Cluster, pod: &Value, hosts: &[&str]) -> (i32, String) {
    let root = folder(pod).join("root");
    pod_root::lay_out(&root);
    hosts.iter().for_each(|host| pod_root::name(&root, host));
    let _volumes = Volumes::mount(cluster, pod, &root).await;
    let output = command(cluster, pod, &root).await.output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.code().unwrap_or(-1), said)
}

/// The container's process: in its root, as its user, with its arguments and variables and those that a
/// kubelet adds.
async fn command(cluster: &Cluster, pod: &Value, root: &Path) -> Command {
    let mut command = pod_root::enter(root, &pod["spec"]["securityContext"]);
    command.args(pod["spec"]["containers"][0]["args"].as_array().into_iter().flatten().map(text));
    let port = PLANE.server().rsplit(':').next().unwrap().to_owned();
    // The commands that lead into the root are looked for outside.
    let path = std::env::var("PATH").unwrap();
    command.env_clear().env("PATH", path).env("HOME", "/");
    command.env("KUBERNETES_SERVICE_HOST", "127.0.0.1").env("KUBERNETES_SERVICE_PORT", port);
    command.envs(environment(cluster, pod).await);
    command
}

/// The pod as its controllers would ask for it, and as the API server takes it: with the namespace's demands
/// on security, and its account.
async fn admitted(cluster: &Cluster, deployment: &Value, index: u32) -> Value {
    let namespace = text(&deployment["metadata"]["namespace"]);
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!(format!("{}-{index}", text(&deployment["metadata"]["name"])));
    let collection = format!("/api/v1/namespaces/{namespace}/pods");
    // One of this name may be on its way out.
    eventually("a pod that is admitted", async || match cluster.create(&collection, &pod).await {
        Ok(pod) => Some(pod),
        Err(said) if said.contains("already exists") || said.contains("being deleted") => None,
        Err(said) => panic!("{said}"),
    })
    .await
}

/// The variables of its container.
async fn environment(cluster: &Cluster, pod: &Value) -> BTreeMap<String, String> {
    let namespace = text(&pod["metadata"]["namespace"]);
    let mut variables = BTreeMap::new();
    for variable in pod["spec"]["containers"][0]["env"].as_array().into_iter().flatten() {
        let from = &variable["valueFrom"];
        let value = match from
            .as_object()
            .and_then(|from| from.iter().next())
            .map(|(kind, from)| (kind.as_str(), from))
        {
            None => Some(text(&variable["value"]).to_owned()),
            Some(("fieldRef", from)) => Some(field(pod, text(&from["fieldPath"]))),
            Some((kind @ ("secretKeyRef" | "configMapKeyRef"), from)) => {
                let data =
                    data(cluster, namespace, kind.trim_end_matches("KeyRef"), text(&from["name"])).await;
                let value = data.and_then(|mut data| data.remove(text(&from["key"])));
                assert!(
                    value.is_some() || from["optional"] == true,
                    "a kubelet would not start it: {from} is missing"
                );
                value.map(|value| String::from_utf8(value).unwrap())
            }
            Some((other, _)) => panic!("not played here: a variable from {other}"),
        };
        variables.extend(value.map(|value| (text(&variable["name"]).to_owned(), value)));
    }
    variables
}

/// Where its root and its log are.
fn folder(pod: &Value) -> PathBuf {
    world::folder(&format!("pods/{}.{}", text(&pod["metadata"]["namespace"]), text(&pod["metadata"]["name"])))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
