//! Faults: the response that the client receives, and the effect at that time.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use crate::support::{OWNER, admin, ask, client, config, create, live};
use clever_sandbox::Sandbox;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

async fn started() -> (Client, Sandbox) {
    (client(), Sandbox::start(config()).await.unwrap())
}

async fn add_fault(client: &Client, sandbox: &Sandbox, fault: Value) {
    admin(client, sandbox, Method::POST, "faults", fault).await;
}

async fn held(client: &Client, sandbox: &Sandbox) -> Value {
    admin(client, sandbox, Method::GET, "held?wait=30000", Value::Null).await
}

#[tokio::test]
async fn an_answer_before_the_effect_leaves_nothing_and_one_after_it_leaves_an_add_on() {
    let (client, sandbox) = started().await;
    for (kind, expected) in [("before", 0), ("after", 1)] {
        add_fault(
            &client,
            &sandbox,
            json!({"operation": "create", "kind": kind, "answer": {"status": 503, "body": {"id": -500}}}),
        )
        .await;
        let response = create(&client, &sandbox, kind).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"id": -500}));
        assert_eq!(live(&client, &sandbox, kind).await, expected, "{kind}");
    }
    assert_eq!(create(&client, &sandbox, "healed").await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_gateway_answers_with_html() {
    let (client, sandbox) = started().await;
    add_fault(
        &client,
        &sandbox,
        json!({"path": "/v2/*/addons", "kind": "before", "answer": {"status": 502, "html": "<h1>Bad gateway</h1>"}}),
    )
    .await;
    let response = create(&client, &sandbox, "x").await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await.unwrap(), "<h1>Bad gateway</h1>");
}

#[tokio::test]
async fn an_operation_answers_with_any_text_under_any_label() {
    let (client, sandbox) = started().await;
    let path = format!("/v2/organisations/{OWNER}/addons");
    for (answer, content_type, text) in [
        (json!({"status": 500, "text": "no way"}), "text/plain", "no way"),
        (
            json!({"status": 500, "contentType": "application/yaml", "text": "a: b"}),
            "application/yaml",
            "a: b",
        ),
        (
            json!({"status": 500, "contentType": "text/plain", "body": {"a": "b"}}),
            "text/plain",
            r#"{"a":"b"}"#,
        ),
        (json!({"status": 500, "contentType": "text/plain"}), "text/plain", ""),
    ] {
        add_fault(&client, &sandbox, json!({"operation": "list", "kind": "before", "answer": answer})).await;
        let response = ask(&client, &sandbox, Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.text().await.unwrap(), text);
    }
}

#[tokio::test]
async fn a_reset_connection_and_half_an_answer_are_errors_with_and_without_effect() {
    let (client, sandbox) = started().await;
    for (kind, expected) in [("before", 0), ("after", 1)] {
        let name = format!("reset {kind}");
        add_fault(&client, &sandbox, json!({"operation": "create", "kind": kind, "answer": "reset"})).await;
        create(&client, &sandbox, &name).await.unwrap_err();
        assert_eq!(live(&client, &sandbox, &name).await, expected, "{name}");

        let name = format!("truncated {kind}");
        add_fault(&client, &sandbox, json!({"operation": "create", "kind": kind, "answer": "truncated"}))
            .await;
        let response = create(&client, &sandbox, &name).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.bytes().await.unwrap_err();
        assert_eq!(live(&client, &sandbox, &name).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_hanging_answer_never_comes_though_the_effect_does() {
    let (client, sandbox) = started().await;
    add_fault(&client, &sandbox, json!({"operation": "create", "kind": "after", "answer": "hang"})).await;
    let request = create(&client, &sandbox, "x");
    tokio::pin!(request);
    while live(&client, &sandbox, "x").await == 0 {
        assert!(poll_once(&mut request).await.is_none(), "there is an answer");
    }
    assert!(poll_once(&mut request).await.is_none(), "there is an answer");
}

#[tokio::test]
async fn a_fault_skips_counts_and_can_be_forgotten() {
    let (client, sandbox) = started().await;
    let fault =
        json!({"operation": "self", "skip": 1, "times": 2, "kind": "before", "answer": {"status": 500}});
    add_fault(&client, &sandbox, fault).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(ask(&client, &sandbox, Method::GET, "/v2/self").send().await.unwrap().status().as_u16());
    }
    assert_eq!(seen, [200, 500, 500, 200]);
    add_fault(&client, &sandbox, json!({"method": "GET", "path": "/v2/self", "times": null, "kind": "before", "answer": {"status": 500}}))
        .await;
    for _ in 0..3 {
        assert_eq!(ask(&client, &sandbox, Method::GET, "/v2/self").send().await.unwrap().status(), 500);
    }
    admin(&client, &sandbox, Method::DELETE, "faults", Value::Null).await;
    assert_eq!(ask(&client, &sandbox, Method::GET, "/v2/self").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_held_request_has_had_its_effect_or_not_as_ordered() {
    let (client, sandbox) = started().await;
    for (kind, meanwhile) in [("before", 0), ("after", 1)] {
        add_fault(&client, &sandbox, json!({"operation": "create", "kind": kind, "answer": "hold"})).await;
        let request = create(&client, &sandbox, kind);
        let witness = async {
            let waiting = held(&client, &sandbox).await;
            assert_eq!((&waiting[0]["method"], &waiting[0]["kind"]), (&json!("POST"), &json!(kind)));
            assert_eq!(live(&client, &sandbox, kind).await, meanwhile, "{kind}");
            let released =
                admin(&client, &sandbox, Method::POST, "release", json!({"number": waiting[0]["number"]}))
                    .await;
            assert_eq!(released["released"], 1);
        };
        let (response, ()) = tokio::join!(request, witness);
        assert_eq!(response.unwrap().status(), StatusCode::OK);
        assert_eq!(live(&client, &sandbox, kind).await, 1, "{kind}");
    }
    assert_eq!(admin(&client, &sandbox, Method::GET, "held", Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_request_takes_effect_though_its_client_is_gone() {
    let (client, sandbox) = started().await;
    add_fault(&client, &sandbox, json!({"operation": "create", "kind": "before", "answer": "hold"})).await;
    let request = create(&client, &sandbox, "orphan");
    tokio::select! {
        _ = request => panic!("the answer is held"),
        waiting = held(&client, &sandbox) => assert_eq!(waiting[0]["kind"], "before"),
    }
    assert_eq!(live(&client, &sandbox, "orphan").await, 0);
    admin(&client, &sandbox, Method::POST, "release", json!({})).await;
    while live(&client, &sandbox, "orphan").await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_creation_can_leave_its_children_and_nothing_else() {
    let (client, sandbox) = started().await;
    add_fault(
        &client,
        &sandbox,
        json!({"operation": "create", "kind": "partial", "answer": {"status": 500}}),
    )
    .await;
    let body = json!({"name": "sso", "providerId": "keycloak", "plan": "plan_3819e4b3-cc6d-4847-9f02-0db93212956c", "region": "par"});
    let path = format!("/v2/organisations/{OWNER}/addons");
    assert_eq!(ask(&client, &sandbox, Method::POST, &path).json(&body).send().await.unwrap().status(), 500);
    let left: Vec<Value> =
        ask(&client, &sandbox, Method::GET, &path).send().await.unwrap().json().await.unwrap();
    let providers: Vec<&Value> = left.iter().map(|addon| &addon["provider"]["id"]).collect();
    assert_eq!(providers, ["postgresql-addon", "fs-bucket"]);
}

#[tokio::test]
async fn the_log_tells_faults_and_effects_apart() {
    let (client, sandbox) = started().await;
    add_fault(&client, &sandbox, json!({"operation": "create", "kind": "after", "answer": "reset"})).await;
    create(&client, &sandbox, "x").await.unwrap_err();
    create(&client, &sandbox, "x").await.unwrap();
    let log = admin(&client, &sandbox, Method::GET, "log", Value::Null).await;
    let summary = |entry: &Value| {
        (
            entry["effect"] == true,
            entry["fault"] == true,
            entry["status"].as_u64(),
            entry["body"]["name"] == "x",
        )
    };
    assert_eq!(summary(&log[0]), (true, true, None, true));
    assert_eq!(summary(&log[1]), (true, false, Some(200), true));
}

#[tokio::test]
async fn answers_are_late_where_latency_is_set_and_bear_a_request_id() {
    let (client, sandbox) = started().await;
    admin(
        &client,
        &sandbox,
        Method::PUT,
        "settings",
        json!({"latency": {"self": 40, "*": 0}, "plainText": true}),
    )
    .await;
    let begun = std::time::Instant::now();
    let response = ask(&client, &sandbox, Method::GET, "/v2/self").send().await.unwrap();
    assert!(begun.elapsed().as_millis() >= 40);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(response.headers().contains_key("sozu-id"));
}

/// Polls a future once, and returns its output if it is ready.
async fn poll_once<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = tokio::task::yield_now() => None,
    }
}
