//! Definitions, rule by rule: `tests/crd/*/`. `UPDATE_EXPECTED=1 cargo test -p interpreter --test crd` writes
//! what is expected anew.
#![allow(clippy::unwrap_used)]

#[path = "exchange/notation.rs"]
mod notation;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::crd::{crd, file_name, kustomization, user_roles, yaml};
use notation::{catalog, catalog_of, folder};
use serde_json::{Map, Value, json};

#[test]
fn a_definition_says_what_its_catalog_entry_means() {
    for case in case_folders() {
        let stated: Value =
            serde_yaml::from_str(&std::fs::read_to_string(case.join("case.yaml")).unwrap()).unwrap();
        let definition = crd(&addon_of(&case));
        let shown = stated["shows"].as_array().unwrap().iter().map(|pointer| {
            let pointer = pointer.as_str().unwrap();
            (
                pointer.to_owned(),
                definition
                    .pointer(pointer)
                    .unwrap_or_else(|| panic!("{}: no {pointer}", case.display()))
                    .clone(),
            )
        });
        expect(&case.join("expected.yaml"), &yaml(&Value::Object(shown.collect::<Map<_, _>>())).unwrap());
    }
}

#[test]
fn every_field_is_described_and_every_value_bounded() {
    for addon in everything() {
        let definition = crd(&addon);
        for version in definition["spec"]["versions"].as_array().unwrap() {
            check(&version["schema"]["openAPIV3Schema"], &addon.name);
        }
    }
}

#[test]
fn the_text_of_a_definition_is_read_back_as_it_was() {
    for addon in everything() {
        let definition = crd(&addon);
        assert_eq!(serde_yaml::from_str::<Value>(&yaml(&definition).unwrap()).unwrap(), definition);
    }
}

#[test]
fn a_kustomization_names_every_file_in_order() {
    let addons = everything();
    let text = kustomization(addons.iter().rev().map(AsRef::as_ref)).unwrap();
    let read: Value = serde_yaml::from_str(&text).unwrap();
    let mut files: Vec<_> = addons.iter().map(|addon| file_name(addon)).collect();
    files.sort();
    assert_eq!(read["resources"], serde_json::json!(files));
}

#[test]
fn user_roles_allow_to_scale_what_can_be_scaled_and_name_no_other_subresource() {
    let [view, edit] = user_roles("team", [addon_of(&folder("crd/scale")).as_ref()]);
    let rule = |resource: &str, verbs: &[&str]| json!({ "apiGroups": ["example.test"], "resources": [resource], "verbs": verbs });
    assert_eq!(
        view["rules"],
        json!([rule("widgets", &["get", "list", "watch"]), rule("widgets/scale", &["get"])])
    );
    let verbs = ["create", "update", "patch", "delete", "deletecollection"];
    assert_eq!(edit["rules"], json!([rule("widgets", &verbs), rule("widgets/scale", &["update", "patch"])]));
    let names = [view, edit].map(|role| role["metadata"]["name"].clone());
    assert_eq!(names, ["team-view", "team-edit"]);
}

#[test]
fn user_roles_leave_out_a_kind_outside_of_namespaces() {
    let kinds = [addon_of(&folder("crd/cluster-scope")), addon_of(&folder("crd/scale"))];
    assert_eq!(user_roles("team", kinds.iter().map(AsRef::as_ref)), user_roles("team", [kinds[1].as_ref()]));
    assert!(user_roles("team", [kinds[0].as_ref()]).iter().all(|role| role["rules"] == json!([])));
}

/// The product's own kinds, and those of the cases.
fn everything() -> Vec<Arc<Addon>> {
    let product = catalog("../../catalog").addons.into_values();
    product.chain(case_folders().iter().map(|case| addon_of(case))).collect()
}

fn case_folders() -> Vec<PathBuf> {
    let mut folders: Vec<_> = std::fs::read_dir(folder("crd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn addon_of(case: &Path) -> Arc<Addon> {
    let own = Some(case.join("api.yaml")).filter(|file| file.exists());
    let files = [own.unwrap_or_else(|| folder("crd/api.yaml")), case.join("addon.yaml")];
    catalog_of(&files).addons.remove("widget").unwrap()
}

fn expect(file: &Path, seen: &str) {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(file, seen).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    assert!(seen == expected, "{} is not as expected; it is:\n{seen}", file.display());
}

/// Without bounds, an API server refuses rules for what they might cost; without descriptions,
/// `kubectl explain` is silent.
fn check(schema: &Value, place: &str) {
    let kind = schema["type"].as_str().unwrap_or_else(|| panic!("{place} has no type"));
    match kind {
        "string" => assert!(schema.get("maxLength").or(schema.get("enum")).is_some(), "{place} has no bound"),
        "array" => {
            assert!(schema["maxItems"].as_u64().is_some_and(|most| most > 0), "{place} has no bound");
            check(&schema["items"], &format!("{place}[]"));
        }
        "object" if schema.get("additionalProperties").is_some() => {
            assert!(schema["maxProperties"].as_u64().is_some_and(|most| most > 0), "{place} has no bound");
            check(&schema["additionalProperties"], &format!("{place}{{}}"));
        }
        "object" => {
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                assert!(
                    property["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{place}.{name} is not described"
                );
                check(property, &format!("{place}.{name}"));
            }
        }
        other => assert!(["integer", "number", "boolean"].contains(&other), "{place} is {other}"),
    }
}
