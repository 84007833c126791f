//! Input and result of a simulation.

use serde_json::{Map, Value};

use crate::catalog::Addon;
use crate::exchange::Outgoing;
use crate::plan::Standing;
use crate::resource::Secret;

/// Where requests go if nothing else is said and the API's address is no template.
pub const ENDPOINT: &str = "https://cloud.example.test";

/// The reason where an answer is needed that was not recorded, or that cannot be used.
pub const NOT_RECORDED: &str = "NotRecorded";

/// What is replayed.
#[derive(Debug)]
pub struct Script<'a> {
    /// The kind.
    pub addon: &'a Addon,
    /// The resource. Where it has no namespace or uid, it gets one.
    pub manifest: &'a Value,
    /// The same as it was when the add-on was made, if it was edited since: then only what follows is told.
    pub was: Option<&'a Value>,
    /// What answers name as `recorded`, before what the add-on says; `config` in it stands for the configuration's defaults.
    pub recorded: &'a Map<String, Value>,
}

/// What comes of it.
#[derive(Debug)]
pub struct Replay {
    /// Every request with its answer, in order.
    pub exchanges: Vec<Exchange>,
    /// The Secret that is written.
    pub secret: Option<Secret>,
    /// What the status tells, without what only a cluster knows.
    pub status: Map<String, Value>,
    /// In one word, how it stands in the end.
    pub reason: String,
    /// The same in a sentence.
    pub because: String,
    /// How it stands in the end: ready, under way for ever, or at a halt.
    pub standing: Standing,
}

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange {
    /// What was asked, by the name of its answer: `create`, `outputs`, `resize follow`.
    pub asked: String,
    /// It makes or changes something.
    pub writes: bool,
    /// Why it is sent.
    pub because: String,
    /// What is sent; without credentials.
    pub sent: Outgoing,
    /// What was answered; none: there is no such thing.
    pub answer: Option<Value>,
}

impl Replay {
    /// Whether the resource becomes ready.
    pub fn is_ready(&self) -> bool {
        self.standing == Standing::Ready
    }
}
