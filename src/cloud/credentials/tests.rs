//! Fingerprints, and what credentials reveal.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;

fn oauth1(method: SignatureMethod, parts: [&str; 4]) -> Credentials {
    let [consumer_key, consumer_secret, token, token_secret] = parts.map(SecretString::from);
    Credentials::OAuth1(Keys { method, consumer_key, consumer_secret, token, token_secret })
}

fn header(name: &str, value: &str) -> Credentials {
    Credentials::Header { name: name.to_owned(), value: value.into() }
}

fn basic(user: &str, password: &str) -> Credentials {
    Credentials::Basic { user: user.to_owned(), password: password.into() }
}

/// Credentials that differ in one part only, or in where one part ends.
fn all_different() -> Vec<Credentials> {
    vec![
        oauth1(SignatureMethod::HmacSha512, ["a", "b", "c", "d"]),
        oauth1(SignatureMethod::HmacSha1, ["a", "b", "c", "d"]),
        oauth1(SignatureMethod::Plaintext, ["a", "b", "c", "d"]),
        oauth1(SignatureMethod::HmacSha512, ["x", "b", "c", "d"]),
        oauth1(SignatureMethod::HmacSha512, ["a", "x", "c", "d"]),
        oauth1(SignatureMethod::HmacSha512, ["a", "b", "x", "d"]),
        oauth1(SignatureMethod::HmacSha512, ["a", "b", "c", "x"]),
        oauth1(SignatureMethod::HmacSha512, ["ab", "", "c", "d"]),
        Credentials::Bearer("a".into()),
        Credentials::Bearer("b".into()),
        header("a", "b"),
        header("ab", ""),
        basic("a", "b"),
        basic("ab", ""),
        Credentials::None,
    ]
}

#[test]
fn a_fingerprint_distinguishes_any_two_credentials_and_never_changes() {
    let fingerprints = || all_different().iter().map(Credentials::fingerprint).collect::<Vec<_>>();
    assert_eq!(fingerprints(), fingerprints());
    assert_eq!(fingerprints().iter().collect::<BTreeSet<_>>().len(), all_different().len());
    assert_eq!(
        Credentials::Bearer("a".into()).fingerprint().to_string(),
        "605cbe525a95c97e",
        "replicas of two versions must agree"
    );
}

#[test]
fn neither_credentials_nor_their_fingerprints_show_a_part_of_them() {
    for credentials in [
        oauth1(SignatureMethod::HmacSha512, ["hidden1", "hidden2", "hidden3", "hidden4"]),
        Credentials::Bearer("hidden".into()),
        header("x-key", "hidden"),
        basic("hidden", "hidden"),
    ] {
        let shown = format!("{credentials:?} {:?} {}", credentials.fingerprint(), credentials.fingerprint());
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

#[test]
fn the_header_is_marked_as_sensitive_for_the_libraries_below() {
    let url = Url::parse("https://api.example.com/").unwrap();
    for credentials in all_different() {
        let header = credentials.header(&Method::GET, &url).unwrap();
        assert_eq!(header.is_none(), matches!(credentials, Credentials::None), "{credentials:?}");
        assert!(header.is_none_or(|(_, value)| value.is_sensitive()), "{credentials:?}");
    }
}
