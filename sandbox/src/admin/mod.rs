//! The admin interface under `/_sandbox`, for tests. Needs no credentials; see `README.md`.

mod addons;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::accounts::Accounts;
use crate::addon::Addon;
use crate::admin::addons::{AddonInsert, AddonPatch};
use crate::cloud::Cloud;
use crate::faults::Fault;
use crate::shared::CloudHandle;

const MAX_WAIT_MS: u64 = 60_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Since {
    since: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wait {
    /// Milliseconds to wait for a held request.
    wait: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Release {
    number: Option<u64>,
}

pub(crate) fn router() -> Router<CloudHandle> {
    Router::new()
        .route("/_sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sandbox/held", get(held))
        .route("/_sandbox/release", post(release))
        .route("/_sandbox/settings", get(settings).put(change_settings))
        .route("/_sandbox/accounts", get(accounts).put(replace_accounts))
        .route("/_sandbox/log", get(log).delete(clear_log))
        .route("/_sandbox/state", get(state).delete(clear_state))
        .route("/_sandbox/addons", post(insert_addon))
        .route("/_sandbox/addons/{id}", delete(remove_addon).patch(patch_addon))
}

async fn faults(State(shared): State<CloudHandle>) -> Json<Value> {
    Json(shared.with(|cloud| json!(cloud.faults.all())))
}

async fn add_fault(State(shared): State<CloudHandle>, Json(fault): Json<Fault>) -> StatusCode {
    shared.with(|cloud| cloud.faults.add(fault));
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(shared): State<CloudHandle>) -> StatusCode {
    shared.with(|cloud| cloud.faults.clear());
    StatusCode::NO_CONTENT
}

/// Lists held requests. With `wait`, waits until there is one.
async fn held(State(shared): State<CloudHandle>, Query(Wait { wait }): Query<Wait>) -> Json<Value> {
    let mut held = shared.held();
    let timeout = Duration::from_millis(wait.min(MAX_WAIT_MS));
    let _ = tokio::time::timeout(timeout, held.wait_for(|held| !held.is_empty())).await;
    let now: Vec<_> = held.borrow().values().cloned().collect();
    Json(json!(now))
}

/// Releases one held request, or all of them if no number is given.
async fn release(State(shared): State<CloudHandle>, body: Option<Json<Release>>) -> Json<Value> {
    let number = body.and_then(|Json(release)| release.number);
    Json(json!({"released": shared.release(number)}))
}

async fn settings(State(shared): State<CloudHandle>) -> Json<Value> {
    Json(shared.with(|cloud| json!(cloud.settings)))
}

/// Changes the given settings and leaves the others unchanged.
async fn change_settings(
    State(shared): State<CloudHandle>,
    Json(changes): Json<Map<String, Value>>,
) -> Response {
    let changed = shared.with(|cloud| {
        cloud.settings.with(changes).map(|settings| {
            cloud.settings = settings;
            json!(cloud.settings)
        })
    });
    or_bad_request(changed)
}

async fn accounts(State(shared): State<CloudHandle>) -> Json<Value> {
    Json(shared.with(|cloud| json!(cloud.accounts)))
}

async fn replace_accounts(State(shared): State<CloudHandle>, Json(accounts): Json<Accounts>) -> StatusCode {
    shared.with(|cloud| cloud.accounts = accounts);
    StatusCode::NO_CONTENT
}

async fn log(State(shared): State<CloudHandle>, Query(Since { since }): Query<Since>) -> Json<Value> {
    Json(shared.with(|cloud| json!(cloud.log.since(since))))
}

async fn clear_log(State(shared): State<CloudHandle>) -> StatusCode {
    shared.with(|cloud| cloud.log.clear());
    StatusCode::NO_CONTENT
}

async fn state(State(shared): State<CloudHandle>) -> Json<Value> {
    Json(shared.with(|cloud| {
        cloud.apply_due_migrations();
        let addons: Vec<Value> = cloud.world.addons.iter().map(|addon| full_view(cloud, addon)).collect();
        json!({"addons": addons, "live": live_by_name(cloud)})
    }))
}

/// Removes every add-on, fault and log entry. Settings and accounts stay.
async fn clear_state(State(shared): State<CloudHandle>) -> StatusCode {
    shared.with(|cloud| {
        cloud.world.addons.clear();
        cloud.faults.clear();
        cloud.log.clear();
        cloud.changed = true;
    });
    StatusCode::NO_CONTENT
}

/// Inserts an add-on without a request to the API.
async fn insert_addon(State(shared): State<CloudHandle>, Json(fields): Json<Map<String, Value>>) -> Response {
    or_bad_request(shared.with(|cloud| {
        let id = AddonInsert::parse(fields)?.insert(cloud)?;
        cloud.changed = true;
        Ok(cloud.world.by_id(&id).map(|addon| full_view(cloud, addon)).unwrap_or_default())
    }))
}

/// Changes an add-on as another client might have.
async fn patch_addon(
    State(shared): State<CloudHandle>,
    Path(id): Path<String>,
    Json(patch): Json<AddonPatch>,
) -> Response {
    or_bad_request(shared.with(|cloud| {
        let id = patch.apply(cloud, &id)?;
        cloud.changed = true;
        Ok(cloud.world.by_id(&id).map(|addon| full_view(cloud, addon)).unwrap_or_default())
    }))
}

/// Removes an add-on without marking it as deleted.
async fn remove_addon(State(shared): State<CloudHandle>, Path(id): Path<String>) -> StatusCode {
    let found = shared.with(|cloud| {
        cloud.changed = true;
        cloud.world.remove(&id)
    });
    if found { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// Renders an add-on with its internal fields.
fn full_view(cloud: &Cloud, addon: &Addon) -> Value {
    let mut view = json!(addon);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("live".into(), addon.is_live().into());
        fields.insert("outputs".into(), json!(cloud.views(cloud.now()).env(addon)));
    }
    view
}

fn live_by_name(cloud: &Cloud) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for addon in cloud.world.addons.iter().filter(|addon| addon.is_live()) {
        *counts.entry(addon.name.as_str()).or_default() += 1;
    }
    counts
}

fn or_bad_request(result: anyhow::Result<Value>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error:#}\n")).into_response(),
    }
}
