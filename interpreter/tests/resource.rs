//! What a custom resource asks for and is told, case by case: `tests/resource/*.yaml`.
#![allow(clippy::unwrap_used)]

#[path = "exchange/notation.rs"]
mod notation;

use interpreter::catalog::{Addon, Catalog};
use interpreter::exchange::{self, Context, Offers};
use interpreter::plan::{Reason, Remedy, Sent};
use interpreter::reconcile::named_resource;
use interpreter::resource::{self, Desire, Digests, SecretDue, SecretShape, Sources, Stage};
use notation::{cases, catalog, same};
use serde_json::{Value, json};

#[test]
fn offers_are_read_from_what_the_cloud_answers() {
    let catalog = here();
    for case in cases("resource/offers.yaml") {
        let seen = offers_of(&catalog, &case).map_or_else(|error| json!(error), |offers| offers.value());
        same(&case, &seen, &case["offers"]);
    }
}

#[test]
fn a_spec_is_translated_or_refused_with_what_to_write_instead() {
    let catalog = here();
    for case in cases("resource/desire.yaml") {
        let addon = &catalog.addons[case["addon"].as_str().unwrap()];
        let seen = match desire(&catalog, addon, &case) {
            Desire::NeedsOffers => json!("needs offers"),
            Desire::Refused(refused) => json!(format!("{}: {}", refused.reason, refused.message)),
            Desire::Clear(desired) => {
                let context = desired.context.value().as_object().unwrap();
                let sent = ["organisation", "region", "plan", "version", "options"]
                    .iter()
                    .filter_map(|name| context.get_key_value(*name))
                    .map(|(name, value)| (name.clone(), value.clone()));
                let ignored: Vec<_> = desired.ignored.iter().map(|field| field.path.join(".")).collect();
                json!({ "account": desired.account, "sent": sent.collect::<serde_json::Map<_, _>>(), "ignored": ignored })
            }
        };
        same(&case, &seen, &case["desire"]);
    }
}

#[test]
fn the_products_catalog_sends_what_its_users_know() {
    let catalog = catalog("../../catalog");
    for case in cases("resource/creations.yaml") {
        let addon = &catalog.addons[case["addon"].as_str().unwrap()];
        let offers = offers_of(&catalog, &case).unwrap();
        let known = known(addon, &object(case["spec"].clone()), &json!({}));
        let desire = resource::desire(addon, &known, Some(&offers), Stage::Creating);
        let Desire::Clear(desired) = desire else { panic!("{}: {desire:?}", case["title"]) };
        let endpoint = addon.api.endpoints.host("").unwrap().source();
        let sent = exchange::build(&addon.create.0, &addon.api, &desired.context, endpoint).unwrap();
        same(&case, &json!({ "method": sent.method, "url": sent.url, "body": sent.body }), &case["sent"]);
    }
}

#[test]
fn a_difference_says_what_can_be_done_about_it() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    for case in cases("resource/differences.yaml") {
        let stated = json!({ "spec": case["spec"], "offers": "Of the database", "existing": true });
        let Desire::Clear(desired) = desire(&catalog, addon, &stated) else {
            panic!("{}: not clear", case["title"])
        };
        let differences =
            resource::differences(addon, &desired, &case["seen"]).into_iter().map(|difference| {
                let remedy = match difference.remedy {
                    Remedy::None(why) | Remedy::Immutable(why) => why,
                    Remedy::Repeatable(name) | Remedy::Once(name) => name,
                };
                json!([difference.field, difference.what, remedy])
            });
        same(&case, &differences.collect(), &case["differences"]);
    }
}

#[test]
fn what_the_cloud_does_not_show_is_compared_with_what_was_sent() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    for case in cases("resource/comparison.yaml") {
        let mut spec = json!({ "organisation": "me", "instance": { "region": "north", "plan": "small" } });
        spec.as_object_mut().unwrap().extend(case["spec"].as_object().unwrap().clone());
        let stated = json!({ "spec": spec, "offers": "Of the database", "existing": true });
        let Desire::Clear(desired) = desire(&catalog, addon, &stated) else {
            panic!("{}: not clear", case["title"])
        };
        // Fields with a default are always in the spec.
        let defaults = json!({ "spec.options.storage": { "value": "safe" }, "spec.options.dashboard": { "value": false } });
        let all = |values: &Value| -> Sent {
            let own = values
                .as_object()
                .unwrap()
                .iter()
                .map(|(field, value)| (format!("spec.options.{field}"), value.clone()));
            let defaults = defaults.as_object().unwrap().clone().into_iter();
            defaults
                .chain(own)
                .map(|(field, value)| (field, serde_json::from_value(value).unwrap()))
                .collect()
        };
        let recorded = Some(&case["recorded"]).filter(|recorded| !recorded.is_null()).map(all);
        let seen = case.get("seen").cloned().unwrap_or_else(|| json!({ "detail": {} }));
        let sources = Sources { root: &seen, recorded: recorded.as_ref(), digests: &PlainDigests };
        let found = resource::compare(addon, &desired, &sources);
        let differences = found.differences.into_iter().map(|difference| {
            let (Remedy::None(remedy)
            | Remedy::Immutable(remedy)
            | Remedy::Repeatable(remedy)
            | Remedy::Once(remedy)) = difference.remedy;
            json!([difference.field, difference.what, remedy])
        });
        let expected = |key: &str| case.get(key).cloned().unwrap_or_else(|| json!([]));
        same(&case, &differences.collect(), &expected("differences"));
        same(&case, &json!(found.unverified), &expected("unverified"));
        same(&case, &json!(found.removed), &expected("removed"));
        let noted = case.get("noted").map_or_else(|| recorded.clone().unwrap(), all);
        same(&case, &json!(found.remembered.noted), &json!(noted));
    }
}

/// Digests that anyone can read, by the keys `k1` and `k0`.
struct PlainDigests;

impl Digests for PlainDigests {
    fn digest(&self, _: &str, value: &str) -> Option<String> {
        Some(format!("k1.{}", value.trim_matches('"')))
    }

    fn matches(&self, _: &str, value: &str, digest: &str) -> Option<bool> {
        let (key, digested) = digest.split_once('.')?;
        ["k1", "k0"].contains(&key).then_some(digested == value.trim_matches('"'))
    }
}

#[test]
fn an_ignored_field_has_a_message_unless_its_value_is_the_one_asked_for() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    for case in cases("resource/ignored_fields.yaml") {
        let stated = json!({ "spec": case["spec"], "offers": "Of the database", "existing": true });
        let Desire::Clear(desired) = desire(&catalog, addon, &stated) else {
            panic!("{}: not clear", case["title"])
        };
        same(&case, &json!(resource::ignored_messages(addon, &desired, &case["seen"])), &case["told"]);
    }
}

#[test]
fn a_map_is_compared_whole_and_a_fixed_field_never() {
    let catalog = here();
    let addon = &catalog.addons["settings"];
    let case = json!({ "spec": { "organisation": "me", "values": { "A": "1", "B": "true" } }, "offers": "Of the settings", "existing": true });
    let Desire::Clear(desired) = desire(&catalog, addon, &case) else { panic!("not clear") };
    let listed = json!({ "region": "elsewhere", "plan": { "id": "other" } });
    let differing = |values: Value| {
        resource::differences(addon, &desired, &json!({ "listed": listed, "values": values })).len()
    };
    assert_eq!(differing(json!({ "B": "true", "A": "1" })), 0);
    assert_eq!(
        differing(json!({ "B": true, "A": 1 })),
        0,
        "many clouds show everything as text, and some do not"
    );
    assert_eq!(differing(json!({ "A": "1" })), 1);
    assert_eq!(differing(json!({ "A": "1", "B": "true", "C": "" })), 1);
}

#[test]
fn the_spec_of_an_existing_add_on_says_what_the_cloud_shows() {
    let catalog = here();
    for case in cases("resource/observed_spec.yaml") {
        let addon = &catalog.addons[case["addon"].as_str().unwrap()];
        let offers = case["offers"].as_str().map(|title| offers_called(&catalog, title));
        let seen = resource::observed_spec(addon, "me", &case["seen"], offers.as_ref());
        let unknown = seen.unknown.iter().map(|field| {
            let mark = if field.required { "!" } else { "" };
            let observed = field.observed.as_ref().map(|text| format!(" = {text}"));
            format!("{mark}{}{}", field.path.join("."), observed.unwrap_or_default())
        });
        same(&case, &json!(unknown.collect::<Vec<_>>()), &case["unknown"]);
        same(&case, &seen.spec, &case["spec"]);
        same(&case, &json!(seen.refused), &case["refused"]);
        let confidential = case.get("confidential").cloned().unwrap_or_else(|| json!([]));
        same(&case, &json!(seen.confidential), &confidential);
        assert_eq!(seen.differences, [], "{}", case["title"]);
    }
}

#[test]
fn a_name_at_the_cloud_names_a_resource_by_its_uid() {
    let api = &here().addons["database"].api.clone();
    let uid = "2f1c3a5e-0000-4000-8000-000000000001";
    for (name, expected) in [
        (format!("made::Database::{uid}"), Some("Database")),
        (format!("made::Any::Kind::{uid}"), None),
        (format!("made::Database::{uid} - child"), None),
        (format!("re-made::Database::{uid}"), None),
        ("made::Database::orders".to_owned(), None),
        ("orders".to_owned(), None),
    ] {
        let named = named_resource(api, &name);
        assert_eq!(named.as_ref().and_then(|named| named.kind.as_deref()), expected, "{name}");
        assert!(named.is_none_or(|named| named.uid == uid), "{name}");
    }
}

#[test]
fn only_reads_that_show_a_field_are_needed_to_compare() {
    let catalog = here();
    assert_eq!(
        resource::reads_needed(&catalog.addons["database"]).into_iter().collect::<Vec<_>>(),
        ["detail"]
    );
    assert_eq!(
        resource::reads_needed(&catalog.addons["settings"]).into_iter().collect::<Vec<_>>(),
        ["values"]
    );
}

#[test]
fn whose_add_on_it_is_can_be_told_of_a_broken_spec_and_of_a_record() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    let known = known(addon, &object(json!({ "organisation": "me", "instance": 5 })), &json!({}));
    assert_eq!(known.value()["name"], "made::Database::u-1");
    assert_eq!(resource::account(addon, &known).unwrap(), "me");
    assert_eq!(json!(resource::account_fields(&addon.api, "them")), json!({ "organisation": "them" }));
    assert!(resource::account(addon, &self::known(addon, &object(json!(null)), &json!({}))).is_err());
}

#[test]
fn a_secret_holds_what_the_entry_says_and_shows_only_its_keys() {
    let catalog = here();
    let outputs =
        json!({ "HOST": "h", "PORT": 5, "USER": "u", "PASSWORD": "p", "URL": "https://h", "NONE": null });
    let context = |name: &str, spec: Value| {
        known(&catalog.addons[name], &object(spec), &json!({})).with("outputs", outputs.clone())
    };
    let database = resource::secret(&catalog.addons["database"], &context("database", json!({}))).unwrap();
    assert_eq!(database.name, "mine-secrets");
    assert_eq!(
        json!(database.keys),
        json!({ "HOST": "h", "PASSWORD": "p", "PORT": "5", "URL": "https://h", "USER": "u" })
    );
    let settings = context("settings", json!({ "organisation": "me", "values": { "A": "1" } }));
    let settings = resource::secret(&catalog.addons["settings"], &settings).unwrap();
    assert_eq!(settings.name, "mine-values");
    assert_eq!(json!(settings.keys), json!({ "A": "1", "of-mine": "https://h/me" }));
    assert_eq!(format!("{settings:?}"), r#"Secret { name: "mine-values", keys: ["A", "of-mine"] }"#);
    assert!(catalog.addons.values().all(|addon| addon.has_secret()));
    assert!(
        resource::secret(&catalog.addons["settings"], &Context::default()).is_err(),
        "what it renders is not there yet"
    );
}

#[test]
fn an_output_whose_name_can_be_no_key_of_a_secret_is_left_out() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    let due = |outputs: Value| {
        let known = known(addon, &object(json!({ "organisation": "me" })), &json!({}));
        resource::secret_due(addon, &known.with("outputs", outputs), &Ok(SecretShape::default()))
    };
    assert!(matches!(due(json!({ "URL": "u", "a.b-c_1": "x" })), SecretDue::Known(_)));
    for key in ["password hunter2", "", "..", "..hunter2", "clé", &"hunter2".repeat(50)] {
        let SecretDue::Known(secret) = due(json!({ "URL": "u", key: "x" })) else { panic!("{key}") };
        assert_eq!((secret.keys.len(), secret.left_out), (1, vec![key.to_owned()]), "{key}");
    }
}

#[test]
fn what_feeds_the_secret_is_confidential_and_so_is_all_at_its_address() {
    let confidential = |folder: &str, name: &str| {
        let addon = catalog(folder).addons.remove(name).unwrap();
        let fixed = [("list", &addon.list.request), ("create", &addon.create.0), ("delete", &addon.delete)];
        let reads = addon
            .get
            .iter()
            .chain(&addon.outputs)
            .chain(addon.reads.values())
            .map(|read| (read.name.as_str(), &read.request));
        let looks = addon.changes.values().flat_map(|change| change.find.iter().chain(&change.follow));
        let looks = looks.map(|read| (read.name.as_str(), &read.request));
        let changes = addon.changes.iter().map(|(name, change)| (name.as_str(), &change.request));
        let all = fixed.into_iter().chain(reads).chain(looks).chain(changes);
        all.filter(|(_, request)| addon.is_confidential(request))
            .map(|(name, _)| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(confidential("resource/catalog", "database"), ["outputs"]);
    assert_eq!(confidential("resource/catalog", "settings"), ["outputs", "values", "replacement"]);
    assert_eq!(
        confidential("resource/confidential", "listed"),
        ["list", "create", "delete", "get", "outputs", "nodes"]
    );
    assert_eq!(
        confidential("resource/confidential", "cluster"),
        ["delete", "get", "outputs", "kubeconfig", "nodes", "find", "follow"]
    );
    assert_eq!(
        confidential("../../tests/catalogs/scalingo", "scalingo-postgresql"),
        ["outputs", "endpoints"]
    );
    assert_eq!(confidential("../../catalog", "config-provider"), ["outputs", "variables", "replacement"]);
    assert_eq!(confidential("../../catalog", "postgresql"), ["outputs"]);
}

#[test]
fn what_a_confidential_read_shows_stands_in_no_message() {
    let catalog = here();
    let addon = &catalog.addons["settings"];
    let case = json!({ "spec": { "organisation": "me", "values": { "A": "mine" } }, "offers": "Of the settings", "existing": true });
    let Desire::Clear(mut desired) = desire(&catalog, addon, &case) else { panic!("not clear") };
    let refusal = || Some(resource::Refused { reason: Reason::NotOffered, message: "No.".into() });
    desired.wanted.iter_mut().for_each(|wanted| wanted.refused = refusal());
    let differences = resource::differences(addon, &desired, &json!({ "values": { "A": "hunter2" } }));
    let told = differences.into_iter().next().unwrap();
    assert_eq!(told.what, "the add-on has another value");
    assert_eq!(told.remedy, Remedy::None("No. The add-on keeps the value that it has.".into()));
}

#[test]
fn what_a_read_shows_is_cut_before_it_stands_in_a_message() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    let stated = json!({ "spec": { "organisation": "me", "instance": { "region": "north", "plan": "small" } }, "offers": "Of the database", "existing": true });
    let Desire::Clear(desired) = desire(&catalog, addon, &stated) else { panic!("not clear") };
    let differences = resource::differences(
        addon,
        &desired,
        &json!({ "listed": { "region": format!("{}\n!", "x".repeat(5000)) } }),
    );
    let told = differences.into_iter().next().unwrap();
    assert!(
        told.what.contains("…, the spec asks for north") && told.what.chars().count() < 400,
        "{}",
        told.what
    );
    assert!(matches!(&told.remedy, Remedy::Immutable(why) if why.chars().count() < 500), "{:?}", told.remedy);
}

#[test]
fn a_digest_tells_contents_apart() {
    let secret = |keys: &[(&str, &str)]| resource::Secret {
        name: "s".into(),
        keys: keys.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        ..resource::Secret::default()
    };
    let one = secret(&[("a", "bc")]).digest("u-1");
    assert_eq!(one, secret(&[("a", "bc")]).digest("u-1"));
    assert_eq!(one.len(), 64);
    for other in [secret(&[("ab", "c")]), secret(&[("a", "b"), ("c", "")]), secret(&[])] {
        assert_ne!(one, other.digest("u-1"));
    }
    assert_ne!(one, secret(&[("a", "bc")]).digest("u-2"));
}

#[test]
fn a_status_tells_how_to_connect_and_never_a_password() {
    let catalog = here();
    let addon = &catalog.addons["database"];
    let outputs = json!({ "HOST": "h", "PORT": "5", "USER": "u", "PASSWORD": "p", "URL": "https://h" });
    let connection = |outputs: &Value| resource::connection(addon.binding.as_ref(), outputs, "mine-secrets");
    assert_eq!(
        connection(&outputs),
        json!({ "host": "h", "port": 5, "user": "u", "secretName": "mine-secrets" })
    );
    assert_eq!(connection(&json!({ "PORT": "none", "HOST": "" })), json!({ "secretName": "mine-secrets" }));
    let told = resource::status(addon, &json!({ "outputs": outputs }));
    assert_eq!(json!(told), json!({ "url": "https://h", "address": { "note": "at h" } }));
    assert_eq!(json!(resource::status(addon, &json!({}))), json!({}));
    let fields = resource::id_fields(&addon.api.identity);
    assert_eq!(fields, [("addon".to_owned(), "long".to_owned()), ("shortId".to_owned(), "short".to_owned())]);
}

fn here() -> Catalog {
    catalog("resource/catalog")
}

fn object(spec: Value) -> Value {
    json!({ "metadata": { "name": "mine", "namespace": "here", "uid": "u-1" }, "spec": spec })
}

fn known(addon: &Addon, object: &Value, config: &Value) -> Context {
    resource::known(addon, object.into(), config)
}

fn desire(catalog: &Catalog, addon: &Addon, case: &Value) -> Desire {
    let offers = case["offers"].as_str().map(|title| offers_called(catalog, title));
    let stage = if case["existing"] == true { Stage::Existing } else { Stage::Creating };
    let config = case.get("config").cloned().unwrap_or_else(|| json!({}));
    let known = known(addon, &object(case["spec"].clone()), &config);
    resource::desire(addon, &known, offers.as_ref(), stage)
}

fn offers_called(catalog: &Catalog, title: &str) -> Offers {
    let all = cases("resource/offers.yaml");
    offers_of(catalog, all.iter().find(|case| case["title"] == title).unwrap()).unwrap()
}

fn offers_of(catalog: &Catalog, case: &Value) -> Result<Offers, String> {
    let answers: Vec<_> = case["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| Some(answer.clone()).filter(|answer| !answer.is_null()))
        .collect();
    exchange::offered(&catalog.addons[case["addon"].as_str().unwrap()], &answers)
        .map_err(|error| error.to_string())
}
