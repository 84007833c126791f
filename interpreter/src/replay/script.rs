//! What is replayed, and what comes of it.

use serde_json::{Map, Value, json};

use super::pass::Pass;
use crate::catalog::Addon;
use crate::exchange::Outgoing;
use crate::plan::Standing;
use crate::resource::Secret;

/// Where requests go if nothing else is said and the API's address is no template.
pub const ENDPOINT: &str = "https://cloud.example.test";
/// The reason where an answer is needed that was not recorded, or that cannot be used.
pub const NOT_RECORDED: &str = "NotRecorded";
/// The uid of a resource that was never in a cluster.
const UID: &str = "00000000-0000-4000-8000-000000000000";

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

/// Replays a resource until it is ready, or can go no further.
pub fn replay(script: &Script) -> Replay {
    let first = dressed(script.was.unwrap_or(script.manifest), 1);
    let mut pass = Pass::new(script, first);
    let mut end = pass.run();
    if script.was.is_some() && end.0 == Standing::Ready {
        pass.edit(dressed(script.manifest, 2));
        end = pass.run();
    }
    let (standing, reason, because) = end;
    let (status, secret) = (pass.status(), pass.secret.take());
    Replay { exchanges: pass.exchanges, secret, status, reason, because, standing }
}

/// A manifest as the API server would have it.
fn dressed(manifest: &Value, generation: i64) -> Value {
    let mut object = manifest.clone();
    // It hands out every object with its keys in this order, and so they are sent.
    object.sort_all_objects();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.entry("name").or_insert_with(|| "example".into());
        metadata.entry("namespace").or_insert_with(|| "default".into());
        metadata.entry("uid").or_insert_with(|| UID.into());
        metadata.insert("generation".into(), generation.into());
    }
    object
}
