//! Manifests as users write them: `catalog render` takes and refuses what `kubectl` and a real API server take
//! and refuse, and reads the same spec. The manifests are in `tests/crds/manifests`.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::PLANE;
use interpreter::{catalog, manifest};
use serde_json::Value;

/// Parts of a spec, with what is hard to read in them.
const SPECS: [&str; 31] = [
    "options: { version: 0o21 }",
    "options: { version: 08 }",
    "options: { version: 0x11 }",
    "options: { version: 0b10001 }",
    "options: { version: 1_7 }",
    "options: { version: -021 }",
    "options: { version: +17 }",
    "options: { version: 17e0 }",
    "options: { version: .5e1 }",
    "options: { version: 17.5 }",
    "options: { version: -0 }",
    "options: { version: .inf }",
    "options: { version: 1e30 }",
    "options: { version: 1e400 }",
    "options: { version: !!str 17 }",
    "options: { version: 9223372036854775807 }",
    "options: { version: -9223372036854775808 }",
    "options: { version: -9223372036854775809 }",
    "options: { version: 9223372036854775000.0 }",
    "options: { version: 18446744073709551616 }",
    "options: { version: [17] }",
    "options: { <<: { version: 16 }, encryption: true }",
    "options: { encryption: y }",
    "options: { encryption: Off }",
    "options: { encryption: ~ }",
    "options: { nothing: null }",
    "options: []",
    "instance: null",
    "instance: { region: null, plan: xxs_sml }",
    "instance: { region: par, plan: 021 }",
    "instance: { region: 2024-01-01, plan: 1:20:30 }",
];

/// Keys of a map, which are values of YAML 1.1 before they are texts.
const KEYS: [&str; 11] = ["on", "y", "021", "08", "1.10", "1e3", "1_000", "True", "\"on\"", "'021'", "1:20"];

#[test]
fn what_is_rendered_is_what_kubectl_and_the_api_server_take() {
    let kubectl = PLANE.kubectl();
    let addons = super::load(super::CATALOGS[0].0);
    super::are_taken(&kubectl, &addons);
    let (mut wrong, mut taken, mut refused) = (Vec::new(), 0, 0);
    for (name, text) in manifests() {
        let addon = addons
            .iter()
            .find(|addon| {
                let head = format!(
                    "apiVersion: {}/{}\nkind: {}\n",
                    addon.resource.group, addon.resource.versions[0], addon.resource.kind
                );
                text.starts_with(&head)
            })
            .unwrap_or_else(|| panic!("{name} is of no kind"));
        let arguments = ["create", "--dry-run=server", "--output=json", "--filename=-"];
        let answer = kubectl.run_with_input(&arguments, &text);
        let theirs = answer.as_ref().ok().map(|json| spec(&serde_json::from_str(json).unwrap()));
        let read = manifest::documents(&text).ok().map(|mut read| read.pop().unwrap());
        let ours = read.and_then(|read| catalog::stored(addon, &read["spec"]).ok());
        *(if theirs.is_some() { &mut taken } else { &mut refused }) += 1;
        if theirs != ours || ours.is_some() != is_rendered(&name, &text) {
            wrong.push(format!("{name}: kubectl says {answer:?}, and `catalog render` reads {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 40 && refused > 25, "{taken} are taken, {refused} refused");
}

fn spec(stored: &Value) -> Value {
    stored["spec"].clone()
}

/// True if `catalog render` does not refuse the manifest. Whether it becomes ready is another question.
fn is_rendered(name: &str, text: &str) -> bool {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crds");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("manifest.yaml");
    fs::write(&file, text).unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    let answer = render.args(["catalog", "render"]).arg(&file).env_clear().output().unwrap();
    let told = String::from_utf8(answer.stderr).unwrap();
    let is_refused = answer.status.code() == Some(2);
    let reasons = ["the API server would refuse this manifest", "manifest.yaml: "];
    assert!(!is_refused || reasons.iter().any(|reason| told.contains(reason)), "{name}: {told}");
    !is_refused
}

/// Every manifest, with a name for it.
fn manifests() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds/manifests");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
    };
    let files = fs::read_dir(folder).unwrap().map(read);
    let documents = files.flat_map(|(name, text)| {
        let documents = text.split("\n---\n").map(|document| format!("{}\n", document.trim_end()));
        documents.map(|document| (name.clone(), document)).collect::<Vec<_>>()
    });
    let specs = SPECS.map(|part| {
        let instance = "instance: { region: par, plan: xxs_sml }\n  ";
        let head = "apiVersion: api.clever-cloud.com/v1\nkind: PostgreSql\nmetadata: { name: a }\nspec:\n  ";
        let instance = if part.starts_with("instance") { "" } else { instance };
        (part.to_owned(), format!("{head}organisation: orga_a\n  {instance}{part}\n"))
    });
    let keys = KEYS.map(|key| {
        let head =
            "apiVersion: api.clever-cloud.com/v1\nkind: ConfigProvider\nmetadata: { name: a }\nspec:\n  ";
        (key.to_owned(), format!("{head}organisation: orga_a\n  variables: {{ {key}: \"1\" }}\n"))
    });
    documents.chain(specs).chain(keys).collect()
}
