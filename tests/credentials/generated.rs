//! The ConfigMap and the Secret that `configmap generate` and `secret generate` print, applied by kubectl.
//!
//! That the operator reads the same settings from them is tested in `tests/config`.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use harness::{PLANE, program};

const CASES: &str = "tests/config/command-cases";
const NAMESPACE: &str = "clever-operator-system";

#[test]
fn kubectl_keeps_every_letter_of_a_generated_object() {
    let kubectl = PLANE.kubectl();
    kubectl.run(&["create", "namespace", NAMESPACE]).unwrap();
    for case in ["several-places", "letters-that-need-care"] {
        for kind in ["configmap", "secret"] {
            let generated = generate(&Path::new(CASES).join(case), kind);
            kubectl.apply(&generated).unwrap();
            let name = "clever-operator-configuration";
            let applied =
                kubectl.run(&["get", kind, name, "--namespace", NAMESPACE, "--output", "json"]).unwrap();
            let manifest: Value = serde_yaml::from_str(&generated).unwrap();
            assert_eq!(text(&serde_json::from_str(&applied).unwrap()), text(&manifest), "{case} as {kind}");
        }
    }
}

/// Runs `<kind> generate` as the user of a case of `tests/config`.
fn generate(case: &Path, kind: &str) -> String {
    let here = case.join("here");
    let (here, home) = if here.exists() { (here.as_path(), "../home") } else { (case, "home") };
    let environment = fs::read_to_string(case.join("environment")).unwrap_or_default();
    let mut command = Command::new(program::path());
    command.args([kind, "generate"]).env_clear().current_dir(here);
    command.envs(here.join(home).exists().then_some(("HOME", home)));
    command.envs(environment.lines().filter_map(|line| line.split_once('=')));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the configuration in a ConfigMap or a Secret.
fn text(object: &Value) -> String {
    let text = object["data"]["config.toml"].as_str().unwrap();
    match object["kind"].as_str().unwrap() {
        "Secret" => String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap(),
        _ => text.to_owned(),
    }
}
