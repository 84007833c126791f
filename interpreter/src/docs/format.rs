//! Reference of the catalog format: every key of the schema in the order of a file, its form, and the
//! diagnostics.

use crate::docs::schema_part::{Part, resolve};
use serde_json::Value;

use crate::catalog::{Code, SCHEMA, Source};
use crate::docs::HEADER;
use crate::docs::fragment::{Values, at_top};
use crate::docs::markdown::{code, listed, prose, table, yaml};

/// Introduction before the keys.
const BEGINNING: &str = "\
A catalog is a folder with `apis/*.yaml` and `addons/*.yaml`. An API describes how to talk to a cloud; an add-on describes one kind of resource.
An editor with a YAML language server completes and checks these files if their first line is
`# yaml-language-server: $schema=` followed by the path to [`catalog.schema.json`](../catalog/catalog.schema.json).

## Expressions

";

/// Names that expressions can use, each with the places where it is known.
const NAMES: [(&str, &str); 13] = [
    ("`kind`, `provider`", "the kind and the provider of the add-on; known everywhere"),
    (
        "`config`",
        "defaults of the shared fields from the configuration, such as `config.organisation`; known everywhere",
    ),
    (
        "`metadata`",
        "`name`, `namespace` and `uid` of the resource; not known in endpoints, accounts, offers and where a field is observed",
    ),
    (
        "the shared fields",
        "by their names, with defaults filled in, such as `region`; not known in a default or where a field is observed",
    ),
    (
        "`plan`",
        "`plan.id`, `plan.slug` and the properties that the offers define for a plan; known once the plan was looked up",
    ),
    ("`spec`", "the spec; known in an add-on's file, from the creation on"),
    ("`name`", "the name of the add-on at the cloud; known from the list on"),
    ("`options`", "the options, by name; known in a creation and in changes"),
    ("`id`", "the ids that are kept; known after the creation"),
    ("`offers`", "`regions`, `plans` and `versions` on offer; known in a default and in `fixed`"),
    (
        "`listed`, and each read",
        "the answer of the cloud; known where a field is observed, in `status` and `secret`, and in changes",
    ),
    ("`outputs`", "the outputs of the add-on; known in `status` and `secret`, and where a field is observed"),
    ("`item`, `key`, `value`", "one element of a list, or one entry of a map; known inside `each`"),
];

/// Returns the page. Fragments are taken from `sources`; files that are not YAML are skipped.
pub fn format(sources: &[Source]) -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    let part = |name: &str| Part { name: name.to_owned(), schema: schema["$defs"][name].clone() };
    let files = sources.iter().filter_map(|source| {
        let file: Value = serde_yaml::from_str(&source.text).ok()?;
        Some((part(if file.get("addon").is_some() { "addon" } else { "api" }), file))
    });
    let files = files.collect::<Vec<_>>();
    let values = Values::of(&files, &schema);
    let whole = ["api", "addon"].map(|name| top(&schema, &part(name), sources, &values));
    let parts = schema["$defs"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["api", "addon"].contains(&name.as_str()));
    let parts: String = parts.map(|(name, _)| of_part(&schema, &part(name), &values)).collect();
    let names = table(
        &["name", "meaning, and where it is known"],
        NAMES.map(|(name, what)| vec![name.into(), what.into()]),
    );
    let expressions = prose(schema["description"].as_str().unwrap_or_default());
    format!(
        "{HEADER}# Catalog format\n\n{BEGINNING}{expressions}\n\n{names}{}## Parts\n\n{PARTS}{parts}{}",
        whole.concat(),
        diagnostics().trim_end().to_owned() + "\n"
    )
}

const PARTS: &str = "Several keys share these parts. Every path in a table begins at the part.\n\n";

/// Returns a kind of file: a section for each of its keys.
fn top(schema: &Value, part: &Part, sources: &[Source], values: &Values) -> String {
    let title = if part.name == "api" { "An API" } else { "An add-on" };
    let sources: Vec<_> = sources
        .iter()
        .filter(|source| source.text.lines().any(|line| line.starts_with("addon:")) == (part.name == "addon"))
        .cloned()
        .collect();
    let keys = part.schema["properties"].as_object().into_iter().flatten();
    let keys: String = keys
        .map(|(key, rule)| {
            let fragment =
                at_top(key, &sources).map(|(text, path)| format!("In `{path}`:\n\n{}", yaml(&text)));
            let mut rows = Vec::new();
            below(schema, rule, key, &mut rows);
            let needed = if is_required(&part.schema, key) { " **Required.**" } else { "" };
            format!(
                "### {}\n\n{}: {}{needed}\n\n{}{}",
                code(key),
                written(schema, rule),
                described(schema, rule),
                fragment.unwrap_or_default(),
                keys_table(part, rows, values)
            )
        })
        .collect();
    format!("## {title}\n\n{}\n\n{keys}", prose(part.schema["description"].as_str().unwrap_or_default()))
}

/// Returns a part: its description, and a row for each key in it.
fn of_part(schema: &Value, part: &Part, values: &Values) -> String {
    let mut rows = Vec::new();
    below(schema, &part.schema, "", &mut rows);
    let form = written(schema, &part.schema);
    format!(
        "### Part {}\n\n{form}: {}\n\n{}",
        code(&part.name),
        described(schema, &part.schema),
        keys_table(part, rows, values)
    )
}

/// Row of a key: its path and its cells.
type Row = (String, Vec<String>);

fn keys_table(part: &Part, rows: Vec<Row>, values: &Values) -> String {
    let shown = |path: &str| values.get(&part.name, path).map_or_else(String::new, |value| code(&value));
    let rows = rows.into_iter().map(|(path, cells)| [vec![code(&path)], cells, vec![shown(&path)]].concat());
    table(&["key", "value", "meaning", "example"], rows)
}

/// Collects all keys below a rule, except those of parts with a section of their own.
fn below(schema: &Value, rule: &Value, path: &str, rows: &mut Vec<Row>) {
    let target = resolve(schema, rule);
    if target.name.is_some() {
        return;
    }
    let rule = target.rule;
    let dot = if path.is_empty() { "" } else { "." };
    for (key, below_key) in rule["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}{dot}{key}");
        rows.push((path.clone(), cells(schema, &rule, key, below_key)));
        below(schema, below_key, &path, rows);
    }
    let others = &rule["additionalProperties"];
    let is_told = others.get("description").is_some() || others.get("$ref").is_some();
    if others.is_object() && is_told && !path.is_empty() {
        let path = format!("{path}.<name>");
        rows.push((path.clone(), cells(schema, &rule, "", others)));
        below(schema, others, &path, rows);
    }
    if rule["items"].is_object() {
        below(schema, &rule["items"], &format!("{path}[]"), rows);
    }
}

fn cells(schema: &Value, above: &Value, key: &str, rule: &Value) -> Vec<String> {
    let needed = if is_required(above, key) { " **Required.**" } else { "" };
    vec![written(schema, rule), format!("{}{needed}", described(schema, rule))]
}

fn is_required(above: &Value, key: &str) -> bool {
    above["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key))
}

/// Returns the description of a rule and the form of its values; the form of a part is in its own section.
fn described(schema: &Value, rule: &Value) -> String {
    let target = resolve(schema, rule);
    let form = target.rule["patternErrorMessage"]
        .as_str()
        .filter(|_| target.name.is_none())
        .map(|form| format!(" {}", prose(form)));
    format!("{}{}", prose(target.rule["description"].as_str().unwrap_or_default()), form.unwrap_or_default())
}

/// Describes the accepted values: a part, some words, or a type with its bounds.
fn written(schema: &Value, rule: &Value) -> String {
    let target = resolve(schema, rule);
    if let Some(name) = target.name {
        return format!("[{}](#part-{})", code(&name), name.to_lowercase());
    }
    let rule = target.rule;
    if let Some(words) = rule["enum"]
        .as_array()
        .or_else(|| rule.pointer("/then/enum")?.as_array().filter(|_| rule["type"] == "string"))
    {
        let words: Vec<_> = words.iter().map(crate::docs::markdown::value).collect();
        return listed(&words, "or");
    }
    let types = rule["type"].as_array().cloned().unwrap_or_else(|| vec![rule["type"].clone()]);
    let types: Vec<_> =
        types.iter().filter_map(Value::as_str).map(|name| typed(schema, &rule, name)).collect();
    if types.is_empty() { "anything".into() } else { listed(&types, "or") }
}

fn typed(schema: &Value, rule: &Value, name: &str) -> String {
    match name {
        "string" => "text".into(),
        "integer" => format!("whole number{}", between(rule)),
        "number" => format!("number{}", between(rule)),
        "boolean" => "`true` or `false`".into(),
        "null" => "`null`".into(),
        "array" if rule["items"].is_object() => format!("list of {}", written(schema, &rule["items"])),
        "array" => "list".into(),
        _ if rule["properties"].is_object() => "object".into(),
        _ => by_name(schema, &rule["additionalProperties"]),
    }
}

/// Describes an object whose keys are names that the author chooses.
fn by_name(schema: &Value, others: &Value) -> String {
    if others.get("if").is_some() {
        return "by name, [`change`](#part-change) or [`collection`](#part-collection)".into();
    }
    if others.is_object() { format!("by name, {}", written(schema, others)) } else { "object".into() }
}

fn between(rule: &Value) -> String {
    match (rule["minimum"].as_f64(), rule["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", at least {least}"),
        (None, Some(most)) => format!(", at most {most}"),
        (None, None) => String::new(),
    }
}

fn diagnostics() -> String {
    let row = |code: &Code| {
        vec![format!("`{}`", code.name()), code.severity().name().into(), prose(code.meaning())]
    };
    let rows = Code::ALL.iter().map(row);
    let intro =
        "An error rejects its own entry, and no other. A warning points to a part that has no effect.\n\n";
    format!("## Diagnostics\n\n{intro}{}", table(&["code", "severity", "meaning"], rows))
}
