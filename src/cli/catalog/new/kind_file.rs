//! The template of a kind: its fields at the paths that kinds of the same API use, and all that its author
//! may choose from as comments.

use std::collections::BTreeMap;
use std::fmt::Write;

use interpreter::catalog::{Addon, Api, Catalog, Field, OneOf};
use interpreter::crd;
use serde_json::{Map, Value, json};

use crate::engine::Window;

/// Maximum number of lines of an answer in a comment.
const MAX_LINES: usize = 24;

/// The names of the kind, and the paths of its fields.
pub(super) struct Kind<'a> {
    draft: &'a Addon,
    name: String,
    title: String,
    kind: String,
    group: String,
    paths: BTreeMap<String, String>,
}

impl<'a> Kind<'a> {
    /// Derives unused names from the provider, in the group of the kinds of the same API.
    pub(super) fn of(draft: &'a Addon, catalog: &Catalog) -> Self {
        let siblings: Vec<&Addon> = catalog
            .addons
            .values()
            .filter(|addon| addon.api.name == draft.api.name)
            .map(AsRef::as_ref)
            .collect();
        let group = most_common(siblings.iter().map(|addon| addon.resource.group.clone()))
            .unwrap_or_else(|| "example.com".into());
        let words = words(&draft.provider);
        let title = words.iter().map(|word| capital(word)).collect::<Vec<_>>().join(" ");
        let is_taken = |words: &[String]| {
            let (name, kind) = (words.join("-"), words.concat());
            // Kubernetes does not distinguish singular, plural and short names.
            let has = |addon: &Addon| {
                addon.resource.singular == kind
                    || addon.resource.plural == kind
                    || addon.resource.short_names.contains(&kind)
            };
            catalog.addons.values().any(|addon| addon.name == name || has(addon))
        };
        let words = if is_taken(&words) { [vec!["my".to_owned()], words].concat() } else { words };
        let kind = words.iter().map(|word| capital(word)).collect();
        let path = |field: &str| {
            let placed = siblings
                .iter()
                .flat_map(|addon| &addon.fields)
                .filter(|one| one.shared.as_deref() == Some(field) && !one.path.is_empty());
            most_common(placed.map(|one| one.path.join(".")))
        };
        let paths = draft.api.fields.iter().map(|(name, field)| {
            (name.clone(), path(name).unwrap_or_else(|| default_path(draft, name, field)))
        });
        Self { draft, name: words.join("-"), title, kind, group, paths: paths.collect() }
    }

    /// Returns the path of a shared field in the spec.
    fn path<'b>(&'b self, field: &'b str) -> &'b str {
        self.paths.get(field).map_or(field, String::as_str)
    }
}

/// Returns an invisible kind with every field of the API.
pub(super) fn draft(api: &Api, provider: &str) -> String {
    let fields: Map<String, Value> =
        api.fields.keys().map(|name| (name.clone(), name.as_str().into())).collect();
    let draft = json!({
        "addon": "draft", "api": api.name, "provider": provider, "title": "Draft", "description": "Draft.", "stateful": true,
        "resource": { "group": "example.com", "version": "v1", "kind": "Draft" },
        "spec": fields,
    });
    draft.to_string()
}

/// Renders the file.
pub(super) fn text(kind: &Kind<'_>, window: &Window) -> String {
    let Kind { draft, name, title, kind: word, group, .. } = kind;
    let head = format!(
        "# The kind for the product {provider} of {api}. Every comment is a choice; `catalog check` validates the file.\n\
         addon: {name}\napi: {api_name}\nprovider: {provider}\ntitle: {title}\n\
         description: {title}, managed by {api}. # one sentence, for `kubectl explain` and the page of the kind\n\
         stateful: true                            # it stores data: an add-on that vanishes is not recreated without confirmation\n\n\
         resource:                                 # plural, singular and finalizer follow from the kind\n  \
         group: {group}\n  version: v1\n  kind: {word}\n  # shortNames: [{short}]\n\n",
        api = draft.api.title,
        provider = draft.provider,
        api_name = draft.api.name,
        short = name.split('-').map(|word| &word[..1]).collect::<String>(),
    );
    [
        head,
        fixed(window),
        spec(kind, window),
        changes(draft),
        connection(draft),
        example(kind, window),
        further(window),
    ]
    .concat()
}

/// Returns the only plan on offer, which leaves nothing to choose.
fn only_plan(window: &Window) -> Option<&str> {
    match window.offers.plans.as_deref()? {
        [one] => Some(&one.slug),
        _ => None,
    }
}

fn fixed(window: &Window) -> String {
    only_plan(window).map_or_else(String::new, |slug| {
        format!("fixed: {{ plan: {} }} # the only plan on offer\n\n", quoted(slug))
    })
}

fn spec(kind: &Kind<'_>, window: &Window) -> String {
    let mut text = "spec:                                     # one line per path; a shared field is given by its name\n".to_owned();
    let (mut chosen, mut possible) = (String::new(), String::new());
    for (name, field) in &kind.draft.api.fields {
        let line = format!("{}: {name}", kind.path(name));
        if is_placed(kind.draft, name, field, window) {
            chosen += &format!("  {line}{}\n", offered(field, window));
        } else if !matches!(field.one_of, Some(OneOf::Plans | OneOf::Regions)) {
            possible += &format!("  # {line}   # {}\n", field.description);
        }
    }
    text += &chosen;
    if !possible.is_empty() {
        text += &format!("  # Further fields of {}:\n{possible}", kind.draft.api.title);
    }
    text + "  # And fields of its own, each sent as an option:\n  # options.size: { description: Size in gigabytes., type: integer, minimum: 1, \
            optional: true, send: size }\n\n"
}

/// Returns whether a field certainly belongs into the spec: it identifies the account, or has values to
/// choose from.
fn is_placed(draft: &Addon, name: &str, field: &Field, window: &Window) -> bool {
    match field.one_of {
        Some(OneOf::Regions) => true,
        Some(OneOf::Plans) => only_plan(window).is_none(),
        Some(OneOf::Versions) => window.offers.versions.as_ref().is_some_and(|versions| !versions.is_empty()),
        Some(OneOf::Values(_)) | None => is_of_account(draft, name),
    }
}

fn is_of_account(draft: &Addon, name: &str) -> bool {
    draft
        .api
        .account
        .iter()
        .flat_map(|account| account.names())
        .any(|path| path.first().is_some_and(|first| first == name))
}

/// Returns the values on offer today, as a comment.
fn offered(field: &Field, window: &Window) -> String {
    let listed = match field.one_of {
        Some(OneOf::Regions) => window.offers.regions.clone(),
        Some(OneOf::Versions) => window.offers.versions.clone(),
        Some(OneOf::Plans) => window.offers.plans.as_ref().map(|plans| plans.iter().map(plan).collect()),
        Some(OneOf::Values(_)) | None => None,
    };
    listed
        .filter(|all| !all.is_empty())
        .map_or_else(String::new, |all: Vec<String>| format!("   # today: {}", all.join(", ")))
}

fn plan(plan: &interpreter::exchange::OfferedPlan) -> String {
    let holds: Vec<_> =
        plan.tests.iter().filter(|(_, holds)| **holds).map(|(name, _)| name.as_str()).collect();
    if holds.is_empty() { plan.slug.clone() } else { format!("{} ({})", plan.slug, holds.join(", ")) }
}

/// Returns the changes that the API supports, for authors whose fields may change.
fn changes(draft: &Addon) -> String {
    let row = |change: &interpreter::catalog::Change| {
        format!("#   {}, of {}\n", change.name, change.covers.join(", "))
    };
    let rows: String = draft.changes.values().map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "# A field can change later if it names a change, such as `{{ is: plan, changes: NAME }}`. The changes of this API:\n{rows}\n"
    )
}

fn connection(draft: &Addon) -> String {
    if draft.outputs.is_none() {
        return String::new();
    }
    "# The Secret contains the outputs of the cloud. Once you know its keys, name those that must exist before the resource is ready, and those\n\
     # of a connection:\n# ready: { outputs: [THE_URI] }\n# binding: { type: some-type, host: THE_HOST, port: THE_PORT, username: THE_USER, \
     password: THE_PASSWORD, uri: THE_URI }\n\n"
        .into()
}

fn example(kind: &Kind<'_>, window: &Window) -> String {
    let mut spec = json!({});
    for (name, field) in
        kind.draft.api.fields.iter().filter(|(name, field)| is_placed(kind.draft, name, field, window))
    {
        let first = match field.one_of {
            Some(OneOf::Regions) => {
                window.offers.regions.as_ref().and_then(|regions| regions.first()).cloned()
            }
            Some(OneOf::Plans) => {
                window.offers.plans.as_ref().and_then(|plans| plans.first()).map(|plan| plan.slug.clone())
            }
            Some(OneOf::Versions | OneOf::Values(_)) | None => None,
        };
        let pointer = kind.path(name).split('.').collect::<Vec<_>>();
        if let Some(value) = first {
            put(&mut spec, &pointer, value.into());
        }
    }
    let example = json!({ "examples": [{ "title": format!("A first {}", kind.title), "name": format!("first-{}", kind.name.trim_start_matches("my-")), "spec": spec }] });
    crd::yaml(&example).unwrap_or_default()
}

/// Returns further facts about the product from the cloud, which no part of the format reads.
fn further(window: &Window) -> String {
    let mut text = String::new();
    for answer in &window.further {
        let lines = crd::yaml(answer).unwrap_or_default();
        let mut lines = lines.lines();
        text += "\n# Further facts from the cloud:\n";
        for line in lines.by_ref().take(MAX_LINES) {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "#   {line}");
        }
        text += lines.next().map_or("", |_| "#   …\n");
    }
    text
}

fn put(target: &mut Value, path: &[&str], value: Value) {
    match path {
        [] => *target = value,
        [name, rest @ ..] => {
            if let Some(fields) = target.as_object_mut() {
                put(fields.entry(*name).or_insert_with(|| json!({})), rest, value);
            }
        }
    }
}

/// Returns the path of a field that no kind of this API has yet.
fn default_path(draft: &Addon, name: &str, field: &Field) -> String {
    match field.one_of {
        Some(OneOf::Regions | OneOf::Plans) => format!("instance.{name}"),
        Some(OneOf::Versions | OneOf::Values(_)) | None if is_of_account(draft, name) => name.to_owned(),
        Some(OneOf::Versions | OneOf::Values(_)) | None => format!("options.{name}"),
    }
}

/// Returns the words of a provider's name, without generic ones.
fn words(provider: &str) -> Vec<String> {
    let all: Vec<String> = provider
        .to_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::to_owned)
        .collect();
    let telling: Vec<String> = all
        .iter()
        .filter(|word| !word.is_empty() && *word != "addon" && *word != "provider")
        .cloned()
        .collect();
    let words = if telling.is_empty() { vec!["thing".to_owned()] } else { telling };
    // A kind starts with a letter.
    if words[0].starts_with(|letter: char| letter.is_ascii_digit()) {
        [vec!["my".to_owned()], words].concat()
    } else {
        words
    }
}

fn most_common(all: impl Iterator<Item = String>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(one, _)| one)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
