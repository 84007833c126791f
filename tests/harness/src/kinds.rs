//! The kinds of a catalog: their CRDs as the binary prints them, where their objects stand, and an example of
//! each.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{PLANE, program};

/// One kind, as its CRD says.
#[derive(Debug, Clone)]
pub struct Kind {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub kind: String,
}

/// The CRDs of a catalog, of the built-in one if none is named.
pub fn crds(catalog: Option<&Path>) -> String {
    printed(catalog, &["crd", "view"])
}

/// What the binary prints about a catalog.
pub fn printed(catalog: Option<&Path>, arguments: &[&str]) -> String {
    let mut command = Command::new(program::path());
    command.args(
        catalog
            .into_iter()
            .flat_map(|folder| [format!("--catalog={}", folder.display()), "--without-built-in".into()]),
    );
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Installs CRDs and waits until they are served.
pub fn install(crds: &str) -> Vec<Kind> {
    let kubectl = PLANE.kubectl();
    kubectl.apply(crds).unwrap();
    kubectl
        .run_with_input(&["wait", "--for=condition=Established", "--timeout=120s", "-f", "-"], crds)
        .unwrap();
    PLANE.restart_controller_manager().unwrap();
    documents(crds).iter().map(kind).collect()
}

/// The documents of a YAML stream.
pub fn documents(yaml: &str) -> Vec<Value> {
    yaml.split("\n---\n").map(|document| serde_yaml::from_str(document).unwrap()).collect()
}

fn kind(crd: &Value) -> Kind {
    let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    Kind {
        group: text("/spec/group"),
        version: text("/spec/versions/0/name"),
        plural: text("/spec/names/plural"),
        kind: text("/spec/names/kind"),
    }
}

impl Kind {
    /// Where the objects of a namespace stand.
    pub fn collection(&self, namespace: &str) -> String {
        format!("/apis/{}/{}/namespaces/{namespace}/{}", self.group, self.version, self.plural)
    }

    /// The name of its CRD.
    pub fn definition(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}
