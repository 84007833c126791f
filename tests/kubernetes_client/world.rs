//! A control plane, a namespace of one's own, and widgets to put into it.

use std::{
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use clever_operator::cluster::{Cluster, ClusterOptions, Key, Kind, connect, object};
use control_plane::ControlPlane;
use kube::api::DynamicObject;
use serde_json::{Value, json};

/// How long anything may take before it counts as broken: generous, for machines that are busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Shared by the tests that only add objects of their own.
pub(crate) static SHARED: LazyLock<ControlPlane> = LazyLock::new(|| {
    let plane = ControlPlane::start().unwrap();
    define(&plane, "Widget");
    plane
});

static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// One test's part of a control plane.
pub(crate) struct World {
    pub(crate) plane: &'static ControlPlane,
    pub(crate) cluster: Cluster,
    pub(crate) namespace: String,
}

/// A namespace of one's own on the shared control plane.
pub(crate) async fn world() -> World {
    world_on(&SHARED).await
}

/// A namespace of one's own on this control plane.
pub(crate) async fn world_on(plane: &'static ControlPlane) -> World {
    let namespace = format!("test-{}", NAMESPACES.fetch_add(1, SeqCst));
    plane.kubectl().run(&["create", "namespace", &namespace]).unwrap();
    World { plane, cluster: cluster(plane.kubeconfig()).await, namespace }
}

/// A cluster as the user of `kubeconfig`.
pub(crate) async fn cluster(kubeconfig: &Path) -> Cluster {
    // Every test is first; all but one find it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = ClusterOptions { kubeconfig: Some(kubeconfig.to_owned()), context: None };
    Cluster::new(connect(&options).await.unwrap(), "tester")
}

/// Installs the definition of `kind` and waits until it is served.
pub(crate) fn define(plane: &ControlPlane, kind: &str) {
    plane.kubectl().apply(&definition(kind)).unwrap();
    let name = format!("crd/{}s.example.com", kind.to_lowercase());
    plane.kubectl().run(&["wait", "--for=condition=Established", "--timeout=60s", &name]).unwrap();
}

/// The manifest of a definition.
pub(crate) fn definition(kind: &str) -> String {
    let singular = kind.to_lowercase();
    let manifest = include_str!("widgets.yaml").replace("KIND", kind);
    manifest.replace("PLURAL", &format!("{singular}s")).replace("SINGULAR", &singular)
}

/// The kind that [`define`] installs.
pub(crate) fn kind(kind: &str) -> Kind {
    Kind {
        group: "example.com".into(),
        version: "v1".into(),
        kind: kind.into(),
        plural: format!("{}s", kind.to_lowercase()),
        namespaced: true,
    }
}

pub(crate) fn widgets() -> Kind {
    kind("Widget")
}

/// Looks until there is something to see.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "never seen: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl World {
    pub(crate) fn key(&self, name: &str) -> Key {
        Key::new(&self.namespace, name)
    }

    /// Applies an object in this namespace with kubectl, as somebody else would.
    pub(crate) fn apply(&self, mut manifest: Value) {
        manifest["metadata"]["namespace"] = json!(self.namespace);
        self.plane.kubectl().apply(&manifest.to_string()).unwrap();
    }

    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let mut all = vec!["-n", &self.namespace];
        all.extend(arguments);
        self.plane.kubectl().run(&all).unwrap()
    }

    /// A widget with a spec, read live.
    pub(crate) async fn widget(&self, name: &str) -> DynamicObject {
        self.apply(widget(name));
        self.live(name).await.unwrap()
    }

    pub(crate) async fn live(&self, name: &str) -> Option<DynamicObject> {
        object::read(&self.cluster, &widgets(), &self.key(name)).await.unwrap()
    }

    /// What was written to objects of this name in this namespace, by us.
    pub(crate) fn writes(&self, name: &str) -> Vec<Value> {
        let events = self.plane.audit_events().unwrap();
        let ours = |event: &Value| {
            let agent = event["userAgent"].as_str().unwrap_or_default();
            let (object, verb) = (&event["objectRef"], &event["verb"]);
            agent.starts_with(env!("CARGO_PKG_NAME"))
                && object["name"] == name
                && object["namespace"] == self.namespace
                && !["get", "list", "watch"].contains(&verb.as_str().unwrap_or_default())
        };
        events.into_iter().filter(ours).collect()
    }
}

pub(crate) fn widget(name: &str) -> Value {
    json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": name }, "spec": { "size": 1 } })
}
