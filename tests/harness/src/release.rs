//! A release of the chart on the control plane: installed by real helm, with pods that are started from its
//! live Deployment.

use serde_json::{Value, json};

use super::helm::{CHART, Helm, objects, values_file};
use super::pod::{Pod, run_to_the_end};
use super::used::{self, Right};
use super::{Cluster, PLANE, cluster, eventually};

/// What a test's machine asks of every release, as a user would say it: a port of its own instead of the
/// pod's own address, and no minute of waiting for what the sandbox shows at once.
pub const HERE: [(&str, &str); 3] = [
    ("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0"),
    ("CLEVER_OPERATOR_OPERATOR_LIST_LAG", "1s"),
    ("CLEVER_OPERATOR_OPERATOR_CREATION_WINDOW", "5s"),
];

/// One release.
pub struct Release {
    pub helm: Helm,
    pub name: String,
    pub namespace: String,
    cluster: Cluster,
}

/// Credentials of the sandbox, and where it is, as values.
pub fn credentials(endpoint: &str) -> Value {
    json!({ "config": {
        "endpoint": endpoint, "token": "demo-token", "secret": "demo-secret",
        "consumerKey": "demo-consumer", "consumerSecret": "demo-consumer-secret",
    } })
}

impl Release {
    /// Installs the chart under a name, in a namespace of the same name. What helm says of itself comes with
    /// it.
    pub async fn install(helm: Helm, name: &str, values: &Value) -> (Self, String) {
        let (installed, said) = Self::try_install(helm, name, values).await;
        (installed, said.unwrap())
    }

    /// One that is there, or will be.
    pub async fn named(helm: Helm, name: &str) -> Self {
        Self { helm, name: name.to_owned(), namespace: name.to_owned(), cluster: Cluster::connect().await }
    }

    /// Installs, where helm may refuse.
    pub async fn try_install(helm: Helm, name: &str, values: &Value) -> (Self, Result<String, String>) {
        let release = Self::named(helm, name).await;
        let said = release.run(&["install", name, CHART, "--create-namespace"], Some(values));
        // Its garbage collector looks for new kinds every 30 s only.
        PLANE.restart_controller_manager().unwrap();
        (release, said)
    }

    /// Installs the chart's present form with these values.
    pub fn upgrade(&self, values: &Value) -> Result<String, String> {
        self.run(&["upgrade", &self.name, CHART], Some(values))
    }

    /// The same with these values and nothing that this machine asks besides.
    pub fn upgrade_exactly(&self, values: &Value) -> Result<String, String> {
        let file = values_file(&self.name, values);
        self.run(&["upgrade", &self.name, CHART, "--values", file.to_str().unwrap()], None)
    }

    /// Takes it away, and its pods' Deployment with it. Who has pods stops them: there is no kubelet that
    /// would.
    pub fn uninstall(&self) -> String {
        self.run(&["uninstall", &self.name, "--wait"], None).unwrap()
    }

    /// Its objects, as helm keeps them.
    pub fn manifest(&self) -> Vec<Value> {
        objects(&self.run(&["get", "manifest", &self.name], None).unwrap())
    }

    /// Its Deployment, as it stands in the cluster.
    pub async fn deployment(&self) -> Value {
        let path = format!("/apis/apps/v1/namespaces/{0}/deployments/{0}", self.namespace);
        let usual =
            format!("/apis/apps/v1/namespaces/{}/deployments/{}-clever-operator", self.namespace, self.name);
        match self.cluster.get(&path).await {
            Some(deployment) => deployment,
            None => self.cluster.get(&usual).await.unwrap(),
        }
    }

    /// Starts the pod of this number, from the live Deployment and nothing else.
    pub async fn pod(&self, index: u32) -> Pod {
        Pod::start(&self.cluster, &self.deployment().await, index, &[]).await
    }

    /// Runs `helm test` beside a kubelet for the one pod that it makes. Returns what helm says, and what the
    /// pod has printed.
    pub async fn test(&self) -> (Result<String, String>, String) {
        let mut command = self.helm.command();
        command.args(["test", &self.name, "--namespace", &self.namespace, "--timeout", "120s"]);
        let asked = tokio::task::spawn_blocking(move || command.output().unwrap());
        let deployment = self.deployment().await;
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}-test",
            self.namespace,
            deployment["metadata"]["name"].as_str().unwrap()
        );
        let pod = eventually("the pod of `helm test`", async || self.cluster.get(&path).await).await;
        let service = path.rsplit('/').next().unwrap().trim_end_matches("-test");
        let (code, printed) =
            run_to_the_end(&self.cluster, &pod, &[&format!("{service}.{}.svc", self.namespace)]).await;
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        self.cluster.merge_status(&path, &json!({ "phase": phase })).await;
        let output = asked.await.unwrap();
        let [said, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (if output.status.success() { Ok(said) } else { Err(complaint) }, printed)
    }

    /// The user that its pods are, for the API server.
    pub async fn user(&self) -> String {
        let deployment = self.deployment().await;
        let account = deployment["spec"]["template"]["spec"]["serviceAccountName"].as_str().unwrap();
        format!("system:serviceaccount:{}:{account}", self.namespace)
    }

    /// What its roles grant, and none of its pods has ever used.
    pub async fn unused_rights(&self) -> Vec<Right> {
        used::unused(&self.user().await, &self.manifest())
    }

    /// What its pods wanted to do and were not allowed to.
    pub async fn refused(&self) -> Vec<String> {
        cluster::refusals(&self.user().await)
    }

    fn run(&self, arguments: &[&str], values: Option<&Value>) -> Result<String, String> {
        let file = values.map(|values| values_file(&self.name, &here(values)));
        let mut all = arguments.to_vec();
        all.extend(["--namespace", &self.namespace]);
        all.extend(file.iter().flat_map(|file| ["--values", file.to_str().unwrap()]));
        self.helm.run(&all)
    }
}

/// The values, with what this machine asks besides; what they say themselves stays.
fn here(values: &Value) -> Value {
    let mut values = values.clone();
    let mut said = values["extraEnv"].as_array().cloned().unwrap_or_default();
    let is_said = |said: &[Value], name: &str| said.iter().any(|variable| variable["name"] == name);
    for (name, value) in HERE {
        if !is_said(&said, name) {
            said.push(json!({ "name": name, "value": value }));
        }
    }
    values["extraEnv"] = json!(said);
    values
}
