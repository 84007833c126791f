//! Manifests of imported add-ons: YAML documents with comments, or one list in JSON.

use std::fmt::Write as _;

use anyhow::Result;
use interpreter::crd;
use interpreter::plan::{DELETION_POLICY, DeletionPolicy, EXTERNAL_ID, MANAGEMENT, Management};
use interpreter::resource::UnknownField;
use serde_json::{Map, Value, json};

use crate::cli::import::names::Names;
use crate::engine::{ImportReport, ImportedAddon};

/// Style of the manifests.
pub(super) struct Style {
    /// The namespace to write; `None` writes none.
    pub(super) namespace: Option<String>,
    /// True to let the operator manage the add-ons.
    pub(super) manage: bool,
}

/// Manifests of all add-ons of a report.
pub(super) struct Manifests<'a> {
    all: Vec<(&'a ImportedAddon, Value)>,
    not_checked: &'a [String],
}

impl<'a> Manifests<'a> {
    /// Creates the manifests, each under a name of its own.
    pub(super) fn of(report: &'a ImportReport, style: &Style) -> Self {
        let mut names = Names::new(report.taken_names.clone());
        let manifest = |addon: &'a ImportedAddon| {
            (addon, manifest(addon, &names.take(&addon.cloud_name, &addon.kind), style))
        };
        Self { all: report.addons.iter().map(manifest).collect(), not_checked: &report.not_checked }
    }

    /// Returns the manifests as one object.
    pub(super) fn list(&self) -> Value {
        let items: Vec<_> = self.all.iter().map(|(_, manifest)| manifest).collect();
        json!({ "apiVersion": "v1", "kind": "List", "items": items })
    }

    /// Returns what a user has to add or to check before the manifests are applied.
    pub(super) fn to_do(&self) -> Vec<String> {
        let missing = |(addon, manifest): &(&ImportedAddon, Value)| {
            let title = format!(
                "{} {}",
                addon.kind,
                plain(manifest["metadata"]["name"].as_str().unwrap_or_default())
            );
            let fields = addon.unknown.iter().filter(|field| field.required);
            let line = |field: &UnknownField| format!("add a value to {title}: {}", unknown(field));
            fields.map(line).collect::<Vec<_>>()
        };
        // A format without comments has the cautions nowhere else.
        let cautions = |(addon, manifest): &(&ImportedAddon, Value)| {
            let name = plain(manifest["metadata"]["name"].as_str().unwrap_or_default());
            let line = |caution: &String| format!("caution: {} {name}: {}", addon.kind, plain(caution));
            addon.cautions.iter().map(line).collect::<Vec<_>>()
        };
        let not_checked = self.not_checked.iter().map(|item| format!("not checked: {}", plain(item)));
        let all = self.all.iter();
        not_checked.chain(all.clone().flat_map(missing)).chain(all.flat_map(cautions)).collect()
    }

    /// Returns the manifests as a stream of documents. Its end names the add-ons that it leaves out.
    pub(super) fn yaml(&self, report: &ImportReport) -> Result<String> {
        let mut text = format!("# Add-ons of {}\n", plain(&report.accounts.join(", ")));
        for item in self.not_checked {
            writeln!(text, "# Not checked: {}", plain(item))?;
        }
        let documents = self.all.iter().map(|(addon, manifest)| document(addon, manifest));
        text += &documents.collect::<Result<Vec<_>>>()?.join("---\n");
        for held in &report.held {
            writeln!(
                text,
                "# Left out: {} ({}) belongs to {}",
                plain(&held.id),
                plain(&held.name),
                plain(&held.holder)
            )?;
        }
        for other in &report.unmanaged {
            writeln!(
                text,
                "# Left out: {} ({}), because the catalog has no kind for the product {}",
                plain(&other.id),
                plain(&other.name),
                plain(&other.provider)
            )?;
        }
        Ok(text)
    }
}

fn manifest(addon: &ImportedAddon, name: &str, style: &Style) -> Value {
    let mut metadata = Map::from_iter([("name".to_owned(), Value::from(name))]);
    let namespace = style.namespace.as_ref().filter(|_| addon.namespaced);
    metadata.extend(namespace.map(|namespace| ("namespace".to_owned(), Value::from(namespace.as_str()))));
    let management = if style.manage { Management::Manage } else { Management::Observe };
    let annotations = json!({
        EXTERNAL_ID: addon.id,
        MANAGEMENT: management.name(),
        DELETION_POLICY: DeletionPolicy::Retain.name(),
    });
    metadata.insert("annotations".to_owned(), annotations);
    json!({ "apiVersion": addon.api_version, "kind": addon.kind, "metadata": metadata, "spec": addon.spec })
}

fn document(addon: &ImportedAddon, manifest: &Value) -> Result<String> {
    let mut text = format!("# {}", plain(&addon.cloud_name));
    if let Some(created) = &addon.created {
        write!(text, ", created {created}")?;
    }
    text += "\n";
    for note in &addon.notes {
        writeln!(text, "# Note: {}", plain(note))?;
    }
    for caution in &addon.cautions {
        writeln!(text, "# Caution: {}", plain(caution))?;
    }
    let optional: Vec<_> = addon.unknown.iter().filter(|field| !field.required).map(unknown).collect();
    if !optional.is_empty() {
        writeln!(text, "# Not shown by the cloud: {}", optional.join(", "))?;
    }
    let required: Vec<_> = addon.unknown.iter().filter(|field| field.required).collect();
    Ok(text + &with_placeholders(manifest, &required)?)
}

/// Formats a manifest, with a commented line for each required field without a value.
fn with_placeholders(manifest: &Value, required: &[&UnknownField]) -> Result<String> {
    let mark = |at: usize| format!("placeholder-{at}-of-import");
    let mut marked = manifest.clone();
    for (at, field) in required.iter().enumerate() {
        put(&mut marked["spec"], &field.path, mark(at).into());
    }
    let mut text = crd::yaml(&marked)?;
    for (at, field) in required.iter().enumerate() {
        let name = field.path.last().map(String::as_str).unwrap_or_default();
        let line = format!("{name}: {}\n", mark(at));
        text = text.replace(&line, &format!("# {name}: add a value: {}\n", plain(&field.description)));
    }
    Ok(text)
}

fn put(target: &mut Value, path: &[String], value: Value) {
    match path.split_first() {
        Some((name, rest)) => put(&mut target[name.as_str()], rest, value),
        None => *target = value,
    }
}

fn unknown(field: &UnknownField) -> String {
    let place = format!("`spec.{}`", field.path.join("."));
    match &field.observed {
        Some(observed) => format!("{place} (the add-on has `{}`)", plain(observed)),
        None => place,
    }
}

/// Returns a text on one line: a line break, which YAML also sees in other characters, would end a comment.
fn plain(text: &str) -> String {
    let breaks = |letter: char| letter.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}'].contains(&letter);
    text.chars().map(|letter| if breaks(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{HeldAddon, UnmanagedAddon};

    fn field(path: &str, required: bool, observed: Option<&str>) -> UnknownField {
        UnknownField {
            path: path.split('.').map(str::to_owned).collect(),
            required,
            description: "How large\nit is.".into(),
            observed: observed.map(str::to_owned),
        }
    }

    fn report() -> ImportReport {
        let addon = ImportedAddon {
            api_version: "example.test/v1".into(),
            kind: "Database".into(),
            namespaced: true,
            id: "d-1".into(),
            cloud_name: "Orders\n---\nkind: Secret\u{2028}a: b".into(),
            created: Some("2026-01-01T00:00:00Z".into()),
            spec: json!({ "owner": "me", "shape": { "region": "on" } }),
            unknown: vec![
                field("shape.size", true, Some("xl")),
                field("locale", false, None),
                field("speed", true, None),
            ],
            notes: vec!["note".into()],
            cautions: vec!["risk\rof: all".into()],
        };
        ImportReport {
            accounts: vec!["me".into()],
            addons: vec![addon],
            held: vec![HeldAddon { id: "d-2".into(), name: "b".into(), holder: "Database a/b".into() }],
            unmanaged: vec![UnmanagedAddon { id: "d-3".into(), name: "c".into(), provider: "x".into() }],
            not_checked: vec!["the cluster".into()],
            taken_names: ["orders-kind-secret-a-b".to_owned()].into(),
        }
    }

    #[test]
    fn a_manifest_has_its_gaps_and_risks_as_comments() {
        let report = report();
        let manifests = Manifests::of(&report, &Style { namespace: Some("shop".into()), manage: false });
        let expected = "\
# Add-ons of me
# Not checked: the cluster
# Orders --- kind: Secret a: b, created 2026-01-01T00:00:00Z
# Note: note
# Caution: risk of: all
# Not shown by the cloud: `spec.locale`
apiVersion: example.test/v1
kind: Database
metadata:
  name: orders-kind-secret-a-b-2
  namespace: shop
  annotations:
    operator.clever-cloud.com/external-id: d-1
    operator.clever-cloud.com/management: observe
    operator.clever-cloud.com/deletion-policy: retain
spec:
  owner: me
  shape:
    region: \"on\"
    # size: add a value: How large it is.
  # speed: add a value: How large it is.
# Left out: d-2 (b) belongs to Database a/b
# Left out: d-3 (c), because the catalog has no kind for the product x
";
        assert_eq!(manifests.yaml(&report).unwrap(), expected);
        let name = "Database orders-kind-secret-a-b-2";
        let to_do = [
            "not checked: the cluster".to_owned(),
            format!("add a value to {name}: `spec.shape.size` (the add-on has `xl`)"),
            format!("add a value to {name}: `spec.speed`"),
            format!("caution: {name}: risk of: all"),
        ];
        assert_eq!(manifests.to_do(), to_do);
    }

    #[test]
    fn a_list_has_the_manifests_alone() {
        let report = report();
        let list = Manifests::of(&report, &Style { namespace: None, manage: true }).list();
        let item = &list["items"][0];
        assert_eq!(item["metadata"]["annotations"][MANAGEMENT], "manage");
        assert_eq!(item["metadata"]["namespace"], Value::Null);
        assert_eq!(item["spec"], report.addons[0].spec);
    }
}
