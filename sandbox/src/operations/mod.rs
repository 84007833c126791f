//! What every operation does to the world. One function each, grouped by what it is about; this file finds the function, and what a
//! request's ids stand for.

mod catalogue;
mod creation;
mod env;
mod lifecycle;
mod lookup;
mod migrations;
pub(crate) mod request;
mod tags;
mod topics;
mod versions;

use serde_json::Value;

use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::request::Request;
use crate::service::Operation;

/// Does what is asked.
pub(crate) fn perform(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    match request.operation {
        Operation::WhoAmI => catalogue::who_am_i(cloud, request),
        Operation::Providers => catalogue::providers(cloud, request),
        Operation::Provider => catalogue::provider(cloud, request),
        Operation::ProviderVersions => catalogue::provider_versions(cloud, request),
        Operation::Zones => Ok(Done::read(Value::Array(cloud.offers.zones.clone()))),
        Operation::List => lifecycle::list(cloud, request),
        Operation::Create => creation::create(cloud, request),
        Operation::Get => lifecycle::get(cloud, request),
        Operation::Rename => lifecycle::rename(cloud, request),
        Operation::Delete => lifecycle::delete(cloud, request),
        Operation::Detail => lifecycle::detail(cloud, request),
        Operation::Instances => lifecycle::instances(cloud, request),
        Operation::Backups => lifecycle::backups(cloud, request),
        Operation::Link => lifecycle::link(cloud, request),
        Operation::Env => env::outputs(cloud, request),
        Operation::ReadEnv => env::read(cloud, request),
        Operation::ReplaceEnv => env::replace(cloud, request),
        Operation::Tags => tags::all(cloud, request),
        Operation::ReplaceTags => tags::replace(cloud, request),
        Operation::AddTag => tags::add(cloud, request),
        Operation::RemoveTag => tags::remove(cloud, request),
        Operation::StartMigration => migrations::start(cloud, request),
        Operation::Migrations => migrations::all(cloud, request),
        Operation::Migration => migrations::one(cloud, request),
        Operation::CancelMigration => migrations::cancel(cloud, request),
        Operation::VersionCheck => versions::check(cloud, request),
        Operation::VersionUpdate => versions::update(cloud, request),
        Operation::Topics => topics::all(cloud, request),
        Operation::CreateTopic => topics::create(cloud, request),
        Operation::DeleteTopic => topics::delete(cloud, request),
    }
}
