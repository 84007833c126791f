//! Rules in CEL: what cannot change after creation, and how long a name may be.

use serde_json::{Value, json};

use crate::catalog::Addon;
use crate::resource::has_secret;

/// The longest name that Kubernetes takes (RFC 1123 subdomain).
const LONGEST_NAME: usize = 253;
/// Words that CEL keeps for itself.
const RESERVED: [&str; 18] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
];

/// The field at `path` of the spec stays as it is once the status names an add-on. The rule stands at the root, not at the field: there it
/// would see neither the status, nor that an optional field was removed, and with the next edit anything could be written.
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
        "message": format!("{name} cannot be changed after creation: write the old value again, or make a new resource."),
        "reason": "FieldValueForbidden",
        "fieldPath": field_path(&path),
    })
}

/// The name leaves room for what the Secret's name adds to it; none where there is no Secret, or its name is made of
/// something else.
pub(super) fn name_rule(addon: &Addon) -> Option<Value> {
    let longest = longest_name(addon)?;
    let shown = addon.secret.name.source().replace("{{metadata.name}}", "<name>");
    Some(json!({
        "rule": format!("self.metadata.name.size() <= {longest}"),
        "message": format!("metadata.name may have at most {longest} characters: the Secret is called {shown}, and that may have {LONGEST_NAME}."),
    }))
}

/// So many characters a resource's name may have where the Secret's name is made of it.
pub(super) fn longest_name(addon: &Addon) -> Option<usize> {
    let template = &addon.secret.name;
    let uses = template.names().iter().filter(|name| name.as_slice() == ["metadata", "name"]).count();
    if uses == 0 || uses != template.names().len() || !has_secret(addon) {
        return None;
    }
    let literal: usize =
        template.source().split("{{").map(|part| part.split_once("}}").map_or(part, |(_, rest)| rest).chars().count()).sum();
    Some(LONGEST_NAME.saturating_sub(literal) / uses)
}

fn reach(root: &str, path: &[String]) -> String {
    path.iter().fold(root.to_owned(), |reached, name| format!("{reached}.{}", escaped(name)))
}

/// Whether all of the path is there, from the top, for nothing may be asked of what is not. The spec always is.
fn presence(root: &str, path: &[String]) -> String {
    let steps = (2..=path.len()).filter_map(|length| path.get(..length));
    steps.map(|step| format!("has({})", reach(root, step))).collect::<Vec<_>>().join(" && ")
}

/// A property's name as CEL has it in Kubernetes.
fn escaped(name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}

fn field_path(path: &[String]) -> String {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    path.iter().map(|name| if plain(name) { format!(".{name}") } else { format!("['{name}']") }).collect()
}
