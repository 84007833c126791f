//! Redaction: a table of texts, and properties of random ones.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use interpreter::catalog::ErrorTable;
use interpreter::exchange::{self, Answer, Body, REDACTED, Redactor, Verdict};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::notation::{cases, same, selector};

#[test]
fn secrets_are_replaced_however_they_are_spelt() {
    for case in cases("exchange/redaction.yaml") {
        let texts = |name: &str| case[name].as_array().cloned().unwrap_or_default();
        let (credentials, outputs) = (texts("credentials"), texts("outputs"));
        let redactor = Redactor::default().with_credentials(credentials.iter().filter_map(Value::as_str));
        let redactor = redactor.unwrap().with_outputs(outputs.iter().filter_map(Value::as_str)).unwrap();
        same(&case, &json!(redactor.redact(case["text"].as_str().unwrap())), &case["redacted"]);
    }
}

#[test]
fn a_message_is_redacted_before_it_is_cut() {
    let secret = "hunter2-".repeat(4);
    for before in [0, 5, 290, 295, 299, 300, 301] {
        let text = format!("{}{secret}", "x".repeat(before));
        let shown = redactor(&secret).quote(&text);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.chars().count() <= 301, "{shown}");
    }
}

#[test]
fn a_very_long_text_shows_no_part_of_a_secret_at_its_end() {
    let secret = "0123456789abcdef".repeat(40);
    for before in (7000..9000).step_by(97).chain((16_000..16_500).step_by(7)) {
        // Most of the text is redacted, so that its end would fit into a message.
        let filler: String = "hunter2 ".repeat(before / 8) + &"x".repeat(before % 8);
        let redactor = Redactor::default().with_outputs(["hunter2", secret.as_str()]).unwrap();
        let shown = redactor.redact(&format!("{filler}{secret}")).into_owned();
        assert!(!shown.contains("0123"), "{before}: {shown}");
    }
}

#[test]
fn with_too_many_secrets_nothing_can_be_quoted() {
    let secrets: Vec<String> = (0..5000).map(|at| format!("{at:064}")).collect();
    assert!(Redactor::default().with_outputs(secrets.iter().map(String::as_str)).is_none());
    assert_eq!(message("no such plan", None), "HTTP 400, text/plain, 26 bytes".replace("text/plain, ", ""));
}

#[test]
fn a_content_type_is_no_way_out() {
    let redactor = redactor("hunter2");
    let answer = Answer { content_type: Some("application/hunter2"), ..answer(&Body::Empty) };
    let Verdict::Refusal(refusal) = exchange::meaning(&ErrorTable::default(), &[], &answer) else { panic!() };
    assert_eq!(refusal.message.text(Some(&redactor)), "HTTP 400, no body");
    assert!(!format!("{refusal:?}").contains("hunter2"));
}

fn redactor(secret: &str) -> Redactor {
    Redactor::default().with_outputs([secret]).unwrap()
}

fn answer(body: &Body) -> Answer<'_> {
    let (operation, writes, confidential) = ("list", false, false);
    Answer { operation, writes, confidential, status: 400, content_type: None, size: 0, body }
}

/// Returns the message about a refusal with this text.
fn message(text: &str, redactor: Option<&Redactor>) -> String {
    let body = Body::Json(json!({ "message": text }));
    let answer = Answer { size: body.json().unwrap().to_string().len(), ..answer(&body) };
    let errors = ErrorTable::default();
    let Verdict::Refusal(refusal) = exchange::meaning(&errors, &[selector("$.message")], &answer) else {
        panic!("a success")
    };
    refusal.message.text(redactor)
}

/// A way to spell a text, written independently of the product.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Plain,
    Percent,
    PercentLower,
    PercentAll,
    Base64,
    Base64NoPad,
    Base64Url,
    Base64UrlNoPad,
    Json,
    Html,
}

fn spelt(text: &str, spelling: Spelling) -> String {
    let all = |lower: bool| {
        let byte = |byte: u8| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
        text.bytes().map(byte).collect::<String>()
    };
    match spelling {
        Spelling::Plain => text.to_owned(),
        Spelling::Percent => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        Spelling::PercentLower => all(true),
        Spelling::PercentAll => all(false),
        Spelling::Base64 => STANDARD.encode(text),
        Spelling::Base64NoPad => STANDARD_NO_PAD.encode(text),
        Spelling::Base64Url => URL_SAFE.encode(text),
        Spelling::Base64UrlNoPad => URL_SAFE_NO_PAD.encode(text),
        Spelling::Json => json!(text).to_string(),
        Spelling::Html => {
            text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#x27;")
        }
    }
}

fn spelling() -> impl Strategy<Value = Spelling> {
    use Spelling::{
        Base64, Base64NoPad, Base64Url, Base64UrlNoPad, Html, Json, Percent, PercentAll, PercentLower, Plain,
    };
    prop::sample::select(vec![
        Plain,
        Percent,
        PercentLower,
        PercentAll,
        Base64,
        Base64NoPad,
        Base64Url,
        Base64UrlNoPad,
        Json,
        Html,
    ])
}

/// Any text, with the signs that begin escapes more often than others.
fn any_text(length: &'static str) -> impl Strategy<Value = String> {
    prop::string::string_regex(&format!("([a-c0-9]|[%\\\\&+\"'<>/=… \n\t;#xu]|\\PC){length}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_survives_in_any_spelling(
        secret in any_text("{6,90}"),
        other in any_text("{6,20}"),
        (one, within) in (spelling(), spelling()),
        (before, after) in (any_text("{0,30}"), any_text("{0,30}")),
    ) {
        prop_assume!(secret.trim().chars().count() >= 6 && !REDACTED.contains(secret.trim()));
        let shown = spelt(&spelt(&secret, within), one);
        let redactor = Redactor::default().with_credentials([other.as_str()]).unwrap();
        let redactor = redactor.with_outputs([secret.as_str()]).unwrap();
        // A neighbour that continues an escape or base64 makes another text of the secret.
        let text = format!("{before} {shown} {after}");
        let redacted = redactor.redact(&text).into_owned();
        let quoted = redactor.quote(&text);
        let is_left = |part: &str| part.contains(&shown) || part.contains(&secret);
        // Base64 of an escaped text is covered for the escapes of JSON and of URLs.
        let is_base64 = |one| matches!(one, Spelling::Base64 | Spelling::Base64NoPad | Spelling::Base64Url | Spelling::Base64UrlNoPad);
        let is_covered = !is_base64(one) || matches!(within, Spelling::Plain);
        if is_covered {
            prop_assert!(!redacted.split(REDACTED).any(is_left), "{redacted:?}");
            prop_assert!(!quoted.split(REDACTED).any(is_left), "{quoted:?}");
        }
        prop_assert!(!redacted.split(REDACTED).any(|part| part.contains(&secret)), "{redacted:?}");
    }

    #[test]
    fn a_credential_of_any_length_is_replaced(secret in "[a-z0-9+/=%]{1,5}", text in any_text("{0,60}"), one in spelling()) {
        prop_assume!(!REDACTED.contains(&secret));
        let redactor = Redactor::default().with_credentials([secret.as_str()]).unwrap();
        let shown = spelt(&secret, one);
        let redacted = redactor.redact(&format!("{text} {shown} {text}")).into_owned();
        prop_assert!(!redacted.split(REDACTED).any(|part| part.contains(&secret) || part.contains(&shown)), "{redacted:?}");
    }

    #[test]
    fn a_text_without_secrets_stays_as_it_is(text in any_text("{0,200}")) {
        let redactor = Redactor::default().with_credentials(["\u{1}never-in-a-text\u{1}"]).unwrap();
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }

    #[test]
    fn nothing_panics(text in any_text("{0,200}"), secrets in prop::collection::vec(any_text("{0,9}"), 0..4), cut in 0usize..200) {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let redactor = Redactor::default().with_credentials(secrets.clone()).unwrap().with_outputs(secrets.clone()).unwrap();
        let cut: String = text.chars().take(cut).collect();
        for text in [text, cut] {
            let once = redactor.redact(&text).into_owned();
            let left = |secret: &&str| !secret.is_empty() && !REDACTED.contains(secret.trim()) && once.split(REDACTED).any(|part| part.contains(*secret));
            prop_assert!(!secrets.iter().any(left), "{once:?}");
            redactor.quote(&text);
        }
    }
}
