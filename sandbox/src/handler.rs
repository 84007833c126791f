//! Handles a request from arrival to response: log, latency, faults, operation. All waiting happens here;
//! decisions are in `dispatch`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{Caller, Cloud};
use crate::echo;
use crate::faults::{CannedResponse, FaultEffect, FaultKind, RequestInfo, TransportFault};
use crate::id_generator::stable_uuid;
use crate::request::ApiRequest;
use crate::request_log::LogEntry;
use crate::response::{ApiResponse, ResponseBody};
use crate::routes::RouteMatch;
use crate::shared::{CloudHandle, HeldRequest};
use crate::time::Millis;

/// A response, and how it is sent.
#[derive(Clone, Debug)]
pub(crate) struct WireResponse {
    pub(crate) mode: SendMode,
    /// Id of the request, for support.
    pub(crate) request_id: String,
}

/// The way in which a response is sent.
#[derive(Clone, Debug)]
pub(crate) enum SendMode {
    Complete(ApiResponse),
    /// Send half of the body, then close the connection.
    Truncated(ApiResponse),
    /// Never respond.
    Hang,
    /// Reset the connection.
    Reset,
}

/// A request that was logged, routed and authenticated, but not performed yet.
#[derive(Debug)]
struct ReceivedRequest {
    number: u64,
    request_id: String,
    route: Option<RouteMatch>,
    caller: Caller,
    latency: Millis,
    fault: Option<(FaultKind, FaultEffect)>,
}

/// Handles a request.
pub(crate) async fn handle(shared: CloudHandle, request: ApiRequest) -> WireResponse {
    let received = shared.with(|cloud| receive(cloud, &request));
    sleep(received.latency).await;
    let mode = match received.fault.clone() {
        None => SendMode::Complete(execute(&shared, &request, &received)),
        Some((FaultKind::Before, effect)) => apply_before(&shared, &request, &received, effect).await,
        Some((kind @ (FaultKind::After | FaultKind::Partial), effect)) => {
            apply_after(&shared, &request, &received, kind, effect).await
        }
    };
    let status = mode.status();
    shared.with(|cloud| cloud.log.entry_mut(received.number).map(|entry| entry.status = status));
    tracing::debug!(method = request.method, path = request.path, ?status, "sending response");
    WireResponse { mode, request_id: received.request_id }
}

fn receive(cloud: &mut Cloud, request: &ApiRequest) -> ReceivedRequest {
    let route = cloud.routes.find(&request.method, &request.path);
    let caller = cloud.authenticate(request);
    let credential = match &caller {
        Caller::Account(account) => Some(account.name.clone()),
        Caller::Anonymous | Caller::Invalid => None,
    };
    let operation = route.as_ref().map(|route| route.operation);
    let info = RequestInfo {
        operation,
        method: &request.method,
        path: &request.path,
        credential: credential.as_deref(),
    };
    let fault = cloud.faults.take_matching(info);
    let number = cloud.log.append(LogEntry {
        number: 0,
        time: cloud.now(),
        method: request.method.clone(),
        path: request.path_and_query(),
        body: request.body.clone().unwrap_or_else(Value::from),
        operation,
        credential,
        request_id: request.request_id.clone(),
        user_agent: request.user_agent.clone(),
        effect: false,
        fault: fault.is_some(),
        status: None,
    });
    let latency = cloud.settings.latency_of(operation);
    ReceivedRequest {
        number,
        request_id: stable_uuid(&format!("request/{number}")),
        route,
        caller,
        latency,
        fault,
    }
}

/// Performs the operation, logs whether it changed anything, and returns the response.
fn execute(shared: &CloudHandle, request: &ApiRequest, received: &ReceivedRequest) -> ApiResponse {
    shared.with(|cloud| {
        let (response, effect) =
            cloud.dispatch(request, received.route.as_ref(), &received.caller, &received.request_id);
        if let Some(entry) = cloud.log.entry_mut(received.number) {
            entry.effect = effect;
        }
        response
    })
}

async fn apply_before(
    shared: &CloudHandle,
    request: &ApiRequest,
    received: &ReceivedRequest,
    effect: FaultEffect,
) -> SendMode {
    match effect {
        FaultEffect::Canned(canned) => {
            SendMode::Complete(echo::filled(canned, request.authorization.as_deref()).into())
        }
        FaultEffect::Transport(TransportFault::Truncated) => {
            SendMode::Truncated(ApiResponse::json(200, json!({"id": received.request_id})))
        }
        FaultEffect::Transport(TransportFault::Hang) => SendMode::Hang,
        FaultEffect::Transport(TransportFault::Reset) => SendMode::Reset,
        FaultEffect::Transport(fault @ (TransportFault::Hold | TransportFault::Delay(_))) => {
            wait(shared, request, received, FaultKind::Before, fault).await;
            SendMode::Complete(execute(shared, request, received))
        }
    }
}

async fn apply_after(
    shared: &CloudHandle,
    request: &ApiRequest,
    received: &ReceivedRequest,
    kind: FaultKind,
    effect: FaultEffect,
) -> SendMode {
    let response = execute(shared, request, received);
    if kind == FaultKind::Partial {
        shared.with(|cloud| cloud.world.remove_newest_root());
    }
    match effect {
        FaultEffect::Canned(canned) => {
            SendMode::Complete(echo::filled(canned, request.authorization.as_deref()).into())
        }
        FaultEffect::Transport(TransportFault::Truncated) => SendMode::Truncated(response),
        FaultEffect::Transport(TransportFault::Hang) => SendMode::Hang,
        FaultEffect::Transport(TransportFault::Reset) => SendMode::Reset,
        FaultEffect::Transport(fault @ (TransportFault::Hold | TransportFault::Delay(_))) => {
            wait(shared, request, received, kind, fault).await;
            SendMode::Complete(response)
        }
    }
}

async fn wait(
    shared: &CloudHandle,
    request: &ApiRequest,
    received: &ReceivedRequest,
    kind: FaultKind,
    fault: TransportFault,
) {
    if let TransportFault::Delay(time) = fault {
        return sleep(time).await;
    }
    shared
        .hold(HeldRequest {
            number: received.number,
            method: request.method.clone(),
            path: request.path_and_query(),
            kind,
        })
        .await;
}

async fn sleep(time: Millis) {
    if time > 0 {
        tokio::time::sleep(Duration::from_millis(time)).await;
    }
}

impl SendMode {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Complete(response) | Self::Truncated(response) => Some(response.status),
            Self::Hang | Self::Reset => None,
        }
    }
}

impl From<CannedResponse> for ApiResponse {
    fn from(canned: CannedResponse) -> Self {
        let CannedResponse { status, content_type, body, html, text } = canned;
        let (usual, body) = match (body, html, text) {
            (Some(json), _, _) => (None, ResponseBody::Json(json)),
            (None, Some(html), _) => (Some("text/html"), ResponseBody::Text(html)),
            (None, None, Some(text)) => (Some("text/plain"), ResponseBody::Text(text)),
            (None, None, None) => (None, ResponseBody::Empty),
        };
        Self { status, content_type: content_type.or(usual.map(str::to_owned)), body }
    }
}
