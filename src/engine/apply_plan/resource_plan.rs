//! Plan for one manifest: what the API server and the operator would do.

use std::sync::Arc;

use interpreter::plan::{Difference, Ids, Reason, Remedy, State};
use interpreter::reconcile::RECORD_CODE;
use interpreter::resource::Prices;
use kube::api::DynamicObject;
use serde_json::Value;

use crate::cluster::dry_run::other_managers;
use crate::cluster::object;
use crate::cluster::watch::Scope;
use crate::engine::annotations;
use crate::engine::apply_plan::admission::{Admission, Admitted, admit};
use crate::engine::apply_plan::kinds::KindCache;
use crate::engine::apply_plan::object_changes::field_changes;
use crate::engine::apply_plan::target::Target;
use crate::engine::apply_plan::types::{
    CheckedBy, MonthlyPrice, ObjectChange, PlannedAction, PlannedRequest, PlannedResource, PlannedStep,
};
use crate::engine::context::Engine;
use crate::engine::identity::CLUSTER_NAMESPACE;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::dry_run::{DryRun, ExpectedOutcome, readable};
use crate::engine::reconcile::forecast::{Forecast, ForecastStep};
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

/// Limit of a plan without the keys of the operator.
const NO_KEYS: &str = "The keys of the operator's records cannot be read, so the plan does not tell a change of a value that the record holds as a digest only.";

/// Plans one manifest.
pub(super) async fn plan(engine: &Arc<Engine>, kinds: &mut KindCache<'_>, target: Target) -> PlannedResource {
    if target.name.is_empty() {
        let message = "metadata.name: the name is missing; `kubectl apply` needs one".to_owned();
        return target.refused(message, CheckedBy::Catalog);
    }
    if let Some(wrong) = [&target.name, &target.namespace].into_iter().find(|name| !may_be_name(name)) {
        let message = format!(
            "`{wrong}` is no name that the API server accepts: write lower-case letters, digits, `-` and `.`"
        );
        return target.refused(message, CheckedBy::Catalog);
    }
    if let Scope::Namespaces(watched) = &engine.bounds.scope
        && !target.namespace.is_empty()
        && !watched.contains(&target.namespace)
    {
        let message = format!("the operator watches other namespaces only: {}", watched.join(", "));
        return target.verdict(PlannedAction::Unknown, (Reason::PermissionDenied.name(), message));
    }
    let (live, is_served) = match object::read(&engine.cluster, &target.kind, &target.key()).await {
        Ok(live) => (live, true),
        Err(failure) if failure.is_unserved() => (None, false),
        Err(failure) => return target.unknown(format!("the object cannot be read: {failure}")),
    };
    let admission = admit(&engine.cluster, &target, live.as_ref(), is_served).await;
    let Admitted { object, checked_by, note, has_namespace } = match admission {
        Admission::Admitted(admitted) => *admitted,
        Admission::Refused(message, checked_by) => return target.refused(message, checked_by),
        Admission::Unknown(message) => return target.unknown(message),
    };
    let fields = live.as_ref().map(|live| field_changes(&target.addon, live, &object)).unwrap_or_default();
    let change = match (&live, fields.is_empty()) {
        (None, _) => ObjectChange::Create,
        (Some(_), true) => ObjectChange::None,
        (Some(_), false) => ObjectChange::Change,
    };
    let is_signed = object.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(RECORD_CODE));
    let mut planned = forecast(engine, kinds, &target, (object, has_namespace)).await;
    let mut notes: Vec<_> = note.into_iter().collect();
    if let Some(live) = live.as_ref().filter(|_| checked_by == CheckedBy::ApiServer) {
        notes.extend(note_on_managers(live));
    }
    if is_signed && engine.identity.keys().is_none() {
        // Without the keys, remembered values look unknown, and the planner would note them again.
        if matches!(planned.action, PlannedAction::None | PlannedAction::Waits) {
            planned.steps.clear();
        }
        notes.push(NO_KEYS.to_owned());
    }
    PlannedResource { object: change, checked_by, fields, notes, ..planned }
}

/// Returns the limit of a dry run by another field manager than that of the real apply.
fn note_on_managers(live: &DynamicObject) -> Option<String> {
    let managers = other_managers(live);
    (!managers.is_empty()).then(|| {
        format!(
            "Other field managers than that of the dry run apply fields of the spec: {}. Fields that the manifest no longer has may stay in this plan, and the real apply may remove them.",
            managers.join(", ")
        )
    })
}

/// Returns false for a name with a character that no name has: it would change the address of a request.
fn may_be_name(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ['-', '.'].contains(&letter))
}

async fn forecast(
    engine: &Arc<Engine>,
    kinds: &mut KindCache<'_>,
    target: &Target,
    (object, has_namespace): (DynamicObject, bool),
) -> PlannedResource {
    let controller = kinds.controller(&target.addon).await;
    let subject = ObjectRef::of(&object);
    let caches = match readable(engine, &controller, &subject).await {
        Ok(caches) => caches,
        Err((reason, message)) => return target.verdict(PlannedAction::Unknown, (reason.name(), message)),
    };
    let mut cache_entry = CacheEntry::default();
    let object = Some(Arc::new(object));
    let reconciliation = Reconciliation::new(caches, &mut cache_entry, object, Priority::User);
    let forecast = reconciliation.forecast(has_namespace).await;
    let is_new = forecast.dry_run.outcome == ExpectedOutcome::Created && !forecast.replaces;
    let placeholders = Placeholders { uid: is_new.then_some(subject.uid), made_up: forecast.made_up.clone() };
    let unread = unread(engine, &forecast);
    let planned = planned(target, forecast, &placeholders);
    match unread {
        Some(message) => {
            let unknown = target.verdict(PlannedAction::Unknown, (planned.reason.as_str(), message));
            PlannedResource { addon: planned.addon, ..unknown }
        }
        None => planned,
    }
}

/// Returns why the ownership of the add-on is unknown, if its proof needs what the caller could not read.
fn unread(engine: &Engine, forecast: &Forecast) -> Option<String> {
    let DryRun { outcome, reason, .. } = forecast.dry_run;
    let is_in_doubt = outcome == ExpectedOutcome::Stalls
        && matches!(reason, Reason::OwnedByOther | Reason::OwnershipUnproven)
        && matches!(forecast.state, Some(State::Unproven | State::Claimed | State::Deleting));
    let keys = format!(
        "the Secret `{}` in the namespace of the operator, with the keys of its records",
        annotations::RECORD_KEYS
    );
    let id = format!("the namespace `{CLUSTER_NAMESPACE}`, whose uid identifies the cluster");
    let unread =
        [engine.identity.keys().is_none().then_some(keys), engine.identity.cluster.is_empty().then_some(id)];
    let unread: Vec<_> = unread.into_iter().flatten().collect();
    (is_in_doubt && !unread.is_empty()).then(|| {
        format!(
            "the plan does not know whether the add-on belongs to this resource, because the command could not read {}. Run it with the permission `get` for that.",
            unread.join(", and ")
        )
    })
}

fn planned(target: &Target, forecast: Forecast, placeholders: &Placeholders) -> PlannedResource {
    let Forecast { dry_run, steps, differences, prices, replaces, open_end, state: _, made_up: _ } = forecast;
    let action = action(dry_run.outcome, dry_run.reason, replaces);
    let refusals = differences.iter().filter(|_| action == PlannedAction::Change).filter_map(refusal);
    let refusals = refusals.collect();
    let differences = differences.iter().map(|one| format!("{}: {}", one.field, one.what));
    let steps = match action {
        PlannedAction::Refused | PlannedAction::Unknown => Vec::new(),
        PlannedAction::Create
        | PlannedAction::Change
        | PlannedAction::Replace
        | PlannedAction::Delete
        | PlannedAction::Waits
        | PlannedAction::None => steps.into_iter().map(|step| placeholders.step(step)).collect(),
    };
    let verdict = target.verdict(action, (dry_run.reason.name(), placeholders.text(&dry_run.message)));
    PlannedResource {
        addon: dry_run.addon,
        differences: differences.collect(),
        refusals,
        steps,
        afterwards: open_end.map(|why| placeholders.text(&why)),
        price: prices.map(|prices| price(action, prices)),
        ..verdict
    }
}

/// Returns the reason why an edit is not possible, if it is not.
fn refusal(difference: &Difference) -> Option<String> {
    match &difference.remedy {
        Remedy::None(why) | Remedy::Immutable(why) if difference.edited => Some(why.clone()),
        Remedy::None(_) | Remedy::Immutable(_) | Remedy::Repeatable(_) | Remedy::Once(_) => None,
    }
}

fn action(outcome: ExpectedOutcome, reason: Reason, replaces: bool) -> PlannedAction {
    match outcome {
        // What the caller may not read, the operator may be permitted to read.
        ExpectedOutcome::Stalls if reason == Reason::PermissionDenied => PlannedAction::Unknown,
        ExpectedOutcome::Stalls if is_wait(reason) => PlannedAction::Waits,
        ExpectedOutcome::Stalls => PlannedAction::Refused,
        ExpectedOutcome::Unchanged | ExpectedOutcome::LeftAsIs => PlannedAction::None,
        ExpectedOutcome::Unknown => PlannedAction::Unknown,
        ExpectedOutcome::Created if replaces => PlannedAction::Replace,
        ExpectedOutcome::Created => PlannedAction::Create,
        ExpectedOutcome::Updated => PlannedAction::Change,
        ExpectedOutcome::Deleted => PlannedAction::Delete,
    }
}

/// Returns true for a reason to wait that is no refusal of the manifest.
fn is_wait(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Paused
            | Reason::Drifted
            | Reason::ChangeFailed
            | Reason::Duplicate
            | Reason::SecretConflict
            | Reason::SecretRefused
            | Reason::WriteRefused
            | Reason::DeletionProtected
            | Reason::ExternalResourceVanished
            | Reason::ExternalResourceNotFound
            | Reason::KindRemoved
            | Reason::NoCapacity
            | Reason::RecordUnreadable
            | Reason::StatusMismatch
    )
}

/// Returns the price of an action: an add-on that does not exist costs nothing.
fn price(action: PlannedAction, Prices { before, after, currency, note }: Prices) -> MonthlyPrice {
    let (before, after) = match action {
        PlannedAction::Create | PlannedAction::Replace => (Some(0.0), after),
        PlannedAction::Delete => (before, Some(0.0)),
        PlannedAction::Change | PlannedAction::None => (before, after),
        // The add-on stays as it is while the operator waits.
        PlannedAction::Waits => (before, before),
        PlannedAction::Refused | PlannedAction::Unknown => (before, None),
    };
    MonthlyPrice { before, after, currency, note }
}

/// Values that only the API server and the cloud can give, and the words that stand for them.
struct Placeholders {
    /// The uid of a dry run, if the object does not exist yet.
    uid: Option<String>,
    made_up: Ids,
}

impl Placeholders {
    fn text(&self, text: &str) -> String {
        let known = self.uid.iter().fold(text.to_owned(), |text, uid| text.replace(uid, "<uid>"));
        self.made_up.iter().fold(known, |text, (name, id)| text.replace(id, &format!("<id.{name}>")))
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Array(elements) => elements.into_iter().map(|element| self.value(element)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(key, member)| (key, self.value(member))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    fn step(&self, step: ForecastStep) -> PlannedStep {
        let ForecastStep { label, because, request, confidential } = step;
        let request = request.map(|request| PlannedRequest {
            method: request.method,
            path: self.text(path(&request.url)),
            body: request.body.filter(|_| !confidential).map(|body| self.value(body)).unwrap_or_default(),
            confidential,
        });
        PlannedStep { step: label, because: self.text(&because), request }
    }
}

/// Returns path and query of a URL: the endpoint may contain a user.
fn path(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(after..).unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}
