//! Manifests become the JSON that `kubectl` sends, as a real `kubectl` and API server showed it. The suite `crds`
//! compares the whole with them.
#![allow(clippy::unwrap_used)]

use interpreter::manifest::documents;
use serde_json::{Value, json};

#[test]
fn a_scalar_is_what_yaml_1_1_and_json_make_of_it() {
    let cases: [(&str, Value); 24] = [
        ("17", json!(17)),
        ("17.0", json!(17)),
        ("1.7e1", json!(17)),
        ("17.5", json!(17.5)),
        ("021", json!(17)),
        ("-021", json!(-17)),
        ("0o21", json!(17)),
        ("0x11", json!(17)),
        ("08", json!(8)),
        ("0", json!(0)),
        ("-0.0", json!(0)),
        ("9223372036854775807", json!(i64::MAX)),
        ("9223372036854775808", json!(9_223_372_036_854_775_808.0)),
        ("9223372036854775000.0", json!(9_223_372_036_854_775_000_i64)),
        ("1e21", json!(1e21)),
        ("'021'", json!("021")),
        ("!!str 021", json!("021")),
        ("1:20", json!("1:20")),
        ("2024-01-01", json!("2024-01-01")),
        ("on", json!(true)),
        ("No", json!(false)),
        ("\"on\"", json!("on")),
        ("~", json!(null)),
        ("par", json!("par")),
    ];
    for (written, read) in cases {
        assert_eq!(documents(&format!("é: x\na: {written}\n")).unwrap()[0]["a"], read, "{written}");
    }
    assert!(documents("a: .inf").is_err());
}

#[test]
fn a_key_is_a_value_before_it_is_a_text() {
    for (written, read) in [
        ("on", "true"),
        ("021", "17"),
        ("1.10", "1.1"),
        ("'021'", "021"),
        ("\"on\"", "on"),
        ("1LEADING", "1LEADING"),
    ] {
        assert_eq!(documents(&format!("{written}: x")).unwrap(), [json!({ read: "x" })], "{written}");
    }
}

#[test]
fn a_file_is_its_documents_and_the_last_of_two_equal_keys_counts() {
    assert_eq!(
        documents("a: 1\n---\n---\n# nothing\n---\na: 2\na: 3\n").unwrap(),
        [json!({ "a": 1 }), json!({ "a": 3 })]
    );
    assert_eq!(documents("").unwrap(), Vec::<Value>::new());
}
