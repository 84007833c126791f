//! Shapes of a Secret, case by case (`tests/resource/secret_shapes.yaml`) and at random.
#![allow(clippy::unwrap_used)]

#[path = "exchange/notation.rs"]
mod notation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use interpreter::catalog::{Addon, Catalog};
use interpreter::exchange::Context;
use interpreter::plan::Reason;
use interpreter::resource::{
    self, MAX_TEMPLATE_LEN, MAX_VALUE_LEN, Refused, Secret, SecretDue, SecretMetadata, SecretShape,
};
use notation::{cases, catalog, same};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

#[test]
fn a_shape_gives_the_secret_its_form_or_is_refused_with_what_to_write() {
    let catalog = here();
    for case in cases("resource/secret_shapes.yaml") {
        let defaults = metadata(&case["defaults"]);
        match (due(&catalog.addons["database"], &case["shape"], &defaults), case.get("refused")) {
            (SecretDue::Known(secret), None) => same(&case, &shown(&secret), &case["secret"]),
            (SecretDue::Refused(Refused { reason, message }), Some(wanted)) => {
                let (name, words) = wanted.as_object().unwrap().iter().next().unwrap();
                let says = words.as_str().unwrap().split('|').any(|words| message.contains(words));
                assert!(reason.name() == name && says, "{}: {reason}: {message}", case["title"]);
                assert!(!message.contains("p:a/s"), "{}: a message has no value: {message}", case["title"]);
            }
            (seen, _) => panic!("{}: {seen:?}", case["title"]),
        }
    }
}

#[test]
fn without_a_shape_every_kind_keeps_keys_type_and_digest() {
    let catalog = catalog("../../catalog");
    for addon in catalog.addons.values() {
        let example = &addon.examples[0];
        let object = json!({ "metadata": { "name": "mine", "namespace": "here", "uid": "u-1" }, "spec": example.spec });
        let bound = addon.binding.iter().flat_map(|binding| binding.entries.values());
        let names = bound.chain(&addon.ready.outputs);
        let own = std::iter::once("OWN_OUTPUT".to_owned());
        let outputs: Value =
            names.cloned().chain(own).map(|name| (name.clone(), json!(format!("value of {name}")))).collect();
        let context = resource::known(addon, (&object).into(), &json!({})).with("outputs", outputs);
        let shape = SecretShape::of(addon, &object["spec"], &SecretMetadata::default());
        let before = resource::secret(addon, &context).unwrap();
        let SecretDue::Known(after) = resource::secret_due(addon, &context, &shape) else {
            panic!("{}: nothing is due", addon.name)
        };
        assert!(!before.keys.is_empty(), "{}", addon.name);
        assert!(before == after && before.digest("u-1") == after.digest("u-1"), "{}", addon.name);
        assert_eq!((after.type_name, after.metadata), (None, SecretMetadata::default()), "{}", addon.name);
    }
}

#[test]
fn a_digest_tells_shapes_apart_and_is_the_old_one_without() {
    let catalog = here();
    let digest = |shape: Value| match due(&catalog.addons["database"], &shape, &SecretMetadata::default()) {
        SecretDue::Known(secret) => secret.digest("u-1"),
        other @ (SecretDue::Unread | SecretDue::Incomplete(_) | SecretDue::Refused(_)) => panic!("{other:?}"),
    };
    // Of a Secret that the version before shapes wrote.
    assert_eq!(digest(json!(null)), "ae0ce1acb0010dbc5da6d67b4376061b06533afacb1dabd3698857fb511e5454");
    let all = [
        json!(null),
        json!({ "keys": { "HOST": "HOST" } }),
        json!({ "keys": { "HOST": "HOST" }, "labels": { "a": "b" } }),
        json!({ "keys": { "HOST": "HOST" }, "annotations": { "a": "b" } }),
        json!({ "template": { "HOST": "{{outputs.HOST}}" } }),
    ];
    let digests: std::collections::BTreeSet<_> = all.iter().cloned().map(digest).collect();
    assert_eq!(digests.len(), all.len());
}

#[test]
fn every_secret_has_the_labels_of_its_resource() {
    let metadata = |name: &str| SecretMetadata::default().of_resource("Database", name, "u-1");
    let short = metadata("orders");
    assert_eq!(
        json!(short.labels),
        json!({
            "app.kubernetes.io/instance": "orders", "app.kubernetes.io/managed-by": "clever-operator",
            "operator.clever-cloud.com/kind": "Database", "operator.clever-cloud.com/name": "orders", "operator.clever-cloud.com/owner": "u-1",
        })
    );
    assert!(short.annotations.is_empty());
    let name = "a".repeat(200);
    let long = metadata(&name);
    assert!(long.labels.values().all(|value| value.len() <= 63), "{long:?}");
    assert_eq!(long.annotations["operator.clever-cloud.com/name"], name);
    assert_ne!(long.labels, metadata(&"a".repeat(201)).labels);
    let own = SecretMetadata {
        labels: [("app.kubernetes.io/instance".to_owned(), "mine".to_owned())].into(),
        ..SecretMetadata::default()
    };
    assert_eq!(own.of_resource("Database", "orders", "u-1").labels["app.kubernetes.io/instance"], "mine");
}

#[test]
fn a_template_cannot_grow_large_or_recurse_deeply() {
    let catalog = here();
    let render = |template: String| {
        due(
            &catalog.addons["database"],
            &json!({ "template": { "A": template } }),
            &SecretMetadata::default(),
        )
    };
    for (name, template, words) in [
        ("a long template", "x".repeat(MAX_TEMPLATE_LEN + 1), "may have at most 4096"),
        ("nested calls", "{{f ".to_owned() + &"(f ".repeat(1000), "more than 256 opening brackets"),
        ("nested lists", "{{f ".to_owned() + &"[".repeat(2000), "more than 256 opening brackets"),
        ("nested blocks", "{{#if a}}".repeat(300), "more than 256 opening brackets"),
        (
            "values that grow",
            format!("{{{{base64 {}outputs.URL{}}}}}", "(base64 ".repeat(60), ")".repeat(60)),
            "more than 65536 bytes",
        ),
    ] {
        let seen = render(template);
        let SecretDue::Refused(Refused { reason: Reason::TemplateInvalid, message }) = seen else {
            panic!("{name}: {seen:?}")
        };
        assert!(message.contains(words), "{name}: {message}");
    }
    // The most that the limits allow, on a stack as small as that of a worker.
    let depth = 120;
    let deep = [
        format!("{{{{upper {}outputs.URL{}}}}}", "(upper ".repeat(depth), ")".repeat(depth)),
        "{{#if outputs.URL}}".repeat(depth) + &"{{/if}}".repeat(0),
        "{{#if outputs.URL}}".repeat(60) + &"{{/if}}".repeat(60),
        "{{f ".to_owned() + &"[".repeat(250),
        "{{f ".to_owned() + &"(f a=".repeat(250),
    ];
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let handle = small.spawn(move || {
        let catalog = here();
        for template in deep {
            let shape = json!({ "template": { "A": template } });
            due(&catalog.addons["database"], &shape, &SecretMetadata::default());
        }
    });
    handle.unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(5), failure_persistence: None, cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn no_shape_makes_an_invalid_secret(shape in shape(), outputs in outputs()) {
        let catalog = here();
        let addon = &catalog.addons["database"];
        match due_with(addon, &shape, &SecretMetadata::default(), json!(outputs)) {
            SecretDue::Known(secret) => {
                prop_assert!(secret.keys.keys().all(|key| is_key(key)), "{:?}", secret);
                prop_assert!(secret.keys.values().all(|value| value.len() <= MAX_VALUE_LEN));
                prop_assert!(!secret.name.starts_with("clever-operator") && secret.name.len() <= 253);
                let reserved = |key: &String| key.contains("k8s.io/") || key.starts_with("operator.clever-cloud.com");
                prop_assert!(!secret.metadata.labels.keys().any(reserved));
                prop_assert!(!secret.metadata.annotations.keys().any(reserved));
            }
            SecretDue::Refused(Refused { message, .. }) => {
                prop_assert!(message.starts_with('`') || message.starts_with("in `") || message.starts_with("a Secret") || message.starts_with("the Secret"), "{message}");
                prop_assert!(!message.contains("hunter2"), "{message}");
            }
            SecretDue::Incomplete(why) => prop_assert!(!why.is_empty()),
            SecretDue::Unread => prop_assert!(false, "the outputs are there"),
        }
    }
}

fn shape() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "[A-Za-z._-]{1,8}",
        any::<String>(),
        "[a-z.]{0,4}(kubernetes.io|k8s.io|operator.clever-cloud.com)/[a-z]{1,3}"
    ];
    let map = |value: BoxedStrategy<String>| proptest::collection::btree_map(key.clone(), value, 0..4);
    let output = prop_oneof![Just("HOST".to_owned()), Just("URL".to_owned()), any::<String>()].boxed();
    (
        proptest::option::of(prop_oneof!["[a-z.-]{0,12}", Just("clever-operator-x".to_owned()), any::<String>()]),
        proptest::option::of("[A-Z_. ]{0,4}"),
        proptest::option::of(map(output)),
        proptest::option::of(map(template().boxed())),
        proptest::option::of(map(any::<String>().boxed())),
        proptest::option::of(prop_oneof![Just("kubernetes.io/tls"), Just("Opaque"), Just("x")]),
    )
        .prop_map(|(name, prefix, keys, template, labels, kind)| {
            json!({ "name": name, "keyPrefix": prefix, "keys": keys, "template": template, "labels": labels, "annotations": labels, "type": kind })
        })
}

/// Pieces of templates in any order: some are valid, and the grammar meets many that are nearly so.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,6}",
        Just("{{outputs.HOST}}".to_owned()),
        Just("{{connection.password}}".to_owned()),
        Just("{{urlencode connection.password}}".to_owned()),
        Just("{{#if outputs.URL}}".to_owned()),
        Just("{{else}}".to_owned()),
        Just("{{/if}}".to_owned()),
        Just("{{default outputs.X (upper ".to_owned()),
        Just("outputs.HOST)}}".to_owned()),
        Just("{{{{".to_owned()),
        Just("{{~".to_owned()),
        Just("}}".to_owned()),
        Just("(f [".to_owned()),
        Just("\\{{".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn outputs() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let value = prop_oneof![any::<String>(), Just("hunter2".to_owned()), "[a-z]{0,3}"];
    proptest::collection::btree_map("(HOST|PORT|USER|URL|[A-Z ]{1,3})", value.prop_map(Value::from), 0..5)
}

fn is_key(key: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=253).contains(&key.len()) && key != "." && !key.starts_with("..") && key.chars().all(fits)
}

fn due(addon: &Addon, shape: &Value, defaults: &SecretMetadata) -> SecretDue {
    let outputs = json!({
        "HOST": "h.test", "PORT": 5, "USER": "Ann", "PASSWORD": "p:a/s\\s w%rd", "URL": "db://h.test", "EMPTY": "",
    });
    due_with(addon, shape, defaults, outputs)
}

fn due_with(addon: &Addon, shape: &Value, defaults: &SecretMetadata, outputs: Value) -> SecretDue {
    let spec = json!({ "organisation": "me", "connectionSecret": shape });
    let object = json!({ "metadata": { "name": "mine", "namespace": "here", "uid": "u-1" }, "spec": spec });
    let context: Context = resource::known(addon, (&object).into(), &json!({})).with("outputs", outputs);
    resource::secret_due(addon, &context, &SecretShape::of(addon, &spec, defaults))
}

fn shown(secret: &Secret) -> Value {
    let mut shown = json!({ "name": secret.name, "keys": secret.keys });
    for (name, all) in [("labels", &secret.metadata.labels), ("annotations", &secret.metadata.annotations)] {
        if !all.is_empty() {
            shown[name] = json!(all);
        }
    }
    if let Some(kind) = &secret.type_name {
        shown["type"] = json!(kind);
    }
    shown
}

fn metadata(value: &Value) -> SecretMetadata {
    let texts = |value: &Value| {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    SecretMetadata { labels: texts(&value["labels"]), annotations: texts(&value["annotations"]) }
}

fn here() -> &'static Catalog {
    static HERE: LazyLock<Catalog> = LazyLock::new(|| catalog("resource/catalog"));
    &HERE
}
