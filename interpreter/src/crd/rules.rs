//! CEL rules: immutable fields, and the maximum length of a name.

use serde_json::{Value, json};

use crate::catalog::Addon;

/// Maximum length of a name in Kubernetes (RFC 1123 subdomain).
const MAX_NAME_LEN: usize = 253;
/// Reserved words of CEL.
const RESERVED: &str = "true false null in as break const continue else for function if import let loop package namespace return";

/// Returns the rule that keeps the field at `path` of the spec unchanged once the status names an add-on. The
/// rule is attached to the root: a rule on the field would see neither the status nor the removal of an
/// optional field, after which the next edit could write any value.
pub(super) fn immutability(path: &[String]) -> Value {
    let path = [&["spec".to_owned()], path].concat();
    let (new, old) = (reach("self", &path), reach("oldSelf", &path));
    let (has_new, has_old) = (presence("self", &path), presence("oldSelf", &path));
    let same = match path.as_slice() {
        [_, _] => format!("{has_new} == {has_old} && (!{has_new} || {new} == {old})"),
        _ => format!("({has_new}) == ({has_old}) && (!({has_new}) || {new} == {old})"),
    };
    let name = path.last().map_or("", String::as_str);
    json!({
        "rule": format!("!has(oldSelf.status) || !has(oldSelf.status.addon) || ({same})"),
        "message": format!("{name} cannot be changed after creation: restore the old value, or create a new resource."),
        "reason": "FieldValueForbidden",
        "fieldPath": field_path(&path),
    })
}

/// Returns the rule that limits a resource's name, so that the Secret's derived name stays valid; none when
/// there is no Secret, or when its name is derived otherwise.
pub(super) fn name_rule(addon: &Addon) -> Option<Value> {
    let longest = longest_name(addon)?;
    let shown = addon.secret.name.source().replace("{{metadata.name}}", "<name>");
    Some(json!({
        "rule": format!("self.metadata.name.size() <= {longest}"),
        "message": format!("metadata.name may have at most {longest} characters, because the name of the Secret, {shown}, may have at most {MAX_NAME_LEN}."),
    }))
}

/// Returns the maximum length of a resource's name, when the Secret's name is derived from it.
pub(super) fn longest_name(addon: &Addon) -> Option<usize> {
    let template = &addon.secret.name;
    let uses = template.names().iter().filter(|name| name.as_slice() == ["metadata", "name"]).count();
    if uses == 0 || uses != template.names().len() || !addon.has_secret() {
        return None;
    }
    let literal: usize = template
        .source()
        .split("{{")
        .map(|part| part.split_once("}}").map_or(part, |(_, rest)| rest).chars().count())
        .sum();
    Some(MAX_NAME_LEN.saturating_sub(literal) / uses)
}

/// Returns the rule for a map whose keys become those of a Secret: the API server would refuse the Secret.
pub(super) fn secret_keys() -> Value {
    json!({
        "rule": "self.all(key, key.matches('^[-._a-zA-Z0-9]{1,253}$') && key != '.' && !key.startsWith('..'))",
        "message": "each name must be a valid key of a Secret: at most 253 letters, digits, '-', '_' and '.', neither '.' nor one that begins with '..'.",
    })
}

fn reach(root: &str, path: &[String]) -> String {
    path.iter().fold(root.to_owned(), |reached, name| format!("{reached}.{}", escaped(name)))
}

/// Returns a condition that every part of the path is present, from the top, because CEL fails on a missing
/// one. The spec is always present.
fn presence(root: &str, path: &[String]) -> String {
    let steps = (2..=path.len()).filter_map(|length| path.get(..length));
    steps.map(|step| format!("has({})", reach(root, step))).collect::<Vec<_>>().join(" && ")
}

/// Returns a property's name as CEL escapes it in Kubernetes.
fn escaped(name: &str) -> String {
    if RESERVED.split(' ').any(|word| word == name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
}

fn field_path(path: &[String]) -> String {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    path.iter().map(|name| if plain(name) { format!(".{name}") } else { format!("['{name}']") }).collect()
}
