//! Compares signatures with those of another implementation; `tests/cases/signatures` has the vectors and
//! their generator.

#![allow(clippy::unwrap_used)]

use serde::Deserialize;

use crate::accounts::OAuthCredentials;
use crate::auth::header::{self, OAuthParams};
use crate::auth::signature::{self, OAuthMethod, SignedRequest};

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    method: String,
    host: String,
    path: String,
    query: String,
    consumer_secret: String,
    secret: String,
    header: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../tests/cases/signatures/signatures.json")).unwrap()
}

fn params(vector: &Vector) -> OAuthParams {
    header::parse(vector.header.strip_prefix("OAuth ").unwrap()).unwrap()
}

fn signature(vector: &Vector, params: &OAuthParams) -> String {
    let signed = SignedRequest {
        method: &vector.method,
        host: &vector.host,
        path: &vector.path,
        query: &vector.query,
        form: "",
    };
    let credentials = OAuthCredentials {
        consumer_key: String::new(),
        consumer_secret: vector.consumer_secret.clone(),
        token: String::new(),
        secret: vector.secret.clone(),
    };
    let method = OAuthMethod::from_name(params.get("oauth_signature_method")).unwrap();
    signature::compute(method, &signed, params, &credentials).unwrap()
}

#[test]
fn signatures_equal_those_of_another_implementation() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 33);
    for vector in vectors {
        let params = params(&vector);
        assert_eq!(
            signature(&vector, &params),
            params.get("oauth_signature").unwrap(),
            "{} {:?}",
            vector.path,
            vector.query
        );
    }
}

#[test]
fn a_signature_covers_every_part_of_the_request() {
    for vector in vectors().iter().filter(|vector| !vector.header.contains("PLAINTEXT")) {
        let right = signature(vector, &params(vector));
        let changes: [fn(&mut Vector); 5] = [
            |vector| vector.method.push('X'),
            |vector| vector.host = "127.0.0.1:8081".into(),
            |vector| vector.path.push('x'),
            |vector| vector.query.push_str("&x"),
            |vector| vector.header = vector.header.replace("17000", "17001"),
        ];
        for change in changes {
            let mut other = vector.clone();
            change(&mut other);
            assert_ne!(signature(&other, &params(&other)), right);
        }
    }
}

#[test]
fn a_malformed_header_is_no_header() {
    for text in [r#"a="1", a="2""#, "a=1", r#"a="1"#, "a", r#"a="%ff""#] {
        assert!(header::parse(text).is_none(), "{text}");
    }
    let spaced = header::parse(r#"  realm="", a = "b%2Cc" ,d="e=f","#).unwrap();
    assert_eq!((spaced.get("a"), spaced.get("d")), (Some("b,c"), Some("e=f")));
}
