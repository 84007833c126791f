//! What every operation does to the world. One function each, grouped by what it is about; this file finds the function, and what a
//! request's ids stand for.

mod catalogue;
mod creation;
mod env;
mod lifecycle;
mod migrations;
mod tags;
mod topics;
mod versions;

use serde_json::{Value, json};

use crate::addon::Addon;
use crate::answer::{Done, Outcome, Refused};
use crate::cloud::{Cloud, Request};
use crate::service::{Accepted, Operation, Refusal, ShapeName};
use crate::shape::{Values, fill};

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

/// The owner an address names, or the caller where it names none.
fn owner(request: &Request<'_>) -> String {
    let named = request.params.get("owner").cloned();
    named.or_else(|| request.account.map(|account| account.user.id.clone())).unwrap_or_default()
}

/// A parameter of the address.
fn param<'a>(request: &'a Request<'_>, name: &str) -> &'a str {
    request.params.get(name).map_or("", String::as_str)
}

/// The live add-on the address means.
fn live<'a>(cloud: &'a Cloud, request: &Request<'_>) -> Result<&'a Addon, Refused> {
    find(cloud, request).filter(|addon| addon.is_live()).ok_or_else(|| Refusal::NotFound.into())
}

/// The live add-on the address means, to be changed.
fn live_mut<'a>(cloud: &'a mut Cloud, request: &Request<'_>) -> Result<&'a mut Addon, Refused> {
    let id = live(cloud, request)?.id.clone();
    cloud.world.by_id_mut(&id).ok_or_else(|| Refusal::NotFound.into())
}

/// The add-on the address means, be it on its way out.
fn lingering<'a>(cloud: &'a Cloud, request: &Request<'_>) -> Result<&'a Addon, Refused> {
    let lingers = |addon: &&Addon| addon.is_live() || addon.is_going(request.now, cloud.settings.lingering);
    find(cloud, request).filter(lingers).ok_or_else(|| Refusal::NotFound.into())
}

/// The add-on the address means, even a deleted one. `{id}` takes the add-on's id and `{real}` the real one, never the other way round.
fn find<'a>(cloud: &'a Cloud, request: &Request<'_>) -> Option<&'a Addon> {
    let named = |addon: &&Addon| match (request.params.get("id"), request.params.get("real")) {
        (Some(id), _) => addon.id == *id || (cloud.settings.lenient_ids && addon.real_id == *id),
        (None, Some(id)) => addon.real_id == *id,
        (None, None) => false,
    };
    let own = |addon: &&Addon| match request.params.get("owner") {
        Some(owner) => addon.owner == *owner,
        None => request.account.is_some_and(|account| account.may_use(&addon.owner)),
    };
    let provided = |addon: &&Addon| request.provider.is_none_or(|provider| addon.provider == provider);
    cloud.world.addons.iter().find(|addon| named(addon) && own(addon) && provided(addon))
}

/// The answer to a write that has nothing to show.
fn accepted(cloud: &Cloud, accepted: Accepted) -> Done {
    let row = cloud.service.accepted.get(&accepted);
    let values = json!({"id": row.map(|row| row.id), "message": row.map(|row| row.message.clone()), "type": "success"});
    let shape = cloud.service.shape(ShapeName::Message);
    Done::written(fill(shape, values.as_object().unwrap_or(&Values::new())))
}

/// The body as what the operation expects, or a refusal that says what is wrong.
fn body<T: serde::de::DeserializeOwned>(request: &Request<'_>) -> Result<T, Refused> {
    let json = request.body.clone().map_err(Refused::malformed)?;
    serde_json::from_value(json).map_err(Refused::malformed)
}
