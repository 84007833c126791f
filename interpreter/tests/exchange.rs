//! Requests and answers, case by case: `tests/exchange/*.yaml`.
#![allow(clippy::unwrap_used)]

#[path = "exchange/notation.rs"]
mod notation;
#[path = "exchange/redaction.rs"]
mod redaction;

use std::sync::Arc;

use interpreter::catalog::{Api, ErrorTable, Pages};
use interpreter::exchange::{self, Answer, Body, Context, Found, HttpRequest, Redactor, Verdict};
use interpreter::reconcile::{accepts, refused};
use notation::{cases, catalog, expression, read, request, row, same, selector};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

#[test]
fn a_request_goes_where_the_catalog_says_and_nowhere_else() {
    let api = api();
    for case in cases("exchange/build.yaml") {
        same(&case, &build(&api, &case), &case["sent"]);
    }
}

#[test]
fn a_value_is_selected_rendered_or_left_out() {
    for case in cases("exchange/evaluate.yaml") {
        let seen = match exchange::evaluate(&expression(&case["expression"]), &case["in"]) {
            Ok(Some(value)) => json!({ "value": value }),
            Ok(None) => json!("left out"),
            Err(error) => json!({ "error": error.to_string() }),
        };
        same(&case, &seen, &case["gives"]);
    }
}

#[test]
fn an_answer_of_another_shape_is_not_an_empty_one() {
    for case in cases("exchange/read.yaml") {
        let seen = match exchange::read(&read(&case), &case["answer"]) {
            Ok(Found::Nothing) => json!("nothing"),
            Ok(Found::Item(item)) => json!({ "item": item }),
            Ok(Found::Items(items)) => json!({ "items": items }),
            Ok(Found::Map(entries)) => json!({ "map": entries }),
            Err(error) => json!({ "unreadable": error.to_string() }),
        };
        same(&case, &seen, &case["found"]);
    }
}

#[test]
fn an_answer_means_what_its_row_says_or_what_follows_from_its_status() {
    let api = api();
    for case in cases("exchange/meaning.yaml") {
        let errors = ErrorTable { rows: case["rows"].as_array().into_iter().flatten().map(row).collect() };
        let bytes = case
            .get("body")
            .map_or_else(String::new, |body| body.as_str().map_or(body.to_string(), str::to_owned));
        let body = Body::parse(bytes.as_bytes());
        let answer = Answer {
            operation: case["operation"].as_str().unwrap(),
            writes: case["writes"].as_bool().unwrap_or(false),
            confidential: case["confidential"].as_bool().unwrap_or(false),
            content_type: case["contentType"].as_str(),
            size: bytes.len(),
            status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
            body: &body,
        };
        let seen = match exchange::meaning(&errors, &api.error_text, &answer) {
            Verdict::Success => json!("success"),
            Verdict::Refusal(refusal) => {
                let message = refusal.message.text(Some(&Redactor::default()));
                json!([format!("{:?}", refusal.meaning), refusal.reason, message, refusal.help])
            }
        };
        same(&case, &seen, &case["means"]);
    }
}

#[test]
fn an_add_on_in_a_list_is_known_by_name_and_by_ids() {
    for case in cases("exchange/entries.yaml") {
        let seen = match exchange::read(&read(&json!({ "name": "list", "items": "$[*]" })), &case["list"])
            .and_then(|found| exchange::entries(&api().identity, &found))
        {
            Ok(entries) => {
                let listed = entries
                    .listed
                    .iter()
                    .map(|one| json!([one.name, one.ids, one.provider, one.created]))
                    .collect::<Vec<_>>();
                json!({ "listed": listed, "unreadable": entries.unreadable })
            }
            Err(error) => json!(error.to_string()),
        };
        same(&case, &seen, &case["holds"]);
    }
}

#[test]
fn a_creation_without_ids_in_its_answer_is_unreadable() {
    let whole = json!({ "database": { "id": 7, "realId": "r-7", "name": "n" } });
    let item = selector("$.database");
    let made = exchange::created(&api().identity, Some(&item), &whole).unwrap();
    assert_eq!(json!(made.ids), json!({ "short": "7", "long": "r-7" }));
    for broken in [
        json!({}),
        json!([]),
        json!("made"),
        json!({ "database": { "id": 7, "name": "n" } }),
        json!({ "database": { "id": 7, "realId": "" } }),
    ] {
        assert!(exchange::created(&api().identity, Some(&item), &broken).is_err(), "{broken}");
    }
}

#[test]
fn that_there_is_nothing_is_an_answer_only_where_the_catalog_says_so() {
    let answer = Answer {
        operation: "offers",
        writes: false,
        confidential: false,
        status: 404,
        content_type: None,
        size: 0,
        body: &Body::Empty,
    };
    let Verdict::Refusal(refusal) = exchange::meaning(&ErrorTable::default(), &[], &answer) else {
        panic!("a success")
    };
    let outcome = refused(&refusal, None, None);
    assert!(accepts(&read(&json!({ "mayBeMissing": true })), &outcome));
    assert!(!accepts(&read(&json!({})), &outcome));
}

#[test]
fn pages_are_followed_until_an_answer_names_no_next_one() {
    let asked = HttpRequest {
        method: "GET".into(),
        url: "https://cloud.example.test/things?page=1&owner=me".into(),
        body: None,
    };
    let pages = Pages { next: selector("$.meta.next"), parameter: "page".into() };
    let next = |answer: Value| exchange::next_page(&asked, &pages, &answer).unwrap().map(|next| next.url);
    assert_eq!(
        next(json!({ "meta": { "next": 2 } })).unwrap(),
        "https://cloud.example.test/things?owner=me&page=2"
    );
    assert_eq!(
        next(json!({ "meta": { "next": "a&b=c" } })).unwrap(),
        "https://cloud.example.test/things?owner=me&page=a%26b%3Dc"
    );
    assert_eq!(next(json!({ "meta": { "next": null } })), None);
    assert_eq!(next(json!({})), None);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() })]

    /// As a URL parser splits it: at slashes, question marks and hashes, dots being resolved also where they
    /// are encoded.
    #[test]
    fn no_value_can_make_a_path_another_one(organisation in hostile()) {
        let api = api();
        let context = Context::default().with("organisation", organisation.clone().into());
        let built = exchange::build(&request("GET /v2/owners/{{organisation}}/things", None), &api, &context, "https://cloud.example.test");
        let Ok(built) = built else {
            prop_assert!(["", ".", ".."].contains(&organisation.as_str()), "{organisation:?} was refused");
            return Ok(());
        };
        let segment = built.url.strip_prefix("https://cloud.example.test/v2/owners/").and_then(|rest| rest.strip_suffix("/things")).unwrap();
        prop_assert!(segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{segment}");
        prop_assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), organisation);
        prop_assert!(![".", ".."].contains(&segment.to_lowercase().replace("%2e", ".").as_str()), "{}", segment);
    }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[./%?#\\\\2eE ]{0,6}"]
}

fn api() -> Arc<Api> {
    Arc::clone(&catalog("exchange/catalog").apis["cloud"])
}

fn build(api: &Api, case: &Value) -> Value {
    let request = request(case["request"].as_str().unwrap(), case.get("body"));
    let context = case["context"].as_object().unwrap();
    let endpoint = case["endpoint"].as_str().unwrap_or("https://cloud.example.test");
    match exchange::build(&request, api, &Context::default().with_all(context), endpoint) {
        Ok(HttpRequest { method, url, body: Some(body) }) => {
            json!({ "method": method, "url": url, "body": body })
        }
        Ok(HttpRequest { method, url, body: None }) => json!({ "method": method, "url": url }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
