//! The program `clever-sandbox`: its output, both listeners, and shutdown by a signal.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

#[tokio::test]
async fn it_prints_its_address_serves_and_ends_when_terminated() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clever-sandbox"))
        .args(["--bridge-listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let bridge = format!("{}/v2/self", ready["bridgeUrl"].as_str().unwrap());
    let answer = support::client().get(bridge).bearer_auth("demo-bearer").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let main = format!("{}/v2/self", ready["url"].as_str().unwrap());
    assert_eq!(support::client().get(main).bearer_auth("demo-bearer").send().await.unwrap().status(), 401);
    let terminated = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(terminated.success());
    assert!(child.wait().unwrap().success());
}
