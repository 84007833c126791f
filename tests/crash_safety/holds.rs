//! Requests that the cloud holds: how a life is stopped between two of them.

use serde_json::{Value, json};

use harness::{Cloud, eventually};

/// Which request of those to come is held, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) operation: String,
    /// So many of this operation pass before.
    pub(crate) skip: usize,
    pub(crate) moment: Moment,
}

/// Where a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It has arrived and had no effect yet.
    Arrived,
    /// It had its effect and was not answered yet.
    Done,
}

/// Holds the next request that fits, and leads there: `act` makes the operator send it. Its number.
///
/// All other requests must be held already, or of no matter: a fault knows no resource.
pub(crate) async fn hold(cloud: &Cloud, hold: &Hold, act: impl AsyncFnOnce()) -> u64 {
    let kind = match hold.moment {
        Moment::Arrived => "before",
        Moment::Done => "after",
    };
    let before = held(cloud).await;
    cloud
        .fault(json!({ "operation": hold.operation, "skip": hold.skip, "kind": kind, "answer": "hold" }))
        .await;
    act().await;
    let new = async || held(cloud).await.into_iter().find(|number| !before.contains(number));
    eventually(&format!("{hold:?} that is held"), new).await
}

/// Lets these go on.
pub(crate) async fn release(cloud: &Cloud, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        ask(cloud, "POST", "release", json!({ "number": number })).await;
    }
}

/// Faults that were ordered and have met no request yet.
pub(crate) async fn unmet(cloud: &Cloud) -> Value {
    ask(cloud, "GET", "faults", Value::Null).await
}

async fn held(cloud: &Cloud) -> Vec<u64> {
    let held = ask(cloud, "GET", "held", Value::Null).await;
    held.as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect()
}

async fn ask(cloud: &Cloud, method: &str, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().build().unwrap();
    let request = client.request(method.parse().unwrap(), format!("{}/_sandbox/{path}", cloud.url()));
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}
