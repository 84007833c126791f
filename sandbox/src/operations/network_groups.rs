//! Network groups and their members. A member that is an add-on is named by its real id.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::addon::Addon;
use crate::cloud::Cloud;
use crate::network_group::{MemberKind, NetworkGroup, NetworkMember};
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{ApiError, OperationOutput, OperationResult};
use crate::service::ApiErrorKind;

/// The body of a creation. The client chooses the id, so that a repeated request creates nothing more.
#[derive(Debug, Deserialize)]
struct NetworkGroupRequest {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    members: Option<Vec<NetworkMember>>,
}

pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let views = cloud.views(request.now);
    Ok(OperationOutput::unchanged(own(cloud, request).map(|group| views.network_group(group)).collect()))
}

/// Finds groups and members by a part of their id or label.
pub(crate) fn search(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let query = request.query.iter().find(|(name, _)| name == "query").map_or("", |(_, text)| text);
    let matches = |id: &str, label: &str| id.contains(query) || label.contains(query);
    let views = cloud.views(request.now);
    let mut found = Vec::new();
    for group in own(cloud, request) {
        if matches(&group.id, &group.label) {
            found.push(with_type(views.network_group(group), "NetworkGroup"));
        }
        let members = group.members.iter();
        let named = members.filter(|member| matches(&member.id, member.label.as_deref().unwrap_or_default()));
        found.extend(named.map(|member| with_type(json!(member), "Member")));
    }
    Ok(OperationOutput::unchanged(found.into()))
}

pub(crate) fn create(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let body: NetworkGroupRequest = request.parse_body()?;
    let members = body.members.unwrap_or_default();
    for member in &members {
        check_member(cloud, request, member)?;
    }
    let id = body.id.unwrap_or_else(|| new_id(cloud));
    if own(cloud, request).all(|group| group.id != id) {
        let (label, tags) = (body.label.unwrap_or_default(), body.tags.unwrap_or_default());
        let (owner, description) = (request.owner(), body.description);
        let group = NetworkGroup { id, owner, label, description, tags, members, version: 1 };
        cloud.world.network_groups.push(group);
    }
    Ok(OperationOutput::done(202))
}

pub(crate) fn get(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).network_group(find(cloud, request)?)))
}

pub(crate) fn delete(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let id = find(cloud, request)?.id.clone();
    cloud.world.network_groups.retain(|group| group.id != id);
    Ok(OperationOutput::done(204))
}

pub(crate) fn members(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(json!(find(cloud, request)?.members)))
}

pub(crate) fn add_member(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let member: NetworkMember = request.parse_body()?;
    check_member(cloud, request, &member)?;
    let group = find_mut(cloud, request)?;
    group.members.retain(|known| known.id != member.id);
    group.members.push(member);
    group.version += 1;
    Ok(OperationOutput::done(202))
}

pub(crate) fn member(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let members = &find(cloud, request)?.members;
    let named = members.iter().find(|member| member.id == request.param("member"));
    Ok(OperationOutput::unchanged(json!(named.ok_or(ApiErrorKind::MemberNotFound)?)))
}

pub(crate) fn remove_member(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let group = find_mut(cloud, request)?;
    let before = group.members.len();
    group.members.retain(|member| member.id != request.param("member"));
    if group.members.len() == before {
        return Err(ApiErrorKind::MemberNotFound.into());
    }
    group.version += 1;
    Ok(OperationOutput::done(204))
}

/// Puts an operator product into a network group of its own, and returns the detail of the product.
pub(crate) fn join(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let addon = live(cloud, request)?;
    if addon.network_group.is_none() {
        let (owner, label) = (addon.owner.clone(), addon.name.clone());
        let id = new_id(cloud);
        live_mut(cloud, request)?.network_group = Some(id.clone());
        let (description, tags, members) = (None, Vec::new(), Vec::new());
        let group = NetworkGroup { id, owner, label, description, tags, members, version: 1 };
        cloud.world.network_groups.push(group);
    }
    Ok(OperationOutput::changed(cloud.views(request.now).detail(live(cloud, request)?)))
}

pub(crate) fn leave(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let left = live_mut(cloud, request)?.network_group.take();
    cloud.world.network_groups.retain(|group| Some(&group.id) != left.as_ref());
    Ok(OperationOutput::done(200))
}

/// Rejects an add-on that is named by its other id, is not a database, or is on a shared plan.
fn check_member(
    cloud: &Cloud,
    request: &OperationRequest<'_>,
    member: &NetworkMember,
) -> Result<(), ApiError> {
    let owner = request.owner();
    let has_instances = |addon: &Addon| {
        let provider = cloud.service.providers.get(&addon.provider);
        provider.is_some_and(|provider| provider.instance_port.is_some()) && !addon.plan.is_shared()
    };
    let fits = |addon: &Addon| {
        addon.real_id == member.id && addon.owner == owner && addon.is_live() && has_instances(addon)
    };
    if member.kind != MemberKind::Addon || cloud.world.addons.iter().any(fits) {
        return Ok(());
    }
    Err(ApiErrorKind::MemberNotFound.into())
}

fn own<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> impl Iterator<Item = &'a NetworkGroup> {
    let owner = request.owner();
    cloud.world.network_groups.iter().filter(move |group| group.owner == owner)
}

fn find<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Result<&'a NetworkGroup, ApiError> {
    let named = own(cloud, request).find(|group| group.id == request.param("group"));
    named.ok_or_else(|| ApiErrorKind::NetworkGroupNotFound.into())
}

fn find_mut<'a>(
    cloud: &'a mut Cloud,
    request: &OperationRequest<'_>,
) -> Result<&'a mut NetworkGroup, ApiError> {
    let id = find(cloud, request)?.id.clone();
    let groups = &mut cloud.world.network_groups;
    groups.iter_mut().find(|group| group.id == id).ok_or_else(|| ApiErrorKind::NetworkGroupNotFound.into())
}

fn new_id(cloud: &mut Cloud) -> String {
    format!("{}{}", cloud.service.id_prefixes.network_group, cloud.world.ids.uuid())
}

fn with_type(mut view: Value, kind: &str) -> Value {
    if let Some(fields) = view.as_object_mut() {
        fields.insert("type".into(), kind.into());
    }
    view
}
