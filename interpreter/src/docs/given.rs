//! Sections about the results of a kind: its Secret, its status, its columns, and the reasons specific to it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::{Addon, Expression, OneOf};
use crate::docs::markdown::{code, listed, prose, table};
use crate::plan::Reason;

/// Returns the section about the Secret: its name and the keys that are known in advance.
pub(super) fn secret(addon: &Addon) -> String {
    if !addon.has_secret() {
        return "## Secret\n\nThis kind has no Secret, because it has no outputs.\n\n".into();
    }
    let name = addon.secret.name.source().replace("{{metadata.name}}", "<name>");
    let keys = match addon.secret.keys.as_ref().map(|keys| (keys.names(), keys.source())) {
        Some((names, _)) if names.first().is_some_and(|name| name == "outputs") => outputs(addon),
        Some((_, source)) => {
            format!("It has the keys of {}.\n\n", code(source.trim_start_matches("$.")))
        }
        None => String::new(),
    };
    let own = addon.secret.rendered.iter().map(|(key, value)| vec![code(key.source()), code(value.source())]);
    let each = addon.secret.each.iter().map(|(each, key, value)| {
        vec![
            format!("{}, for each element of {}", code(key.source()), code(each.source())),
            code(value.source()),
        ]
    });
    format!(
        "## Secret\n\nThe Secret has the name {}, unless `spec.connectionSecret` [shapes it](../secrets.md). {keys}{}",
        code(&name),
        table(&["key", "value"], own.chain(each))
    )
}

fn outputs(addon: &Addon) -> String {
    let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (entry, output) in addon.binding.iter().flat_map(|binding| &binding.entries) {
        known.entry(output).or_default().push(format!("the {entry}"));
    }
    for field in &addon.status {
        if let Expression::Select(selector) = &field.value
            && let [outputs, name] = selector.names().as_slice()
            && outputs == "outputs"
            && let Some(output) = addon.ready.outputs.iter().find(|output| *output == name)
        {
            known
                .entry(output)
                .or_default()
                .push(format!("copied to {} of the status", code(&field.path.join("."))));
        }
    }
    for output in &addon.ready.outputs {
        known.entry(output).or_default().push("required before the resource is ready".into());
    }
    let rows: Vec<_> = known.into_iter().map(|(output, what)| vec![code(output), what.join("; ")]).collect();
    let intro = format!(
        "It has a key for each output that {} returns, with the name that the API uses",
        addon.api.title
    );
    match rows.as_slice() {
        [] => format!("{intro}.\n\n"),
        _ => format!(
            "{intro}. The operator relies on these; the cloud may return more.\n\n{}",
            table(&["key", "meaning"], rows)
        ),
    }
}

/// Returns the section about the status, as the definition describes it.
pub(super) fn status(definition: &Value) -> String {
    let schema = definition
        .pointer("/spec/versions/0/schema/openAPIV3Schema/properties/status")
        .unwrap_or(&Value::Null);
    let mut rows = Vec::new();
    flatten(schema, "", &mut rows);
    format!("## Status\n\n{}", table(&["field", "meaning"], rows))
}

fn flatten(schema: &Value, above: &str, rows: &mut Vec<Vec<String>>) {
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        if below["properties"].is_object() {
            flatten(below, &format!("{path}."), rows);
        } else {
            rows.push(vec![code(&path), prose(below["description"].as_str().unwrap_or_default())]);
        }
    }
}

/// Returns the section about the columns of `kubectl get`.
pub(super) fn columns(definition: &Value) -> String {
    let all = definition.pointer("/spec/versions/0/additionalPrinterColumns").and_then(Value::as_array);
    let (wide, usual): (Vec<&Value>, Vec<&Value>) =
        all.into_iter().flatten().partition(|column| column.get("priority").is_some());
    let names = |columns: &[&Value]| {
        columns.iter().filter_map(|column| column["name"].as_str()).map(code).collect::<Vec<_>>()
    };
    let (usual, wide) = (names(&usual), names(&wide));
    let more = if wide.is_empty() {
        String::new()
    } else {
        format!("; with `--output=wide` also {}", listed(&wide, "and"))
    };
    format!("## Columns\n\n`kubectl get` shows the name, {}{more}.\n\n", listed(&usual, "and"))
}

/// Returns the section about the reasons that depend on this kind's fields, offers and errors.
pub(super) fn reasons(addon: &Addon) -> String {
    let mut reasons: Vec<(Reason, String)> = Vec::new();
    let mut tell = |happens: bool, reason: Reason, help: &str| {
        let known = reasons.iter_mut().find(|(known, _)| *known == reason);
        match known {
            Some((_, said)) if happens && !said.contains(help) => {
                *said = format!("{said} {help}").trim().to_owned()
            }
            None if happens => reasons.push((reason, help.to_owned())),
            Some(_) | None => (),
        }
    };
    let asks = |field: &crate::catalog::Field| {
        matches!(field.one_of, Some(OneOf::Regions | OneOf::Plans | OneOf::Versions))
    };
    let changes = addon.fields.iter().any(|field| field.changes.is_some());
    tell(
        addon.fields.iter().any(|field| field.unless.is_some() && !field.path.is_empty()),
        Reason::FieldIgnored,
        "",
    );
    tell(addon.fields.iter().any(asks), Reason::NotOffered, "");
    tell(changes, Reason::Changing, "");
    tell(changes, Reason::ChangeFailed, "");
    tell(
        addon.fields.iter().any(|field| field.changes.is_none() && !field.free && !field.path.is_empty()),
        Reason::Immutable,
        "",
    );
    tell(addon.stateful, Reason::ExternalResourceVanished, "");
    for row in &addon.api.errors.rows {
        let reason = row.reason.as_deref().and_then(Reason::named);
        reason.into_iter().for_each(|reason| tell(true, reason, row.help.as_deref().unwrap_or_default()));
    }
    let rows = reasons.into_iter().map(|(reason, help)| {
        vec![
            code(&reason.to_string()),
            format!("{} {}", prose(reason.meaning()), prose(&help)).trim().to_owned(),
        ]
    });
    let intro = "The conditions `Ready`, `Available`, `Reconciling` and `Stalled` report the state of a resource; see [all reasons](README.md#reasons). \
                 These reasons are specific to this kind and its cloud:\n\n";
    format!("## Reasons\n\n{intro}{}", table(&["reason", "cause, and what to do"], rows))
}
