//! What the manifests hold, before any cluster sees them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use harness::{kinds, program};

const FILES: [&str; 3] = [
    "deployments/kubernetes/v1.24.0/10-custom-resource-definition.yaml",
    "deployments/kubernetes/v1.24.0/20-deployment.yaml",
    "dist/install.yaml",
];

const CRDS: &str = "charts/clever-operator/crds";

#[test]
fn the_committed_manifests_are_those_of_this_catalog() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployment/manifests");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/manifests.sh");
    assert!(Command::new(script).arg(&folder).env("OPERATOR", program::path()).status().unwrap().success());
    for file in FILES.map(str::to_owned).into_iter().chain(of_the_chart(&folder)) {
        let [made, committed] = [folder.join(&file), file.clone().into()]
            .map(|path| fs::read_to_string(path).unwrap_or_default());
        assert!(made == committed, "{file} is not what the catalog becomes; run `make generate`");
    }
}

/// What the chart holds of the catalog, here and as it was made.
fn of_the_chart(made: &Path) -> BTreeSet<String> {
    let names = |root: &Path| {
        fs::read_dir(root.join(CRDS)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap())
    };
    let crds = names(made).chain(names(Path::new("."))).map(|name| format!("{CRDS}/{name}"));
    crds.chain(["charts/clever-operator/files/kinds.yaml".to_owned()]).collect()
}

#[test]
fn applying_them_again_can_blank_no_credentials() {
    for object in FILES.iter().flat_map(|file| objects(file)) {
        let kind = object["kind"].as_str().unwrap();
        assert!(!["ConfigMap", "Secret"].contains(&kind), "a {kind} of ours would replace what users wrote");
    }
}

#[test]
fn the_container_is_what_the_image_and_the_program_are() {
    let deployment = objects(FILES[1]).into_iter().find(|object| object["kind"] == "Deployment").unwrap();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], format!("clever-operator:{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(container["ports"][0]["containerPort"], 8000, "where the program listens by itself");
    // What else a pod needs in order to be harmless is demanded by the namespace's own label, and judged by
    // the API server.
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(
        deployment["spec"]["strategy"]["rollingUpdate"],
        json!({ "maxSurge": 1, "maxUnavailable": 0 })
    );
}

/// The objects of a file.
pub(super) fn objects(file: &str) -> Vec<Value> {
    kinds::documents(&fs::read_to_string(file).unwrap())
}
