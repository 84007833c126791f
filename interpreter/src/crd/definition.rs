//! CustomResourceDefinition as a whole: names, versions, subresources. Modules `spec` and `status` provide
//! the schema.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Resource, Scope};
use crate::crd::columns::columns;
use crate::crd::rules::name_rule;
use crate::crd::spec::{frozen, spec};
use crate::crd::status::status;

/// Annotation with the name of the catalog entry, on the CRD of an optional kind.
pub const CATALOG_ENTRY: &str = "operator.clever-cloud.com/catalog-entry";

/// Builds the `CustomResourceDefinition` (apiextensions.k8s.io/v1) of an add-on's kind.
pub fn crd(addon: &Addon) -> Value {
    let resource = &addon.resource;
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata(addon),
        "spec": {
            "group": resource.group,
            "names": names(resource),
            "scope": match resource.scope {
                Scope::Namespaced => "Namespaced",
                Scope::Cluster => "Cluster",
            },
            "versions": versions(addon),
        },
    })
}

/// Returns the metadata. The CRD of an optional kind has a mark: one without it may belong to another product,
/// which the operator then neither changes nor claims.
fn metadata(addon: &Addon) -> Value {
    let mut metadata = json!({ "name": addon.resource.full_name() });
    if addon.optional {
        metadata["annotations"] = json!({ CATALOG_ENTRY: addon.name });
    }
    metadata
}

/// Returns the file name of the definition: `databases.example.test.yaml`.
pub fn file_name(addon: &Addon) -> String {
    format!("{}.yaml", addon.resource.full_name())
}

fn names(resource: &Resource) -> Value {
    let mut names = json!({
        "kind": resource.kind,
        "listKind": format!("{}List", resource.kind),
        "plural": resource.plural,
        "singular": resource.singular,
    });
    if !resource.short_names.is_empty() {
        names["shortNames"] = json!(resource.short_names);
    }
    names
}

/// Returns the versions. All share one schema, so none needs conversion; the first is the storage version.
fn versions(addon: &Addon) -> Value {
    let (columns, subresources, schema) = (columns(addon), subresources(&addon.resource), schema(addon));
    let version = |(position, name): (usize, &String)| {
        json!({
            "name": name,
            "served": true,
            "storage": position == 0,
            "additionalPrinterColumns": columns,
            "subresources": subresources,
            "schema": { "openAPIV3Schema": schema },
        })
    };
    addon.resource.versions.iter().enumerate().map(version).collect()
}

fn subresources(resource: &Resource) -> Value {
    let mut subresources = json!({ "status": {} });
    if let Some((wanted, mirror)) = &resource.scale {
        subresources["scale"] = json!({
            "specReplicasPath": format!(".spec.{}", wanted.join(".")),
            "statusReplicasPath": format!(".status.{}", mirror.join(".")),
        });
    }
    subresources
}

fn schema(addon: &Addon) -> Value {
    let description = match (addon.title.as_str(), addon.description.as_str()) {
        (title, "") => title.to_owned(),
        (title, description) => format!("{title}: {description}"),
    };
    let mut schema = json!({
        "description": description,
        "type": "object",
        "required": ["spec"],
        "properties": Map::from_iter([("spec".to_owned(), spec(addon)), ("status".to_owned(), status(addon))]),
    });
    let rules: Vec<_> = name_rule(addon).into_iter().chain(frozen(addon)).collect();
    if !rules.is_empty() {
        schema["x-kubernetes-validations"] = json!(rules);
    }
    schema
}
