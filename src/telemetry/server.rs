//! Serves health and metrics over HTTP.
//!
//! `/livez` and `/healthz` answer 503 only if the engine is stuck, because a restart fixes neither wrong
//! credentials nor a dead API server. `/readyz` answers 503 if the operator does not work, and names the
//! failing checks. `/status` shows everything and `/catalog` the kinds; both always answer 200.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use crate::telemetry::recorder::Telemetry;
use crate::telemetry::status::Status;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until the future is dropped, also while the operator stops, so that `/readyz` can report it.
pub(crate) async fn serve(listener: TcpListener, telemetry: Arc<Telemetry>) -> std::io::Result<()> {
    axum::serve(listener, router(telemetry)).await
}

fn router(telemetry: Arc<Telemetry>) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/status", get(status))
        .route("/catalog", get(catalog))
        .route("/metrics", get(metrics))
        .with_state(telemetry)
}

async fn alive(State(telemetry): State<Arc<Telemetry>>) -> Response {
    match telemetry.health.stuck() {
        None => Json(json!({ "alive": true })).into_response(),
        Some(silence) => {
            let body = json!({ "alive": false, "detail": format!("no heartbeat from the engine for {} s", silence.as_secs()) });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn ready(State(telemetry): State<Arc<Telemetry>>) -> Response {
    let report = telemetry.health.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn status(State(telemetry): State<Arc<Telemetry>>) -> Response {
    Json(Status::of(&telemetry.health)).into_response()
}

async fn catalog(State(telemetry): State<Arc<Telemetry>>) -> Response {
    Json(telemetry.catalog.page()).into_response()
}

async fn metrics(State(telemetry): State<Arc<Telemetry>>) -> Response {
    telemetry.metrics.checks(&telemetry.health.report());
    telemetry.metrics.catalog(&telemetry.catalog);
    match telemetry.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
