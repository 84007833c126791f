//! Authentication over HTTP with valid and invalid signatures. `src/auth/tests.rs` tests the computation of
//! signatures.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{client, config, plaintext};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clever_sandbox::Sandbox;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::Sha512;

const PATH: &str = "/v2/products/addonproviders";
/// The query as sent, and the first of its parameters as sorted and encoded by RFC 5849.
const QUERY: (&str, &str) = ("z=a+b&z=%C3%A9&a%2Fb=1", "a%2Fb=1");
const QUERY_AFTER: &str = "z=%C3%A9&z=a%20b";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn pct(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
        .replace("%7E", "~")
}

/// Returns a header for a GET of [`PATH`] with [`QUERY`].
fn signed(sandbox: &Sandbox, method: &str, nonce: &str, stamp: u64) -> String {
    let params = format!(
        "{}&oauth_consumer_key=ck&oauth_nonce={nonce}&oauth_signature_method={method}&oauth_timestamp={stamp}&oauth_token=one-token&oauth_version=1.0&{QUERY_AFTER}",
        QUERY.1
    );
    let base = format!("GET&{}&{}", pct(&format!("{}{PATH}", sandbox.url())), pct(&params));
    let signature = match method {
        "HMAC-SHA1" => STANDARD.encode(
            Hmac::<Sha1>::new_from_slice(b"cs&one-secret")
                .unwrap()
                .chain_update(base)
                .finalize()
                .into_bytes(),
        ),
        _ => STANDARD.encode(
            Hmac::<Sha512>::new_from_slice(b"cs&one-secret")
                .unwrap()
                .chain_update(base)
                .finalize()
                .into_bytes(),
        ),
    };
    format!(
        r#"OAuth oauth_consumer_key="ck", oauth_nonce="{nonce}", oauth_signature="{}", oauth_signature_method="{method}", oauth_timestamp="{stamp}", oauth_token="one-token", oauth_version="1.0""#,
        pct(&signature)
    )
}

async fn status(sandbox: &Sandbox, header: &str, query: &str) -> u16 {
    let url = format!("{}{PATH}?{query}", sandbox.url());
    client().get(url).header("authorization", header).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_right_signature_is_let_in_once() {
    let sandbox = Sandbox::start(config()).await.unwrap();
    for method in ["HMAC-SHA1", "HMAC-SHA512"] {
        let header = signed(&sandbox, method, &format!("once{method}"), now());
        assert_eq!(status(&sandbox, &header, QUERY.0).await, 200, "{method}");
        assert_eq!(status(&sandbox, &header, QUERY.0).await, 401, "{method}, the same nonce again");
        let header = signed(&sandbox, method, &format!("again{method}"), now());
        assert_eq!(status(&sandbox, &header, QUERY.0).await, 200, "{method}, another nonce");
    }
}

#[tokio::test]
async fn a_refused_signature_does_not_use_up_its_nonce() {
    let sandbox = Sandbox::start(config()).await.unwrap();
    let header = signed(&sandbox, "HMAC-SHA512", "spared", now());
    assert_eq!(status(&sandbox, &header, "z=tampered").await, 401);
    assert_eq!(status(&sandbox, &header, QUERY.0).await, 200);
}

#[tokio::test]
async fn nothing_else_is_let_in() {
    let sandbox = Sandbox::start(config()).await.unwrap();
    let right = plaintext("one");
    assert_eq!(status(&sandbox, &right, "").await, 200);
    let good = |nonce: &str| signed(&sandbox, "HMAC-SHA512", nonce, now());
    let refused = [
        right.replace("one-secret", "one-secres"),
        right.replace("one-token", "two-token"),
        right.replace("oauth_token=\"one-token\", ", ""),
        right.replace("oauth_consumer_key=\"ck\", ", ""),
        right.replace("OAuth ", "OAuth oauth_token=\"one-token\", "),
        right.replace("OAuth ", "OAuth oauth_version=\"2.0\", "),
        right.replace("OAuth ", "OAuth oauth_signature_method=\"HMAC-MD5\", "),
        right.replace("%26", "&amp;"),
        right.replace("OAuth ", "Basic "),
        "OAuth".to_owned(),
        "Bearer one-bearer".to_owned(),
        signed(&sandbox, "HMAC-SHA512", "old", now() - 3600),
        signed(&sandbox, "HMAC-SHA512", "early", now() + 3600),
        signed(&sandbox, "HMAC-SHA512", "", now()),
        good("a").replace("HMAC-SHA512", "HMAC-SHA1"),
        good("b").replace("HMAC-SHA512", "PLAINTEXT"),
        good("c").replace("oauth_version=\"1.0\"", "oauth_version=\"1.0\", extra=\"1\""),
    ];
    for header in refused {
        assert_eq!(status(&sandbox, &header, QUERY.0).await, 401, "{header}");
    }
}
