//! Page of one kind.

use serde_json::json;

use crate::catalog::{Addon, Example, Scope};
use crate::crd;
use crate::docs::HEADER;
use crate::docs::choice::choice;
use crate::docs::field::rows;
use crate::docs::given::{columns, reasons, secret, status};
use crate::docs::later::later;
use crate::docs::markdown::{code, listed, prose, table, yaml};

/// Returns the file name of the page.
pub fn file_name(addon: &Addon) -> String {
    format!("{}.md", addon.name)
}

/// Returns the page of a kind, for users who write its resources.
pub fn kind(addon: &Addon) -> String {
    let definition = crd::crd(addon);
    let spec = table(&["field", "type", "default", "meaning"], rows(addon));
    [
        format!("{HEADER}# {}\n\n{}\n\n", addon.resource.kind, prose(&addon.description)),
        names(addon),
        addon.examples.iter().map(|one| example(addon, one)).collect(),
        format!("## Spec\n\n{spec}"),
        choice(addon),
        later(addon),
        secret(addon),
        status(&definition),
        reasons(addon),
        columns(&definition),
    ]
    .concat()
    .trim_end()
    .to_owned()
        + "\n"
}

fn names(addon: &Addon) -> String {
    let resource = &addon.resource;
    let short = resource.short_names.iter().map(|name| code(name));
    let taken: Vec<_> = [code(&resource.plural), code(&resource.singular)].into_iter().chain(short).collect();
    let versions: Vec<_> =
        resource.versions.iter().map(|version| code(&format!("{}/{version}", resource.group))).collect();
    let made_by = format!("{}, as the product {}", addon.api.title, code(&addon.provider));
    let lives = match resource.scope {
        Scope::Namespaced => "namespaced",
        Scope::Cluster => "cluster",
    };
    let kept = if addon.stateful {
        "yes: the operator never recreates a lost add-on without confirmation"
    } else {
        "no: the operator may recreate a lost add-on from its spec"
    };
    let mut rows = vec![
        vec!["apiVersion".into(), listed(&versions, "or")],
        vec!["`kubectl` names".into(), listed(&taken, "or")],
        vec!["created at".into(), made_by],
        vec!["scope".into(), lives.into()],
        vec!["stores data".into(), kept.into()],
        vec!["finalizer".into(), code(&resource.finalizer)],
    ];
    if addon.optional {
        rows.push(vec![
            "served".into(),
            "while its CRD is installed; the operator does not create it".into(),
        ]);
    }
    if let Some(parent) = &addon.parent {
        rows.push(vec![
            "belongs to".into(),
            format!("{}, named in the field {}", code(&parent.addon), code(&parent.field.join("."))),
        ]);
    }
    table(&["", ""], rows)
}

fn example(addon: &Addon, example: &Example) -> String {
    let resource = &addon.resource;
    let version = resource.versions.first().map_or("", String::as_str);
    let manifest = json!({
        "apiVersion": format!("{}/{version}", resource.group),
        "kind": resource.kind,
        "metadata": { "name": example.name },
        "spec": example.spec,
    });
    format!(
        "## Example\n\n{}:\n\n{}",
        prose(example.title.trim_end_matches('.')),
        yaml(&crd::yaml(&manifest).unwrap_or_default())
    )
}
