//! The record: the state at the cloud that a resource's annotation keeps, and its permitted transitions. Not
//! here: its storage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::location::{Location, Target};
use crate::plan::sent::{Sent, attempted};

/// The annotation that holds the record.
pub const RECORD: &str = "operator.clever-cloud.com/record";

/// The schema of the record that this version writes, and the newest that it reads.
const SCHEMA: u32 = 1;

/// The identifiers that the cloud gives one object, by the catalog's name for each.
pub type Ids = BTreeMap<String, String>;

/// Returns true when both name the same object: an identifier that both have is equal.
pub fn same(one: &Ids, other: &Ids) -> bool {
    one.iter().any(|(name, id)| other.get(name) == Some(id))
}

/// The operator's own record of the add-on, in one annotation. Valid only if its `uid` is the object's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The schema of the record. A record without one is older than the first schema, and read like it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub schema: u32,
    /// The id of the cluster in which the record was written; empty in records of versions that wrote none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The uid of the namespace in which the record was written; empty where the object has no namespace, and
    /// in records of versions that wrote none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace_uid: String,
    /// The uid of the object that the record was written for …
    pub uid: String,
    /// … the object's namespace …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// … and the object's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The location of the add-on: the API, by the catalog's name for it …
    pub api: String,
    /// … its endpoint …
    pub endpoint: String,
    /// … and the account that one list covers.
    pub account: String,
    /// The Secret of the namespace whose credentials created the add-on, or were to; `None` for the
    /// operator's own credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// The time of the very first attempt, in milliseconds by the wall clock. An older add-on was not created
    /// under this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// The number of attempts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// The open attempt: it may have an effect that is not recorded yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The ids of the add-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// The ids of the former add-on that vanished and was replaced after the user confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Ids>,
    /// The spec's generation at which an existing add-on was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<i64>,
    /// The number of drifts that the user has confirmed: each confirmation is valid once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmed_drifts: u32,
    /// The values of the spec that the cloud may not show. `None` before they are noted: the add-on was adopted, or a
    /// version that noted none wrote the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// The change that is in progress, or has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The add-on bears the name of another resource, which may still use it in another cluster: until it is transferred, the deletion of the resource keeps it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub names_other: bool,
    /// The end of the record: it is written together with the removal of the finalizer, and no request follows
    /// from a released record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Release>,
    /// Fields of newer versions, kept as they are.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

/// The fate of the add-on when the operator removed its finalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Release {
    /// The add-on was deleted, or never existed.
    Deleted,
    /// The cloud did not find the add-on for the absence time, and acknowledged no deletion of it.
    NotFound,
    /// The add-on stays, because the deletion policy or its ownership says so.
    Retained,
    /// The add-on stays, because no user asked for the deletion.
    Abandoned,
}

/// Write-ahead intent: the process that wrote it may send one creation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The number of the attempt, for users.
    pub number: u32,
    /// Made of the writing process's nonce and a serial number: no two attempts share one.
    pub nonce: String,
    /// The time of the attempt, in milliseconds by the writer's wall clock: for users, never compared.
    pub at: i64,
    /// The name of the operator, for users.
    pub by: String,
}

/// A change that is not safe to repeat: it has an attempt, as creation has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The catalog's name for the change.
    pub change: String,
    /// The fields that the change sets.
    pub fields: Vec<String>,
    /// The spec's generation that asked for the change.
    pub generation: i64,
    /// The values that the change sends, as far as they are remembered.
    #[serde(default, skip_serializing_if = "Sent::is_empty")]
    pub sent: Sent,
    /// The attempt, open while the request may have been sent and its answer is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The ids that the cloud gives the change that is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// The time of the attempt that the cloud accepted, in milliseconds by its writer's wall clock: for users, never
    /// compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The reason for the failure. The change is not tried again before the spec changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Record {
    /// Reads a record from the annotation's text.
    ///
    /// # Errors
    /// The text is not a record, or its schema is newer than this version can read.
    pub fn read(text: &str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if record.schema > SCHEMA {
            return Err(format!(
                "a newer version of the operator wrote it, with schema {}; this version reads {SCHEMA}",
                record.schema
            ));
        }
        Ok(record)
    }

    /// The annotation's text: one line of JSON.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the record as this version writes it in this cluster and namespace.
    pub(crate) fn stamped(self, cluster: &str, namespace_uid: &str) -> Self {
        let or = |new: &str, old| if new.is_empty() { old } else { new.to_owned() };
        let (cluster, namespace_uid) = (or(cluster, self.cluster), or(namespace_uid, self.namespace_uid));
        Self { schema: SCHEMA, cluster, namespace_uid, ..self }
    }

    /// Returns the record, closed: nothing may be in flight under it, and no request follows from it.
    pub(crate) fn released(self, release: Release) -> Self {
        Self { attempt: None, operation: None, released: Some(release), ..self }
    }

    /// Returns true when the record names neither an attempt nor an add-on, so that nothing can exist at the
    /// cloud.
    pub fn is_vacant(&self) -> bool {
        self.attempt.is_none() && self.ids.is_none()
    }

    /// Returns what may exist at the cloud, for a message: the ids of the add-on, or the name under which an
    /// open attempt creates one; `None` if nothing can exist.
    pub fn possible_addon(&self, name: &str) -> Option<String> {
        let attempted =
            || self.attempt.as_ref().map(|_| format!("the add-on with the name `{name}`, if there is one,"));
        self.ids.as_ref().map(names).or_else(attempted)
    }

    /// The location of the add-on.
    pub fn location(&self) -> Location {
        Location { api: self.api.clone(), endpoint: self.endpoint.clone(), account: self.account.clone() }
    }

    /// Returns the record with a new attempt in place of any other, which sends these values.
    pub fn attempting(mut self, attempt: Attempt, target: &Target, wall: i64, sends: Option<&Sent>) -> Self {
        let before = self.attempt.as_ref().and(self.sent.as_ref());
        self.sent = sends.map(|sends| attempted(before, sends.clone()));
        let Location { api, endpoint, account } = target.location.clone();
        (self.api, self.endpoint, self.account) = (api, endpoint, account);
        self.credentials.clone_from(&target.secret);
        self.first = self.first.or(Some(wall));
        self.attempts = attempt.number;
        self.attempt = Some(attempt);
        self.replaced = self.ids.take().or(self.replaced);
        (self.operation, self.released, self.adopted) = (None, None, None);
        self
    }

    /// Returns the record with an add-on. The attempt stays open, because these ids are not the answer to it.
    pub fn found(mut self, ids: &Ids) -> Self {
        self.ids = Some(ids.clone());
        self
    }

    /// Returns the record with values that a change has sent.
    pub(crate) fn with_sent(mut self, sent: &Sent) -> Self {
        if !sent.is_empty() {
            self.sent.get_or_insert_default().extend(sent.clone());
        }
        self
    }

    /// Returns the record without the attempt of this nonce: its answer is known, or its request was never
    /// sent.
    pub fn closed(mut self, nonce: &str) -> Self {
        self.attempt = self.attempt.filter(|attempt| attempt.nonce != nonce);
        self
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Formats the ids for a message.
pub(crate) fn names(ids: &Ids) -> String {
    ids.values().map(String::as_str).collect::<Vec<_>>().join(", ")
}
