//! Migrations: moving an add-on to another plan, region or version. One at a time; a new host, port and password at the end.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value;

use crate::addon::{Addon, Migration, MigrationStatus, Target};
use crate::answer::{Done, Outcome, Refused};
use crate::cloud::Cloud;
use crate::offers::Version;
use crate::operations::creation::{explained, sold, sold_in};
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::Request;
use crate::service::{Accepted, Refusal};

/// What is not said stays as it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    plan_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

pub(crate) fn start(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let wanted = request.parse_body()?;
    let target = target(cloud, live(cloud, request)?, request, wanted)?;
    let pace = cloud.settings.migration;
    let migration = Migration {
        id: format!("{}{}", cloud.service.id_prefixes.migration, cloud.world.mint.uuid()),
        target,
        started_at: request.now,
        ends_at: request.now.saturating_add(pace.duration),
        outcome: pace.outcome,
        cancelled: false,
        applied: false,
    };
    let view = cloud.lens(request.now).migration(&migration);
    live_mut(cloud, request)?.migrations.push(migration);
    Ok(Done::written(view))
}

pub(crate) fn all(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let lens = cloud.lens(request.now);
    let migrations = &live(cloud, request)?.migrations;
    Ok(Done::read(migrations.iter().map(|migration| lens.migration(migration)).collect::<Vec<Value>>().into()))
}

pub(crate) fn one(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let migrations = &live(cloud, request)?.migrations;
    let named = migrations.iter().find(|migration| migration.id == request.param("migration"));
    Ok(Done::read(cloud.lens(request.now).migration(named.ok_or(Refusal::MigrationNotFound)?)))
}

pub(crate) fn cancel(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let migrations = &mut live_mut(cloud, request)?.migrations;
    let named = migrations.iter_mut().find(|migration| migration.id == request.param("migration"));
    let migration = named.ok_or(Refusal::MigrationNotFound)?;
    if migration.status(request.now) != MigrationStatus::Running {
        return Err(Refusal::MigrationOver.into());
    }
    migration.cancelled = true;
    Ok(Done::accepted(&cloud.service, Accepted::Cancelled))
}

fn target(cloud: &Cloud, addon: &Addon, request: &Request<'_>, wanted: Wanted) -> Result<Target, Refused> {
    let offer = cloud.offers.providers.get(&addon.provider).filter(|offer| offer.can_upgrade).ok_or(Refusal::NotMigratable)?;
    if addon.is_migrating(request.now) {
        return Err(Refusal::MigrationRunning.into());
    }
    if !addon.is_older_than(cloud.settings.provisioning, request.now) {
        return Err(Refusal::NotReady.into());
    }
    let region = wanted.region.unwrap_or_else(|| addon.region.clone());
    let plan = match wanted.plan_id {
        Some(id) => sold(offer, &addon.owner, &id, &region)?.clone(),
        None => addon.plan.clone(),
    };
    sold_in(offer, &addon.owner, &plan, &region)?;
    let asked = wanted.version.or_else(|| addon.version.asked.clone());
    let version = offer.version(&plan, &region, asked.as_deref()).map_err(|refusal| explained(refusal, &region, asked.as_deref()))?;
    let target = Target { plan, region, version };
    checked_upwards(&addon.version, target)
}

fn checked_upwards(installed: &Version, target: Target) -> Result<Target, Refused> {
    let older = |(new, old): (&String, &String)| order(new, old) == Ordering::Less;
    if target.version.asked.as_ref().zip(installed.asked.as_ref()).is_some_and(older) {
        return Err(Refusal::VersionDowngrade.into());
    }
    Ok(target)
}

/// By number, part by part.
fn order(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| text.split('.').map(|part| part.parse::<u64>().unwrap_or(0)).collect::<Vec<_>>();
    parts(left).cmp(&parts(right))
}
