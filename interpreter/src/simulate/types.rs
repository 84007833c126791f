//! Input and result of a simulation.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::Addon;
use crate::exchange::HttpRequest;
use crate::plan::Standing;
use crate::resource::Secret;

/// Endpoint of requests if none is configured and the API's address is no template.
pub const ENDPOINT: &str = "https://cloud.example.test";

/// Reason for an end at a request whose answer was not recorded or cannot be used.
pub const NOT_RECORDED: &str = "NotRecorded";

/// Input of a simulation.
#[derive(Debug)]
pub struct Script<'a> {
    /// The kind.
    pub addon: &'a Arc<Addon>,
    /// The resource. A missing name, namespace or uid is filled in.
    pub manifest: &'a Value,
    /// The resource at the time when the add-on was created, if it was edited since: the result then holds
    /// only the requests after the edit.
    pub was: Option<&'a Value>,
    /// Values that answers name as `recorded`; they override those of the add-on. `config` in it stands for
    /// the configuration's defaults.
    pub recorded: &'a Map<String, Value>,
}

/// Result of a simulation.
#[derive(Debug)]
pub struct Simulation {
    /// Every request with its answer, in order.
    pub exchanges: Vec<Exchange>,
    /// The Secret that is written.
    pub secret: Option<Secret>,
    /// The status, without the fields that only a cluster can fill.
    pub status: Map<String, Value>,
    /// The reason at the end.
    pub reason: String,
    /// The message at the end.
    pub because: String,
    /// The condition at the end: ready, reconciling for ever, or stalled.
    pub standing: Standing,
}

/// A request and its answer.
#[derive(Debug)]
pub struct Exchange {
    /// The name of the answer: `create`, `outputs`, `resize follow`.
    pub asked: String,
    /// The request creates or changes something.
    pub writes: bool,
    /// The reason for the request.
    pub because: String,
    /// The request, without credentials.
    pub sent: HttpRequest,
    /// The answer; `None` if the object does not exist.
    pub answer: Option<Value>,
}

impl Simulation {
    /// Returns true when the resource becomes ready.
    pub fn is_ready(&self) -> bool {
        self.standing == Standing::Ready
    }
}
