//! The operations of the API.

use serde::{Deserialize, Serialize};

/// The operations of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiOperation {
    #[serde(rename = "self")]
    CurrentUser,
    Summary,
    Providers,
    Provider,
    ProviderVersions,
    Prices,
    Zones,
    Zone,
    /// A response that is a template.
    Page,
    List,
    Create,
    Preorder,
    Get,
    Rename,
    Delete,
    Env,
    Tags,
    ReplaceTags,
    AddTag,
    RemoveTag,
    Instances,
    Link,
    MigrationPreorder,
    StartMigration,
    Migrations,
    Migration,
    CancelMigration,
    Backups,
    Detail,
    ReadEnv,
    ReplaceEnv,
    VersionCheck,
    VersionUpdate,
    Topics,
    CreateTopic,
    DeleteTopic,
    Buckets,
    CreateBucket,
    Bucket,
    DeleteBucket,
    NetworkGroups,
    SearchNetworkGroups,
    CreateNetworkGroup,
    NetworkGroup,
    DeleteNetworkGroup,
    Members,
    AddMember,
    Member,
    RemoveMember,
    /// Puts an operator product into a network group of its own.
    JoinNetworkGroup,
    LeaveNetworkGroup,
}
