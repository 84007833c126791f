//! Migrations of an add-on to another plan, region or version. Only one can run at a time; host, port and
//! password change at its end.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value;

use crate::addon::{Addon, Migration, MigrationStatus, MigrationTarget};
use crate::cloud::Cloud;
use crate::offers::AddonVersion;
use crate::operations::creation::{check_region, find_plan, with_request};
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{ApiError, OperationOutput, OperationResult};
use crate::service::{ApiErrorKind, SuccessKind};
use crate::settings::VersionlessMigration;

/// The body of a migration request. Absent fields keep their value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MigrationRequest {
    #[serde(default)]
    plan_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

pub(crate) fn start(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let body = request.parse_body()?;
    let target = target(cloud, live(cloud, request)?, request, body)?;
    let settings = cloud.settings.migration;
    let migration = Migration {
        id: format!("{}{}", cloud.service.id_prefixes.migration, cloud.world.ids.uuid()),
        target,
        started_at: request.now,
        ends_at: request.now.saturating_add(settings.duration),
        outcome: settings.outcome,
        cancelled: false,
        applied: false,
    };
    let view = cloud.views(request.now).migration(&migration);
    live_mut(cloud, request)?.migrations.push(migration);
    Ok(OperationOutput::changed(view))
}

/// Returns what the plan of the query costs.
pub(crate) fn preorder(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let addon = live(cloud, request)?;
    let offer = cloud.offers.providers.get(&addon.provider).filter(|offer| offer.can_upgrade);
    let plan_id = request.query.iter().find(|(name, _)| name == "planId").map(|(_, id)| id.as_str());
    let plan = find_plan(
        offer.ok_or(ApiErrorKind::NotMigratable)?,
        &addon.owner,
        plan_id.unwrap_or(&addon.plan.id),
        &addon.region,
    )?;
    Ok(OperationOutput::unchanged(cloud.views(request.now).preorder(&addon.owner, plan)))
}

pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let views = cloud.views(request.now);
    let migrations = &live(cloud, request)?.migrations;
    Ok(OperationOutput::unchanged(
        migrations.iter().map(|migration| views.migration(migration)).collect::<Vec<Value>>().into(),
    ))
}

pub(crate) fn get(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let migrations = &live(cloud, request)?.migrations;
    let named = migrations.iter().find(|migration| migration.id == request.param("migration"));
    Ok(OperationOutput::unchanged(
        cloud.views(request.now).migration(named.ok_or(ApiErrorKind::MigrationNotFound)?),
    ))
}

pub(crate) fn cancel(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let migrations = &mut live_mut(cloud, request)?.migrations;
    let named = migrations.iter_mut().find(|migration| migration.id == request.param("migration"));
    let migration = named.ok_or(ApiErrorKind::MigrationNotFound)?;
    if migration.status(request.now) != MigrationStatus::Running {
        return Err(ApiErrorKind::MigrationFinished.into());
    }
    migration.cancelled = true;
    Ok(OperationOutput::success(&cloud.service, SuccessKind::Cancelled))
}

fn target(
    cloud: &Cloud,
    addon: &Addon,
    request: &OperationRequest<'_>,
    body: MigrationRequest,
) -> Result<MigrationTarget, ApiError> {
    let offer = cloud
        .offers
        .providers
        .get(&addon.provider)
        .filter(|offer| offer.can_upgrade)
        .ok_or(ApiErrorKind::NotMigratable)?;
    if addon.is_migrating(request.now) {
        return Err(ApiErrorKind::MigrationRunning.into());
    }
    if !addon.is_older_than(cloud.settings.provisioning, request.now) {
        return Err(ApiErrorKind::NotReady.into());
    }
    let region = body.region.unwrap_or_else(|| addon.region.clone());
    let plan = match body.plan_id {
        Some(id) => find_plan(offer, &addon.owner, &id, &region)?.clone(),
        None => addon.plan.clone(),
    };
    check_region(offer, &addon.owner, &plan, &region)?;
    let asked = match cloud.settings.versionless_migration {
        _ if body.version.is_some() => body.version,
        VersionlessMigration::Refused => return Err(ApiErrorKind::VersionMissing.into()),
        VersionlessMigration::Keeps => addon.version.asked.clone(),
        VersionlessMigration::Default => None,
    };
    let version = offer
        .version(&plan, &region, asked.as_deref())
        .map_err(|kind| with_request(kind, &region, asked.as_deref()))?;
    let target = MigrationTarget { plan, region, version };
    reject_downgrade(&addon.version, target)
}

fn reject_downgrade(installed: &AddonVersion, target: MigrationTarget) -> Result<MigrationTarget, ApiError> {
    let older = |(new, old): (&String, &String)| compare_versions(new, old) == Ordering::Less;
    if target.version.asked.as_ref().zip(installed.asked.as_ref()).is_some_and(older) {
        return Err(ApiErrorKind::VersionDowngrade.into());
    }
    Ok(target)
}

/// Compares versions numerically, part by part.
fn compare_versions(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| text.split('.').map(|part| part.parse::<u64>().unwrap_or(0)).collect::<Vec<_>>();
    parts(left).cmp(&parts(right))
}
