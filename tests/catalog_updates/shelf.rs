//! A ConfigMap with a catalog, as its author sees it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use harness::{Operator, PLANE, Scene, Settings, World, eventually, kinds, world};

/// The two files of the shop.
pub(super) const SHOP: &str = include_str!("catalog/shop.yaml");
const GADGET: &str = include_str!("catalog/gadget.yaml");

/// A world whose operator may work on gadgets, and make definitions.
pub(super) struct Shelf {
    pub(super) world: Arc<World>,
    pub(super) scene: Scene,
    pub(super) group: String,
    settings: Settings,
}

impl Shelf {
    /// One whose operator makes definitions itself.
    pub(super) async fn new(name: &str) -> Self {
        Self::told(name, Settings { arguments: &["--manage-crds"], ..Settings::default() }, &str::to_owned)
            .await
    }

    /// One whose operator is told this, and whose built-in catalog is changed so.
    pub(super) async fn told(name: &str, settings: Settings, change: &dyn Fn(&str) -> String) -> Self {
        let world = World::with_catalog(name, &["ConfigProvider", "KV"], change).await;
        let group = format!("gadgets.{name}.example.test");
        let apis = format!("apis:\n  shop:\n    endpoint: {}\n    key: demo-key\n", world.cloud.url());
        let scene = world.scene().await;
        let shelf = Self { world, scene, group, settings: Settings { apis, ..settings } };
        shelf.write();
        shelf.allow(name);
        shelf
    }

    pub(super) async fn operator(&self) -> Operator {
        self.world.operator("operator", &self.settings).await
    }

    /// The entry, after so many edits.
    pub(super) fn gadget(&self, edits: &[(&str, &str)]) -> String {
        edits.iter().fold(GADGET.replace("GROUP", &self.group), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
    }

    /// Where the ConfigMap stands.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps/shop", self.world.name)
    }

    /// Writes the ConfigMap.
    pub(super) async fn put(&self, gadget: &str) {
        let metadata = json!({ "name": "shop", "labels": { "operator.clever-cloud.com/catalog": "true" } });
        let data = json!({ "shop.yaml": SHOP, "gadget.yaml": gadget });
        let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data });
        self.world.cluster.apply(&self.path(), &object).await.unwrap();
    }

    /// What is said of it on itself.
    pub(super) async fn problems(&self) -> Option<String> {
        let object = self.world.cluster.get(&self.path()).await?;
        object["metadata"]["annotations"]["operator.clever-cloud.com/problems"].as_str().map(str::to_owned)
    }

    /// Waits until this is said of it on itself.
    pub(super) async fn until_problem(&self, says: &str) -> String {
        let what = format!("an annotation that says {says}");
        eventually(&what, async || self.problems().await.filter(|text| text.contains(says))).await
    }

    /// Waits until nothing is wrong with it.
    pub(super) async fn until_accepted(&self) {
        eventually("an annotation that goes", async || self.problems().await.is_none().then_some(())).await;
    }

    /// The events about it.
    pub(super) async fn until_event(&self, says: &str) {
        let what = format!("an event that says {says}");
        let cluster = &self.world.cluster;
        let told = async || {
            cluster.events(&self.world.name, "shop").await.into_iter().find(|event| event.contains(says))
        };
        eventually(&what, told).await;
    }

    /// What the operator says of the kind.
    pub(super) async fn entry(&self, operator: &Operator) -> Value {
        let (_, text) = operator.ask("/catalog").await;
        let page: Value = serde_json::from_str(&text).unwrap();
        let is_it = |entry: &&Value| entry["definition"] == self.definition();
        page["entries"].as_array().unwrap().iter().find(is_it).cloned().unwrap_or_default()
    }

    /// Waits until the kind stands so.
    pub(super) async fn until_state(&self, operator: &Operator, state: &str) {
        let what = format!("an entry that is {state}");
        eventually(&what, async || (self.entry(operator).await["state"] == state).then_some(())).await;
    }

    pub(super) fn definition(&self) -> String {
        format!("gadgets.{}", self.group)
    }

    /// Where a gadget stands.
    pub(super) fn at(&self, name: &str) -> String {
        format!("/apis/{}/v1/namespaces/{}/gadgets/{name}", self.group, self.scene.namespace)
    }

    /// Applies a gadget, as soon as its kind is served.
    pub(super) async fn make(&self, name: &str, spec: Value) {
        let object = json!({ "apiVersion": format!("{}/v1", self.group), "kind": "Gadget", "metadata": { "name": name }, "spec": spec });
        let what = format!("a gadget that is taken: {object}");
        eventually(&what, async || self.world.cluster.apply(&self.at(name), &object).await.ok()).await;
    }

    /// Waits until a gadget is told so, for the spec of now.
    pub(super) async fn until_ready_is(&self, name: &str, status: &str, reason: &str) {
        let holds = |object: &Value| {
            let ready = harness::scene::condition(object, "Ready");
            ready["status"] == status
                && ready["reason"] == reason
                && ready["observedGeneration"] == object["metadata"]["generation"]
        };
        let what = format!("{name} told as {status}/{reason}");
        eventually(&what, async || self.world.cluster.get(&self.at(name)).await.filter(holds)).await;
    }

    /// The gadgets of the shop.
    pub(super) async fn sold(&self) -> Vec<Value> {
        let client = reqwest::Client::builder().build().unwrap();
        let answer = client
            .get(format!("{}/crud/gadgets", self.world.cloud.url()))
            .header("X-Api-Key", "demo-key")
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// Its catalog as files: what an author keeps.
    pub(super) fn folder(&self) -> PathBuf {
        world::folder(&self.world.name).join("shop")
    }

    fn write(&self) {
        let folder = self.folder();
        for (file, text) in [("apis/shop.yaml", SHOP), ("addons/gadget.yaml", &self.gadget(&[]))] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    /// What `crd role` says is needed for its catalog, given to the operator.
    pub(super) fn allow(&self, name: &str) {
        let mut role: Value =
            serde_yaml::from_str(&kinds::printed(Some(&self.folder()), &["crd", "role"])).unwrap();
        let role_name = format!("{name}-gadgets");
        role["metadata"]["name"] = json!(role_name);
        role["rules"].as_array_mut().unwrap().push(json!({
            "apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], "verbs": ["create", "get", "patch"],
        }));
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": role_name },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role_name },
            "subjects": [{ "kind": "ServiceAccount", "name": "clever-operator", "namespace": self.world.name }],
        });
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": [role, binding] });
        PLANE.kubectl().apply(&list.to_string()).unwrap();
    }
}
