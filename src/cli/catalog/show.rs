//! `catalog show KIND`: shows a kind with all that its API and the defaults add to it.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::expression::Template;
use interpreter::catalog::{
    Addon, Bounds, Change, Direction, Expression, Field, FieldType, Offer, OneOf, Request, Scope,
};
use interpreter::catalog_update::missing_features;
use interpreter::exchange::text;
use interpreter::resource;

use crate::cli::options::GlobalOptions;
use crate::cli::output::print;

/// Options of `catalog show`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Show this kind: any name that `kubectl` accepts, or the name of an add-on
    kind: String,
}

/// Prints the kind; if groups share the name, each of them.
pub(super) fn show(options: &GlobalOptions, command: &Command) -> Result<()> {
    let loaded = options.load_catalog()?;
    eprint!("{}", loaded.report);
    let pages: Vec<_> = loaded.find_kinds(&command.kind)?.into_iter().map(|addon| page(addon)).collect();
    print(&pages.join("\n"))
}

fn page(addon: &Addon) -> String {
    let mut page = head(addon);
    section(
        &mut page,
        "Fields of the spec",
        addon.fields.iter().filter(|field| !field.path.is_empty()).map(|field| self::field(addon, field)),
    );
    section(&mut page, "Fixed values", addon.fields.iter().filter_map(fixed));
    section(
        &mut page,
        "Checked before creation",
        addon.offers.iter().filter(|offer| resource::needs_offer(addon, offer)).map(offered),
    );
    section(&mut page, "Requests", requests(addon));
    section(
        &mut page,
        "Changes",
        addon.changes.values().filter(|change| is_used(addon, change)).map(change_of),
    );
    section(&mut page, "Secret", secret(addon));
    section(&mut page, "Status", status(addon));
    section(
        &mut page,
        "Not supported yet",
        missing_features(addon).into_iter().map(|what| format!("  {what}\n")),
    );
    page
}

fn section(page: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let lines: String = lines.into_iter().collect();
    if !lines.is_empty() {
        // Writing to a text cannot fail.
        let _ = write!(page, "\n{title}\n{lines}");
    }
}

fn head(addon: &Addon) -> String {
    let kind = &addon.resource;
    let names: Vec<_> =
        [&kind.plural, &kind.singular].into_iter().chain(&kind.short_names).map(String::as_str).collect();
    let place = match kind.scope {
        Scope::Namespaced => "namespaced",
        Scope::Cluster => "cluster-scoped",
    };
    let keeps = if addon.stateful {
        "It stores data, so it is never recreated without confirmation."
    } else {
        "It stores no data, so it may be recreated."
    };
    let optional = if addon.optional { " Served while its CRD is installed." } else { "" };
    format!(
        "{} ({}), {}/{}, {place}\n{}: {} {keeps}{optional}\nCatalog entry `{}`: product `{}` of {} (`{}`).\n",
        kind.kind,
        names.join(", "),
        kind.group,
        kind.versions.join(", "),
        addon.title,
        addon.description,
        addon.name,
        addon.provider,
        addon.api.title,
        addon.api.name
    )
}

fn field(addon: &Addon, field: &Field) -> String {
    let need = match (&field.default, field.optional) {
        (Some(default), _) => format!("default {}", expression(default)),
        (None, true) => "optional".to_owned(),
        (None, false) => "required".to_owned(),
    };
    let sent = field.send.iter().map(|option| format!("sent as `{option}`"));
    let about = [type_of(&field.kind), need]
        .into_iter()
        .chain(allowed(addon, field))
        .chain(sent)
        .chain([changes(field)]);
    format!(
        "  {}: {}\n      {}\n",
        field.path.join("."),
        about.collect::<Vec<_>>().join("; "),
        field.description
    )
}

fn fixed(field: &Field) -> Option<String> {
    let name = field.shared.as_deref().or(field.send.as_deref())?;
    Some(format!("  {name}: {}\n", expression(field.fixed.as_ref()?)))
}

fn type_of(kind: &FieldType) -> String {
    match kind {
        FieldType::Text(bounds) => format!("text{}", limits(bounds)),
        FieldType::Integer(bounds) => format!("whole number{}", limits(bounds)),
        FieldType::Number(bounds) => format!("number{}", limits(bounds)),
        FieldType::Boolean => "true or false".to_owned(),
        FieldType::Map { of, max_items } => format!("map of {}, at most {max_items}", type_of(of)),
        FieldType::List { of, max_items, .. } => format!("list of {}, at most {max_items}", type_of(of)),
        FieldType::Object(fields) => {
            let names: Vec<_> = fields.iter().map(|field| field.path.join(".")).collect();
            format!("object of {}", names.join(", "))
        }
    }
}

fn limits(bounds: &Bounds) -> String {
    let number = |word: &str, bound: Option<f64>| bound.map(|bound| format!("{word} {bound}"));
    let length = |word: &str, bound: Option<u64>| {
        bound.map(|bound| format!("{word} {bound} character{}", if bound == 1 { "" } else { "s" }))
    };
    let pattern = bounds.pattern.as_ref().map(|pattern| format!("matching `{pattern}`"));
    let all = [
        number("at least", bounds.minimum),
        number("at most", bounds.maximum),
        length("at least", bounds.min_length),
        length("at most", bounds.max_length),
        pattern,
    ];
    all.into_iter().flatten().map(|limit| format!(", {limit}")).collect()
}

fn allowed(addon: &Addon, field: &Field) -> Option<String> {
    let offered = |what: &str, is_known: bool| {
        Some(if is_known {
            format!("one of the {what} on offer")
        } else {
            format!("any of the {what}, not validated")
        })
    };
    let offers = |offers: fn(&Offer) -> bool| addon.offers.iter().any(offers);
    match &field.one_of {
        None => None,
        Some(OneOf::Values(values)) => {
            Some(format!("one of {}", values.iter().filter_map(text).collect::<Vec<_>>().join(", ")))
        }
        Some(OneOf::Regions) => offered("regions", offers(|offer| offer.regions.is_some())),
        Some(OneOf::Plans) => offered("plans", offers(|offer| offer.plans.is_some())),
        Some(OneOf::Versions) => {
            offered("versions", offers(|offer| offer.versions.is_some() || offer.version_keys.is_some()))
        }
    }
}

fn changes(field: &Field) -> String {
    match &field.changes {
        _ if field.free => "may change at any time".to_owned(),
        None => "cannot change".to_owned(),
        Some(changes) => {
            let only = match changes.only {
                Some(Direction::Up) => ", only up",
                Some(Direction::Down) => ", only down",
                None => "",
            };
            format!("can change by `{}`{only}", changes.by)
        }
    }
}

fn offered(offer: &Offer) -> String {
    let known = [
        (offer.regions.is_some(), "regions"),
        (offer.plans.is_some(), "plans"),
        (offer.versions.is_some() || offer.version_keys.is_some(), "versions"),
    ];
    let known: Vec<_> = known.into_iter().filter(|(known, _)| *known).map(|(_, what)| what).collect();
    format!("  {}: {}\n", known.join(", "), request(&offer.read.request))
}

fn requests(addon: &Addon) -> Vec<String> {
    let mut all = vec![("list", &addon.list.request), ("create", &addon.create.0)];
    all.extend(addon.get.iter().map(|get| ("get", &get.request)));
    all.push(("delete", &addon.delete));
    all.extend(addon.outputs.iter().map(|outputs| ("outputs", &outputs.request)));
    all.extend(addon.reads.iter().map(|(name, read)| (name.as_str(), &read.request)));
    all.into_iter().map(|(name, one)| format!("  {name}: {}\n", request(one))).collect()
}

/// An API defines changes that not every kind uses.
fn is_used(addon: &Addon, change: &Change) -> bool {
    addon.fields.iter().filter_map(|field| field.changes.as_ref()).any(|by| by.by == change.name)
}

fn change_of(change: &Change) -> String {
    let once = if change.repeatable { "repeatable" } else { "sent once" };
    let followed = change
        .follow
        .iter()
        .map(|follow| format!("      followed by {}\n", request(&follow.request)))
        .collect::<String>();
    format!(
        "  {}: {}; changes {}; {once}\n{followed}",
        change.name,
        request(&change.request),
        change.covers.join(", ")
    )
}

fn request(request: &Request) -> String {
    let url = &request.url;
    let host = if url.host.is_empty() { String::new() } else { format!("{}:", url.host) };
    let query: Vec<_> = url.query.iter().map(|(name, value)| format!("{name}={}", value.source())).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{} {host}{}{query}", request.method, url.path.source())
}

fn secret(addon: &Addon) -> Vec<String> {
    if !addon.has_secret() {
        return vec!["  none: the kind has no outputs\n".to_owned()];
    }
    let shape = &addon.secret;
    let pair = |(key, value): &(Template, Template)| format!("  {}: {}\n", key.source(), value.source());
    let mut lines = vec![format!("  name: {}\n", shape.name.source())];
    lines.extend(shape.keys.iter().map(|keys| format!("  all keys of {}\n", keys.source())));
    lines.extend(shape.rendered.iter().map(pair));
    lines.extend(shape.each.iter().map(|(each, key, value)| {
        format!("  {}: {}, for each of {}\n", key.source(), value.source(), each.source())
    }));
    lines.extend(
        (!addon.ready.outputs.is_empty())
            .then(|| format!("  written once these outputs exist: {}\n", addon.ready.outputs.join(", "))),
    );
    lines
}

fn status(addon: &Addon) -> Vec<String> {
    let ids = resource::id_fields(&addon.api.identity)
        .into_iter()
        .map(|(field, id)| format!("  {field}: the id `{id}`\n"));
    let entries = addon.binding.iter().flat_map(|binding| &binding.entries);
    let connection = [("host", "host"), ("port", "port"), ("database", "database"), ("user", "username")]
        .into_iter()
        .filter_map(|(field, entry)| {
            entries
                .clone()
                .find(|(name, _)| *name == entry)
                .map(|(_, output)| format!("  connection.{field}: {output}\n"))
        });
    let own = addon
        .status
        .iter()
        .map(|field| format!("  {}: {}\n", field.path.join("."), expression(&field.value)));
    ids.chain(connection).chain(own).collect()
}

fn expression(expression: &Expression) -> String {
    match expression {
        Expression::Literal(value) => text(value).unwrap_or_else(|| "null".into()),
        Expression::Select(selector) => selector.source().to_owned(),
        Expression::Render(template) => template.source().to_owned(),
        Expression::List(_) | Expression::Object(_) | Expression::Each { .. } => "composed".to_owned(),
    }
}
