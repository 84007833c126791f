//! What a kubelet mounts into a container, and keeps up to date there: objects of the cluster as files,
//! swapped as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Cluster, PLANE, eventually};

/// Files of a volume: their paths in it, and what they hold.
type Files = BTreeMap<String, Vec<u8>>;

/// Between two looks at the objects. A kubelet takes a minute.
const AGAIN: Duration = Duration::from_millis(300);
/// As the cluster's own publisher of it, which is not among its controllers here, calls the authority.
const AUTHORITY: &str = "kube-root-ca.crt";

/// Volumes that are kept up to date until this is dropped.
pub struct Volumes(JoinHandle<()>);

/// One volume, and where it is mounted.
struct Mount {
    volume: Value,
    folder: PathBuf,
    files: Files,
}

impl Volumes {
    /// Mounts what the container of a pod asks for, below this root; waits for objects that have to be there,
    /// as a kubelet does.
    pub async fn mount(cluster: &Cluster, pod: &Value, root: &Path) -> Self {
        publish_authority(cluster, text(&pod["metadata"]["namespace"])).await;
        let mut mounts = Vec::new();
        for mount in pod["spec"]["containers"][0]["volumeMounts"].as_array().into_iter().flatten() {
            assert!(mount["subPath"].is_null(), "not played here: {mount}");
            let is_named = |volume: &&Value| volume["name"] == mount["name"];
            let volume =
                pod["spec"]["volumes"].as_array().into_iter().flatten().find(is_named).unwrap().clone();
            let folder = root.join(text(&mount["mountPath"]).trim_start_matches('/'));
            let what = format!("all objects of the volume {volume}");
            let files = eventually(&what, async || files(cluster, pod, &volume).await).await;
            fs::create_dir_all(&folder).unwrap();
            swap(&folder, &files, 0);
            mounts.push(Mount { volume, folder, files });
        }
        let (cluster, pod) = (cluster.clone(), pod.clone());
        Self(tokio::spawn(async move { keep(&cluster, &pod, mounts).await }))
    }
}

impl Drop for Volumes {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(cluster: &Cluster, pod: &Value, mut mounts: Vec<Mount>) {
    for turn in 1.. {
        tokio::time::sleep(AGAIN).await;
        for mount in mounts.iter_mut().filter(|mount| mount.volume["projected"].is_null()) {
            // An object that is gone leaves its files where they are.
            if let Some(now) = files(cluster, pod, &mount.volume).await.filter(|now| *now != mount.files) {
                swap(&mount.folder, &now, turn);
                mount.files = now;
            }
        }
    }
}

/// Puts files in the place of those before, all at one moment: who opens a path finds the old or the new.
fn swap(folder: &Path, files: &Files, turn: u32) {
    let version = format!("..{turn}");
    for (path, content) in files {
        let target = folder.join(&version).join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, content).unwrap();
        let link = folder.join(path);
        if !link.is_symlink() {
            symlink(Path::new("..data").join(path), link).unwrap();
        }
    }
    fs::create_dir_all(folder.join(&version)).unwrap();
    let next = folder.join("..next");
    symlink(&version, &next).unwrap();
    fs::rename(next, folder.join("..data")).unwrap();
}

/// The files of a volume; none as long as something that it needs is missing.
async fn files(cluster: &Cluster, pod: &Value, volume: &Value) -> Option<Files> {
    if !volume["emptyDir"].is_null() {
        return Some(Files::new());
    }
    let Some(sources) = volume["projected"]["sources"].as_array() else {
        return source(cluster, pod, volume).await;
    };
    let mut files = Files::new();
    for one in sources {
        files.extend(source(cluster, pod, one).await?);
    }
    Some(files)
}

async fn source(cluster: &Cluster, pod: &Value, source: &Value) -> Option<Files> {
    let (name, what) = source.as_object().unwrap().iter().find(|(name, _)| *name != "name").unwrap();
    match name.as_str() {
        "secret" | "configMap" => of_object(cluster, pod, name, what).await,
        "serviceAccountToken" => Some(Files::from([(
            text(&what["path"]).to_owned(),
            token(cluster, pod, what).await.into_bytes(),
        )])),
        "downwardAPI" => {
            let item = |item: &Value| {
                (
                    text(&item["path"]).to_owned(),
                    field(pod, text(&item["fieldRef"]["fieldPath"])).into_bytes(),
                )
            };
            Some(what["items"].as_array().unwrap().iter().map(item).collect())
        }
        other => panic!("not played here: a volume of {other}"),
    }
}

async fn of_object(cluster: &Cluster, pod: &Value, kind: &str, what: &Value) -> Option<Files> {
    let name = what["secretName"].as_str().or(what["name"].as_str()).unwrap();
    let Some(data) = data(cluster, text(&pod["metadata"]["namespace"]), kind, name).await else {
        return (what["optional"] == true).then(Files::new);
    };
    let Some(items) = what["items"].as_array() else {
        return Some(data);
    };
    items
        .iter()
        .map(|item| Some((text(&item["path"]).to_owned(), data.get(text(&item["key"]))?.clone())))
        .collect()
}

/// What a Secret or a ConfigMap (`secret`, `configMap`) holds, decoded.
pub async fn data(cluster: &Cluster, namespace: &str, kind: &str, name: &str) -> Option<Files> {
    let object =
        cluster.get(&format!("/api/v1/namespaces/{namespace}/{}s/{name}", kind.to_lowercase())).await?;
    let decoded = |value: &Value| match kind {
        "secret" => BASE64_STANDARD.decode(text(value)).unwrap(),
        _ => text(value).as_bytes().to_owned(),
    };
    Some(
        object["data"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), decoded(value)))
            .collect(),
    )
}

/// A token of the pod's account that is good as long as the pod is there.
async fn token(cluster: &Cluster, pod: &Value, what: &Value) -> String {
    let (namespace, account) =
        (text(&pod["metadata"]["namespace"]), text(&pod["spec"]["serviceAccountName"]));
    let bound = json!({ "apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] });
    let spec =
        json!({ "audiences": [], "expirationSeconds": what["expirationSeconds"], "boundObjectRef": bound });
    let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec });
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    text(&cluster.create(&path, &request).await.unwrap()["status"]["token"]).to_owned()
}

/// A field of the pod by its path, such as `metadata.name`.
pub fn field(pod: &Value, path: &str) -> String {
    text(pod.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or_else(|| panic!("no {path}")))
        .to_owned()
}

async fn publish_authority(cluster: &Cluster, namespace: &str) {
    let kubeconfig: Value = serde_json::from_str(&fs::read_to_string(PLANE.kubeconfig()).unwrap()).unwrap();
    let authority =
        fs::read_to_string(text(&kubeconfig["clusters"][0]["cluster"]["certificate-authority"])).unwrap();
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/{AUTHORITY}");
    let metadata = json!({ "name": AUTHORITY, "namespace": namespace });
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "ca.crt": authority } });
    cluster.apply(&path, &object).await.unwrap();
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
