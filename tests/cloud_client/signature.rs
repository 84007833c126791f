//! Our signatures against those of oauthlib, an independent implementation, on hostile requests
//! (`signature/generate.py` makes them).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use clever_operator::cloud::Url;
use clever_operator::cloud::oauth1::{Keys, SignatureMethod, Stamp, authorization};
use percent_encoding::percent_decode_str;

const VECTORS: &str = include_str!("signature/vectors.json");

/// Method, URL, consumer key and secret, token and its secret, nonce, timestamp, HMAC-SHA512 signature,
/// PLAINTEXT signature, HMAC-SHA1 signature.
type Vector = [String; 11];

#[test]
fn every_signature_equals_that_of_an_independent_implementation() {
    let vectors: Vec<Vector> = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() > 200, "only {} vectors", vectors.len());
    let wrong: Vec<_> = vectors.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len() * 3, wrong.join("\n"));
}

#[test]
fn two_signatures_of_one_request_share_no_nonce() {
    let vectors: Vec<Vector> = serde_json::from_str(VECTORS).unwrap();
    let url = Url::parse(&vectors[0][1]).unwrap();
    for method in [SignatureMethod::HmacSha512, SignatureMethod::HmacSha1, SignatureMethod::Plaintext] {
        let nonce = || {
            parameters(&authorization(&keys(&vectors[0], method), "GET", &url, &Stamp::default()))["oauth_nonce"].clone()
        };
        assert_ne!(nonce(), nonce());
    }
}

/// What is wrong with our header for one vector, for each method.
fn check(vector: &Vector) -> Vec<String> {
    let methods = [
        (SignatureMethod::HmacSha512, "HMAC-SHA512", &vector[8]),
        (SignatureMethod::Plaintext, "PLAINTEXT", &vector[9]),
        (SignatureMethod::HmacSha1, "HMAC-SHA1", &vector[10]),
    ];
    methods
        .into_iter()
        .filter_map(|(method, name, signature)| check_one(vector, method, name, signature))
        .collect()
}

fn check_one(vector: &Vector, method: SignatureMethod, name: &str, signature: &str) -> Option<String> {
    let [http_method, url, consumer_key, _, token, _, nonce, timestamp, ..] = vector;
    let stamp = Stamp { nonce: Some(nonce.clone()), timestamp: Some(timestamp.parse().unwrap()) };
    let header = authorization(&keys(vector, method), http_method, &Url::parse(url).unwrap(), &stamp);
    let expected = BTreeMap::from([
        ("oauth_consumer_key", consumer_key.as_str()),
        ("oauth_nonce", nonce),
        ("oauth_signature", signature),
        ("oauth_signature_method", name),
        ("oauth_timestamp", timestamp),
        ("oauth_token", token),
        ("oauth_version", "1.0"),
    ]);
    let given = parameters(&header);
    let same = given.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(expected);
    (!same).then(|| format!("{name} {http_method} {url}\n  given {given:?}\n  right {signature}"))
}

fn keys(vector: &Vector, method: SignatureMethod) -> Keys {
    let [_, _, consumer_key, consumer_secret, token, token_secret, ..] =
        vector.each_ref().map(String::as_str);
    Keys {
        method,
        consumer_key: consumer_key.into(),
        consumer_secret: consumer_secret.into(),
        token: token.into(),
        token_secret: token_secret.into(),
    }
}

/// The header's parameters, decoded; none may hold a character that had to be encoded.
fn parameters(header: &str) -> BTreeMap<String, String> {
    let parameters = header.strip_prefix("OAuth ").expect("the scheme").split(',');
    parameters.map(parameter).collect()
}

fn parameter(text: &str) -> (String, String) {
    let (key, quoted) = text.split_once('=').expect("a parameter");
    let value = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quotes");
    let encoded = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    assert!(value.bytes().all(encoded), "not encoded: {text}");
    (key.to_owned(), percent_decode_str(value).decode_utf8().unwrap().into_owned())
}
