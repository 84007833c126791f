//! A network group: add-ons, applications and machines of an organisation that reach each other.

use serde::{Deserialize, Serialize};

/// The record of one network group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NetworkGroup {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) label: String,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) members: Vec<NetworkMember>,
    /// Number of changes, from 1.
    pub(crate) version: u64,
}

/// A member of a network group, as its client sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkMember {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) label: Option<String>,
    pub(crate) domain_name: String,
    pub(crate) kind: MemberKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MemberKind {
    Application,
    Addon,
    External,
    #[serde(rename = "LOADBALANCER")]
    LoadBalancer,
}
