//! The definitions of old, written out from the table in `tests/migration/kinds.yaml`: no descriptions, no
//! conditions, no rules.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use harness::PLANE;

pub(crate) const GROUP: &str = "api.clever-cloud.com";

/// One row of the table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Definition {
    pub(crate) kind: String,
    pub(crate) plural: String,
    short: Vec<String>,
    version: Option<String>,
    finalizer: String,
    pub(crate) provider: String,
    instance: Vec<String>,
    booleans: Vec<String>,
    versions: BTreeMap<String, Vec<i64>>,
    pub(crate) variables: bool,
    /// Fields of the status, and the output each is taken from.
    pub(crate) urls: BTreeMap<String, String>,
    since: Option<String>,
}

/// The table.
pub(crate) fn all() -> Vec<Definition> {
    serde_yaml::from_str(&fs::read_to_string("tests/migration/kinds.yaml").unwrap()).unwrap()
}

/// Installs the definitions of a release as Helm does, over those of the one before.
pub(crate) fn install(release: &str) {
    let kubectl = PLANE.kubectl();
    for definition in
        all().iter().filter(|definition| definition.since.as_deref().is_none_or(|since| since <= release))
    {
        let manifest = definition.manifest(release).to_string();
        let present =
            kubectl.run(&["get", "crd", &definition.name(), "--ignore-not-found", "-o", "name"]).unwrap();
        let verb = if present.trim().is_empty() { "create" } else { "replace" };
        kubectl.run_with_input(&[verb, "--field-manager=helm", "-f", "-"], &manifest).unwrap();
        kubectl
            .run(&[
                "wait",
                "--for=condition=Established",
                "--timeout=60s",
                &format!("crd/{}", definition.name()),
            ])
            .unwrap();
    }
}

impl Definition {
    pub(crate) fn name(&self) -> String {
        format!("{}.{GROUP}", self.plural)
    }

    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("v1")
    }

    pub(crate) fn finalizer(&self) -> String {
        format!("{GROUP}/{}", self.finalizer)
    }

    fn manifest(&self, release: &str) -> Value {
        let singular = self.kind.to_lowercase();
        let mut names = json!({ "kind": self.kind, "plural": self.plural, "singular": singular, "shortNames": self.short });
        names["categories"] = json!([]);
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": self.metadata(),
            "spec": { "group": GROUP, "names": names, "scope": "Namespaced", "versions": [{
                "name": self.version(), "served": true, "storage": true, "subresources": { "status": {} },
                "additionalPrinterColumns": self.columns(),
                "schema": { "openAPIV3Schema": {
                    "title": self.kind, "type": "object", "required": ["spec"],
                    "description": "Auto-generated derived type for Spec via `CustomResource`",
                    "properties": { "spec": self.spec(release), "status": self.status() },
                } },
            }] },
        })
    }

    /// Helm writes the release on everything in its templates.
    fn metadata(&self) -> Value {
        json!({
            "name": self.name(),
            "labels": { "app.kubernetes.io/managed-by": "Helm" },
            "annotations": {
                "meta.helm.sh/release-name": "clever-kubernetes-operator",
                "meta.helm.sh/release-namespace": "clever-kubernetes-operator-system",
            },
        })
    }

    fn spec(&self, release: &str) -> Value {
        let (mut properties, mut required) = (Map::new(), vec!["organisation"]);
        properties.insert("organisation".into(), json!({ "type": "string" }));
        if self.variables {
            properties.insert(
                "variables".into(),
                json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            );
            required.push("variables");
        }
        if !self.instance.is_empty() {
            let fields: Map<_, _> =
                self.instance.iter().map(|name| (name.clone(), json!({ "type": "string" }))).collect();
            properties.insert(
                "instance".into(),
                json!({ "type": "object", "properties": fields, "required": self.instance }),
            );
            required.push("instance");
        }
        if !self.versions.is_empty() {
            properties.insert("options".into(), self.options(release));
            required.push("options");
        } else if self.instance.len() > 1 {
            properties.insert("options".into(), json!({ "type": "object", "default": {} }));
        }
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn options(&self, release: &str) -> Value {
        let codes = self
            .versions
            .iter()
            .rfind(|(since, _)| since.as_str() <= release)
            .map(|(_, codes)| codes)
            .unwrap();
        let mut fields: Map<_, _> =
            self.booleans.iter().map(|name| (name.clone(), json!({ "type": "boolean" }))).collect();
        fields.insert("version".into(), json!({ "type": "integer", "enum": codes }));
        let required: Vec<_> = fields.keys().cloned().collect();
        json!({ "type": "object", "properties": fields, "required": required })
    }

    fn status(&self) -> Value {
        let text = json!({ "type": "string", "nullable": true });
        let fields: Map<_, _> = ["addon"]
            .into_iter()
            .chain(self.urls.keys().map(String::as_str))
            .map(|name| (name.into(), text.clone()))
            .collect();
        json!({ "type": "object", "nullable": true, "properties": fields })
    }

    fn columns(&self) -> Vec<Value> {
        let column =
            |name: &str, kind: &str, path: &str| json!({ "name": name, "type": kind, "jsonPath": path });
        let mut columns = vec![
            column("organisation", "string", ".spec.organisation"),
            column("addon", "string", ".status.addon"),
        ];
        let headings = [("region", "region"), ("plan", "instance")];
        let instance = headings.iter().filter(|(field, _)| self.instance.iter().any(|name| name == field));
        columns.extend(
            instance.map(|(field, heading)| column(heading, "string", &format!(".spec.instance.{field}"))),
        );
        if !self.versions.is_empty() {
            columns.push(column("version", "integer", ".spec.options.version"));
        }
        let heading =
            |name: &str| if name == "encryption" { "encrypted".to_owned() } else { name.to_owned() };
        columns.extend(
            self.booleans
                .iter()
                .map(|name| column(&heading(name), "boolean", &format!(".spec.options.{name}"))),
        );
        columns.extend(self.urls.keys().map(|name| column(name, "string", &format!(".status.{name}"))));
        columns
    }
}
