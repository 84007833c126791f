//! Serves health and metrics over HTTP.
//!
//! `/livez` and `/healthz` answer whether the process answers at all: a restart would not mend wrong credentials or a dead API server.
//! `/readyz` and `/status` answer whether it works, with 503 if it does not, and say which part does not.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use super::Telemetry;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until the future is dropped. It goes on while the operator stops, so that `/readyz` can say so.
pub async fn serve(listener: TcpListener, telemetry: Arc<Telemetry>) -> std::io::Result<()> {
    axum::serve(listener, router(telemetry)).await
}

fn router(telemetry: Arc<Telemetry>) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/status", get(ready))
        .route("/metrics", get(metrics))
        .with_state(telemetry)
}

async fn alive() -> Response {
    Json(json!({ "alive": true })).into_response()
}

async fn ready(State(telemetry): State<Arc<Telemetry>>) -> Response {
    let report = telemetry.health.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn metrics(State(telemetry): State<Arc<Telemetry>>) -> Response {
    match telemetry.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
