//! The record: what a resource's annotation says about the cloud, and the few ways in which it may move on. Not where it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::location::{Home, Place};

/// The annotation that holds the record.
pub const RECORD: &str = "operator.clever-cloud.com/record";

/// What the cloud calls one thing: each kept identifier by the catalog's name for it.
pub type Ids = BTreeMap<String, String>;

/// Whether both speak of the same thing: an identifier that both have is equal.
pub fn same(one: &Ids, other: &Ids) -> bool {
    one.iter().any(|(name, id)| other.get(name) == Some(id))
}

/// The truth about the cloud, in one annotation. It binds only where its `uid` is the object's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The object it was written for …
    pub uid: String,
    /// … in this namespace …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// … under this name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where the add-on is: the API, by the catalog's name for it …
    pub api: String,
    /// … its endpoint …
    pub endpoint: String,
    /// … and the account that one list covers.
    pub account: String,
    /// The Secret of the namespace whose credentials made it, or were to; none: the operator's own did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// When the very first attempt was made, in milliseconds by the wall clock. What is older is none of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// How many attempts were made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// The attempt that is open: something may come of it that is not recorded yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The add-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// The add-on that was here before, vanished, and was replaced on somebody's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Ids>,
    /// The spec's generation at which an add-on from before was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<i64>,
    /// The change that is under way, or has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
}

/// Leave to create once, for the process that wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Counts them, for people.
    pub number: u32,
    /// Made of the writing process's nonce and a serial number: no two attempts share one.
    pub nonce: String,
    /// When, in milliseconds by the writer's wall clock: for people, never compared.
    pub at: i64,
    /// Which operator, for people.
    pub by: String,
}

/// A change that is not safe to repeat: it has an attempt, as creation has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The catalog's name for the change.
    pub change: String,
    /// The fields it moves.
    pub fields: Vec<String>,
    /// The spec's generation that asked for it.
    pub generation: i64,
    /// Open while the request may have been sent and its answer is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// What the cloud calls the change that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// Why it failed. It is not tried again before the spec changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Record {
    /// From the annotation's text.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The annotation's text: one line of JSON.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// It names neither an attempt nor an add-on: nothing is there that it could speak of.
    pub fn is_vacant(&self) -> bool {
        self.attempt.is_none() && self.ids.is_none()
    }

    /// Where it says that the add-on is.
    pub fn place(&self) -> Place {
        Place { api: self.api.clone(), endpoint: self.endpoint.clone(), account: self.account.clone() }
    }

    /// The same, with a new attempt that takes the place of any other.
    pub fn attempting(mut self, attempt: Attempt, home: &Home, wall: i64) -> Self {
        let Place { api, endpoint, account } = home.place.clone();
        (self.api, self.endpoint, self.account) = (api, endpoint, account);
        self.credentials.clone_from(&home.secret);
        self.first = self.first.or(Some(wall));
        self.attempts = attempt.number;
        self.attempt = Some(attempt);
        self.replaced = self.ids.take().or(self.replaced);
        self.operation = None;
        self
    }

    /// The same, with an add-on. The attempt stays open: this is not its own answer.
    pub fn found(mut self, ids: &Ids) -> Self {
        self.ids = Some(ids.clone());
        self
    }

    /// The same, without the attempt of this nonce: its answer is known, or it was never sent.
    pub fn closed(mut self, nonce: &str) -> Self {
        self.attempt = self.attempt.filter(|attempt| attempt.nonce != nonce);
        self
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The ids as one would write them.
pub(crate) fn names(ids: &Ids) -> String {
    ids.values().map(String::as_str).collect::<Vec<_>>().join(", ")
}
