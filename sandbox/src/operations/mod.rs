//! The operations of the API, one function for each, grouped by subject.

mod buckets;
mod catalogue;
mod creation;
mod env;
mod lifecycle;
mod lookup;
mod migrations;
mod network_groups;
mod pages;
pub(crate) mod request;
mod tags;
mod topics;
mod versions;

use crate::cloud::Cloud;
use crate::operations::request::OperationRequest;
use crate::response::OperationResult;
use crate::service::ApiOperation;

/// Performs the operation of a request.
pub(crate) fn perform(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    match request.operation {
        ApiOperation::CurrentUser => catalogue::current_user(cloud, request),
        ApiOperation::Summary => lifecycle::summary(cloud, request),
        ApiOperation::Providers => catalogue::providers(cloud, request),
        ApiOperation::Provider => catalogue::provider(cloud, request),
        ApiOperation::ProviderVersions => catalogue::provider_versions(cloud, request),
        ApiOperation::Prices => catalogue::prices(cloud, request),
        ApiOperation::Zones => catalogue::zones(cloud),
        ApiOperation::Zone => catalogue::zone(cloud, request),
        ApiOperation::Page => pages::page(cloud, request),
        ApiOperation::List => lifecycle::list(cloud, request),
        ApiOperation::Create => creation::create(cloud, request),
        ApiOperation::Preorder => creation::preorder(cloud, request),
        ApiOperation::Get => lifecycle::get(cloud, request),
        ApiOperation::Rename => lifecycle::rename(cloud, request),
        ApiOperation::Delete => lifecycle::delete(cloud, request),
        ApiOperation::Detail => lifecycle::detail(cloud, request),
        ApiOperation::Instances => lifecycle::instances(cloud, request),
        ApiOperation::Backups => lifecycle::backups(cloud, request),
        ApiOperation::Link => lifecycle::link(cloud, request),
        ApiOperation::Env => env::outputs(cloud, request),
        ApiOperation::ReadEnv => env::read(cloud, request),
        ApiOperation::ReplaceEnv => env::replace(cloud, request),
        ApiOperation::Tags => tags::list(cloud, request),
        ApiOperation::ReplaceTags => tags::replace(cloud, request),
        ApiOperation::AddTag => tags::add(cloud, request),
        ApiOperation::RemoveTag => tags::remove(cloud, request),
        ApiOperation::MigrationPreorder => migrations::preorder(cloud, request),
        ApiOperation::StartMigration => migrations::start(cloud, request),
        ApiOperation::Migrations => migrations::list(cloud, request),
        ApiOperation::Migration => migrations::get(cloud, request),
        ApiOperation::CancelMigration => migrations::cancel(cloud, request),
        ApiOperation::VersionCheck => versions::check(cloud, request),
        ApiOperation::VersionUpdate => versions::update(cloud, request),
        ApiOperation::Topics => topics::list(cloud, request),
        ApiOperation::CreateTopic => topics::create(cloud, request),
        ApiOperation::DeleteTopic => topics::delete(cloud, request),
        ApiOperation::Buckets => buckets::list(cloud, request),
        ApiOperation::CreateBucket => buckets::create(cloud, request),
        ApiOperation::Bucket => buckets::get(cloud, request),
        ApiOperation::DeleteBucket => buckets::delete(cloud, request),
        ApiOperation::NetworkGroups => network_groups::list(cloud, request),
        ApiOperation::SearchNetworkGroups => network_groups::search(cloud, request),
        ApiOperation::CreateNetworkGroup => network_groups::create(cloud, request),
        ApiOperation::NetworkGroup => network_groups::get(cloud, request),
        ApiOperation::DeleteNetworkGroup => network_groups::delete(cloud, request),
        ApiOperation::Members => network_groups::members(cloud, request),
        ApiOperation::AddMember => network_groups::add_member(cloud, request),
        ApiOperation::Member => network_groups::member(cloud, request),
        ApiOperation::RemoveMember => network_groups::remove_member(cloud, request),
        ApiOperation::JoinNetworkGroup => network_groups::join(cloud, request),
        ApiOperation::LeaveNetworkGroup => network_groups::leave(cloud, request),
    }
}
