//! Responses without an object: errors, and successes of writes.

use serde::Deserialize;

/// Responses to writes that return no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SuccessKind {
    Deleted,
    Cancelled,
    TopicDeleted,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuccessSpec {
    pub(crate) id: i64,
    pub(crate) message: String,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiErrorKind {
    NotConnected,
    Forbidden,
    OrganisationNotFound,
    NotFound,
    ProviderNotFound,
    MigrationNotFound,
    ApplicationNotFound,
    TopicNotFound,
    BucketNotFound,
    NetworkGroupNotFound,
    MemberNotFound,
    ZoneNotFound,
    RouteNotFound,
    Throttled,
    MalformedBody,
    InvalidPlan,
    InvalidRegion,
    InvalidVersion,
    NoCapacity,
    TooYoungToDelete,
    AlreadyDeleting,
    TopicsRemain,
    NotMigratable,
    NotReady,
    MigrationRunning,
    MigrationFinished,
    VersionDowngrade,
    VersionMissing,
    BucketExists,
    InvalidBucketName,
    NotYours,
}

/// The status and message of an error, in both dialects.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorSpec {
    pub(crate) status: u16,
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) ovd_status: Option<u16>,
    #[serde(default)]
    pub(crate) ovd_message: Option<String>,
}

impl ApiErrorKind {
    pub(super) const ALL: [Self; 31] = [
        Self::NotConnected,
        Self::Forbidden,
        Self::OrganisationNotFound,
        Self::NotFound,
        Self::ProviderNotFound,
        Self::MigrationNotFound,
        Self::ApplicationNotFound,
        Self::TopicNotFound,
        Self::BucketNotFound,
        Self::NetworkGroupNotFound,
        Self::MemberNotFound,
        Self::ZoneNotFound,
        Self::RouteNotFound,
        Self::Throttled,
        Self::MalformedBody,
        Self::InvalidPlan,
        Self::InvalidRegion,
        Self::InvalidVersion,
        Self::NoCapacity,
        Self::TooYoungToDelete,
        Self::AlreadyDeleting,
        Self::TopicsRemain,
        Self::NotMigratable,
        Self::NotReady,
        Self::MigrationRunning,
        Self::MigrationFinished,
        Self::VersionDowngrade,
        Self::VersionMissing,
        Self::BucketExists,
        Self::InvalidBucketName,
        Self::NotYours,
    ];
}
