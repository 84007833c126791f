//! Serves HTTP connections: turns responses into bytes, and truncates or resets connections for faults.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use hyper::body::Frame;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::admin;
use crate::handler::{SendMode, WireResponse, handle};
use crate::request::{ApiRequest, Listener};
use crate::response::{ApiResponse, ResponseBody};
use crate::shared::CloudHandle;

const BODY_LIMIT: usize = 8 << 20;

/// Accepts connections of one listener until dropped.
pub(crate) async fn serve(tcp: TcpListener, shared: CloudHandle, listener: Listener) {
    let router = admin::router().fallback(serve_api).layer(Extension(listener)).with_state(shared);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tcp.accept().await;
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, router.clone()))),
            Err(error) => tracing::warn!(%error, "cannot accept connection"),
        }
    }
}

/// Marks a response that resets the connection instead of being sent.
#[derive(Clone, Copy, Debug)]
struct ResetMarker;

/// The error that ends a connection with a reset.
#[derive(Clone, Copy, Debug)]
struct ConnectionReset;

/// The first half of a body whose full length was announced.
#[derive(Debug)]
enum HalfBody {
    Unsent(Bytes),
    /// Gives the half time to be sent: an error discards buffered bytes.
    Flushing,
    Finished,
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let service = TowerToHyperService::new(router);
    let answer = service_fn(move |request| {
        let response = service.call(request);
        Box::pin(async move {
            let response: Response = response.await.unwrap_or_else(|never: Infallible| match never {});
            if response.extensions().get::<ResetMarker>().is_some() {
                Err(ConnectionReset)
            } else {
                Ok(response)
            }
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    let ended = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if ended.is_err_and(|error| error.source().is_some_and(|source| source.is::<ConnectionReset>())) {
        // Without lingering, the peer sees a reset instead of an orderly close.
        let _ = stream.set_zero_linger();
    }
}

async fn serve_api(
    State(shared): State<CloudHandle>,
    Extension(listener): Extension<Listener>,
    request: Request,
) -> Response {
    let Some(request) = read_request(listener, request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let header = shared.with(|cloud| (cloud.service.request_id_header.clone(), cloud.settings.plain_text));
    let work = handle(shared.clone(), request);
    let Ok(wire) = shared.run(work).await else {
        return reset();
    };
    respond(wire, &header.0, header.1).await
}

async fn read_request(listener: Listener, request: Request) -> Option<ApiRequest> {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.ok()?;
    let raw = String::from_utf8_lossy(&bytes).into_owned();
    let body = if raw.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_str(&raw).map_err(|error| error.to_string())
    };
    Some(ApiRequest {
        listener,
        method: parts.method.to_string(),
        host: header_text(&parts.headers, "host").unwrap_or_default(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: header_text(&parts.headers, "authorization"),
        api_key: header_text(&parts.headers, "x-api-key"),
        user_agent: header_text(&parts.headers, "user-agent"),
        request_id: header_text(&parts.headers, "x-request-id"),
        content_type: header_text(&parts.headers, "content-type").unwrap_or_default(),
        raw,
        body,
    })
}

async fn respond(wire: WireResponse, id_header: &str, plain_text: bool) -> Response {
    let mut response = match wire.mode {
        SendMode::Complete(response) => complete(response, plain_text),
        SendMode::Truncated(response) => truncated(response),
        SendMode::Hang => std::future::pending().await,
        SendMode::Reset => return reset(),
    };
    let name = HeaderName::try_from(id_header);
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&wire.request_id)) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn complete(response: ApiResponse, plain_text: bool) -> Response {
    let json_type = if plain_text { "text/plain; charset=utf-8" } else { "application/json" };
    let (usual, body) = match response.body {
        ResponseBody::Json(value) => (Some(json_type), value.to_string()),
        ResponseBody::Text(text) => (Some("text/plain"), text),
        ResponseBody::Empty => (None, String::new()),
    };
    // Clients parse an empty body that claims to be JSON.
    let kind = response.content_type.as_deref().or(usual).map(|kind| [(header::CONTENT_TYPE, kind)]);
    (status_code(response.status), kind, HttpBody::from(body)).into_response()
}

fn truncated(response: ApiResponse) -> Response {
    let text = match response.body {
        ResponseBody::Json(value) => value.to_string(),
        ResponseBody::Text(text) => text,
        ResponseBody::Empty => String::from("{}"),
    };
    let bytes = Bytes::from(text);
    let length = bytes.len().to_string();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LENGTH, length.as_str())];
    let half = HalfBody::Unsent(bytes.slice(..bytes.len() / 2));
    (status_code(response.status), headers, HttpBody::new(half)).into_response()
}

fn reset() -> Response {
    (Extension(ResetMarker), ()).into_response()
}

fn status_code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

impl hyper::body::Body for HalfBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match std::mem::replace(&mut *self, Self::Finished) {
            Self::Unsent(bytes) => {
                *self = Self::Flushing;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Flushing => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Finished => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
        }
    }
}

impl std::fmt::Display for ConnectionReset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("connection reset by a fault")
    }
}

impl Error for ConnectionReset {}
