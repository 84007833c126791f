//! An example service that manages databases over HTTP, in memory, on its own listener.
//! `docs/your-first-kind.md` describes a kind for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::listen::{self, bind};

type DatabaseState = State<Arc<Mutex<BTreeMap<u64, Value>>>>;

/// A running database service. It stops when dropped.
#[derive(Debug)]
pub struct DatabaseService {
    url: String,
    server: JoinHandle<()>,
}

impl DatabaseService {
    /// Starts the service on the caller's runtime. It serves requests when this returns.
    ///
    /// # Errors
    /// Fails if `listen` is not a loopback address or cannot be bound.
    pub async fn start(listen: SocketAddr) -> Result<Self> {
        let tcp = bind(listen).await?;
        let url = listen::url(&tcp)?;
        let router = Router::new()
            .route("/databases", get(list).post(create))
            .route("/databases/{id}", get(read).put(replace).delete(delete))
            .with_state(DatabaseState::default().0);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(tcp, router).await {
                tracing::error!(%error, "stopped serving databases");
            }
        });
        Ok(Self { url, server })
    }

    /// Returns the URL of the service, such as `http://127.0.0.1:9000`, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for DatabaseService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn list(state: DatabaseState) -> Json<Value> {
    Json(lock(&state).values().map(without_access).collect())
}

async fn create(state: DatabaseState, Json(request): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut databases = lock(&state);
    let id = databases.last_key_value().map_or(1, |(last, _)| last + 1);
    let port = request["spec"]["port"].as_u64().unwrap_or(5432);
    let access = json!({
        "HOST": format!("database-{id}.example.test"),
        "PORT": port,
        "USER": "app",
        "PASSWORD": format!("password-{id}"),
        "URI": format!("postgres://app:password-{id}@database-{id}.example.test:{port}"),
    });
    let database = json!({ "id": id, "label": request["label"], "spec": request["spec"], "access": access });
    databases.insert(id, database.clone());
    (StatusCode::CREATED, Json(without_access(&database)))
}

async fn read(state: DatabaseState, Path(id): Path<u64>) -> Result<Json<Value>, StatusCode> {
    lock(&state).get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn replace(
    state: DatabaseState,
    Path(id): Path<u64>,
    Json(spec): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let mut databases = lock(&state);
    let database = databases.get_mut(&id).ok_or(StatusCode::NOT_FOUND)?;
    database["spec"] = spec;
    Ok(Json(without_access(database)))
}

async fn delete(state: DatabaseState, Path(id): Path<u64>) -> StatusCode {
    if lock(&state).remove(&id).is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

fn lock(State(state): &DatabaseState) -> MutexGuard<'_, BTreeMap<u64, Value>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the access data, which only a read by id returns.
fn without_access(database: &Value) -> Value {
    let fields = database.as_object().into_iter().flatten().filter(|(name, _)| *name != "access");
    fields.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}
