//! Index of the kinds, with the conditions and reasons that all of them share.

use crate::catalog::{Addon, Catalog};
use crate::docs::HEADER;
use crate::docs::kind::file_name;
use crate::docs::markdown::{code, prose, table};
use crate::plan::{Reason, Standing};

/// Returns the index page.
pub fn index(catalog: &Catalog) -> String {
    let rows = catalog.addons.values().map(|addon| row(addon));
    let kinds = table(&["kind", "description", "apiVersion", "`kubectl` name"], rows);
    let reasons = table(&["reason", "condition", "meaning, and when to act"], Reason::ALL.map(reason));
    format!(
        "{HEADER}# Kinds\n\n{kinds}## Conditions\n\n{CONDITIONS}\n## Reasons\n\n{REASONS}{}\n",
        reasons.trim_end()
    )
}

const CONDITIONS: &str = "\
- `Ready` is `True` when the add-on exists as the spec describes it, `False` otherwise, and `Unknown` before the first reconciliation.
- `Available` is `True` while the add-on can be used, even during a change.
- `Reconciling` is present, and `True`, while an operation is in progress or waits for an obstacle that passes by itself.
- `Stalled` is present, and `True`, when the operator cannot continue before you act; the message says what to do.
- `RetainedOnDeletion` is present, and `True`, while a deletion of the resource would keep its add-on.
";

const REASONS: &str =
    "The reason of a condition is one word in CamelCase. The message says what happened and what to do.\n\n";

fn row(addon: &Addon) -> Vec<String> {
    let resource = &addon.resource;
    let version = resource.versions.first().map_or("", String::as_str);
    let optional =
        if addon.optional { " [Optional](../flat-kinds.md): served while its CRD is installed." } else { "" };
    let name = resource.short_names.first().unwrap_or(&resource.singular);
    vec![
        format!("[{}]({})", code(&resource.kind), file_name(addon)),
        prose(&addon.description) + optional,
        code(&format!("{}/{version}", resource.group)),
        code(name),
    ]
}

fn reason(reason: Reason) -> Vec<String> {
    let condition = match reason.standing() {
        Standing::Ready => "`Ready`",
        Standing::Reconciling => "`Reconciling`",
        Standing::Stalled => "`Stalled`",
    };
    vec![code(&reason.to_string()), condition.into(), prose(reason.meaning())]
}
