//! Requests and answers, case by case: `tests/exchange/*.yaml`.
#![allow(clippy::unwrap_used)]

#[path = "exchange/notation.rs"]
mod notation;

use interpreter::catalog::{Api, ErrorTable, Pages};
use interpreter::exchange::{self, Answer, Body, Context, Found, Outgoing, Verdict};
use std::sync::Arc;

use notation::{cases, catalog, expression, read, request, row, same, selector};
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
        let body =
            case.get("body").map_or(Body::Empty, |body| Body::parse(body.as_str().map_or(body.to_string(), str::to_owned).as_bytes()));
        let answer = Answer {
            operation: case["operation"].as_str().unwrap(),
            writes: case["writes"].as_bool().unwrap_or(false),
            status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
            body: &body,
        };
        let seen = match exchange::meaning(&errors, &api.error_text, &answer) {
            Verdict::Success => json!("success"),
            Verdict::Refusal(refusal) => {
                json!([format!("{:?}", refusal.meaning), refusal.reason, refusal.message, refusal.help])
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
                let listed = entries.listed.iter().map(|one| json!([one.name, one.ids, one.provider, one.created])).collect::<Vec<_>>();
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
fn pages_are_followed_until_an_answer_names_no_next_one() {
    let asked = Outgoing { method: "GET".into(), url: "https://cloud.example.test/things?page=1&owner=me".into(), body: None };
    let pages = Pages { next: selector("$.meta.next"), parameter: "page".into() };
    let next = |answer: Value| exchange::next_page(&asked, &pages, &answer).unwrap().map(|next| next.url);
    assert_eq!(next(json!({ "meta": { "next": 2 } })).unwrap(), "https://cloud.example.test/things?owner=me&page=2");
    assert_eq!(next(json!({ "meta": { "next": "a&b=c" } })).unwrap(), "https://cloud.example.test/things?owner=me&page=a%26b%3Dc");
    assert_eq!(next(json!({ "meta": { "next": null } })), None);
    assert_eq!(next(json!({})), None);
}

fn api() -> Arc<Api> {
    Arc::clone(&catalog("exchange/catalog").apis["cloud"])
}

fn build(api: &Api, case: &Value) -> Value {
    let request = request(case["request"].as_str().unwrap(), case.get("body"));
    let context = case["context"].as_object().unwrap();
    let endpoint = case["endpoint"].as_str().unwrap_or("https://cloud.example.test");
    match exchange::build(&request, api, &Context::default().with_all(context), endpoint) {
        Ok(Outgoing { method, url, body: Some(body) }) => json!({ "method": method, "url": url, "body": body }),
        Ok(Outgoing { method, url, body: None }) => json!({ "method": method, "url": url }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
