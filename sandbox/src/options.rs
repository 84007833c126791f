//! Creation options. As on the platform, unknown options are ignored, and so are options that a shared plan
//! does not support.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::addon::Addon;
use crate::offers::AddonPlan;
use crate::service::{CreationOption, OptionKind, OrderedMap, Provider};

/// Returns the effective options, defaults included.
pub(crate) fn effective(
    provider: &Provider,
    plan: &AddonPlan,
    asked: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let services = service_list(provider, asked);
    let applies = |(_, option): &&(String, CreationOption)| {
        option.kind != OptionKind::ServiceList && !(option.dedicated_only && plan.is_shared())
    };
    let chosen = |(name, option): &(String, CreationOption)| {
        let value = services.get(name).or_else(|| asked.get(name)).unwrap_or(&option.default);
        (name.clone(), value.clone())
    };
    provider.options.0.iter().filter(applies).map(chosen).collect()
}

/// Converts the value of an option to JSON: a boolean, an array or a string, by its kind.
pub(crate) fn render_option(provider: &Provider, name: &str, value: &str) -> Value {
    match provider.options.get(name).map(|option| option.kind) {
        Some(OptionKind::Switch | OptionKind::Service) => (value == "true").into(),
        Some(OptionKind::List) => value.split(',').map(str::trim).filter(|part| !part.is_empty()).collect(),
        Some(OptionKind::ServiceList | OptionKind::Text) | None => value.into(),
    }
}

/// Renders the options of some kinds as `[{name, enabled}]`.
pub(crate) fn enabled_list(
    provider: &Provider,
    addon: &Addon,
    kinds: &[OptionKind],
    omits_false: bool,
) -> Value {
    let of_kind = provider
        .options
        .0
        .iter()
        .filter(|(name, option)| kinds.contains(&option.kind) && addon.options.contains_key(name));
    let named = of_kind.map(|(name, _)| (name, addon.has_option(name)));
    named
        .filter(|(_, on)| *on || !omits_false)
        .map(|(name, on)| json!({"name": name, "enabled": on}))
        .collect()
}

/// Renders the options that a client may name, with their defaults, as `[{name, enabled}]`.
pub(crate) fn offered_features(options: &OrderedMap<CreationOption>) -> Value {
    let offered = options.0.iter().filter(|(_, option)| option.kind != OptionKind::ServiceList);
    offered.map(|(name, option)| json!({"name": name, "enabled": option.default == "true"})).collect()
}

fn service_list(provider: &Provider, asked: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Entry {
        name: String,
        enabled: bool,
    }
    let list = provider.options.0.iter().find(|(_, option)| option.kind == OptionKind::ServiceList);
    let text = list.and_then(|(name, _)| asked.get(name));
    let entries: Vec<Entry> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    entries.into_iter().map(|entry| (entry.name, entry.enabled.to_string())).collect()
}
