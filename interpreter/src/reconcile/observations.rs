//! Observations of one resource: what was read of cluster and cloud, kept between the loops of a
//! reconciliation, and what one loop concludes from it.

use std::sync::Arc;

use crate::exchange::Context;
use crate::plan::{
    self, Abandonment, Adoption, Authenticity, DesiredState, Ids, Listing, Location, ObservedRecord,
    OtherClaim, OutputsAge, Record, Resource, Step, Target,
};
use crate::reconcile::access::CredentialsState;
use crate::reconcile::asked_accounts::AskedAccounts;
use crate::reconcile::cloud_state::CloudState;
use crate::reconcile::held_secret::{Reservation, SecretRead};
use crate::reconcile::judgement::Judgement;
use crate::reconcile::listing::{Sought, listing};
use crate::reconcile::machine::{Inputs, Machine};
use crate::reconcile::marking_policy::MarkingPolicy;
use crate::reconcile::marks::WholeMarks;
use crate::reconcile::observed_namespace::ObservedNamespace;
use crate::reconcile::record_keys::RecordKeys;
use crate::reconcile::schedule::ReconcileRequest;
use crate::reconcile::whole_list::WholeList;
use crate::reconcile::{ManagedKind, Prerequisite, Subject};
use crate::resource::{self, Desired, Refused};

/// Observations of one resource. They have no `Debug`, because they hold passwords.
#[derive(Default)]
pub struct Observations {
    /// The answers of the cloud about the add-on.
    pub cloud_state: CloudState,
    /// The comparison of an earlier process counts no more: this one has read the add-on, or reads it otherwise.
    pub(super) has_compared: bool,
    /// The newest list, reduced to what concerns this resource.
    pub listing: Option<Listing>,
    /// The Secret.
    pub secret: SecretRead,
    /// The Secret was asked for before this plan: once is enough, for the read may have failed, and the watch
    /// may lag behind it.
    secret_asked: bool,
    /// The reason to keep the add-on, if no user asked for the deletion; known once the resource is being
    /// deleted and its CRD was read.
    pub abandoned: Option<Option<Abandonment>>,
    /// The uid of the namespace: the same as long as the resource lives.
    pub(super) namespace_uid: Option<String>,
    /// The newest marks of the location.
    pub(super) marks: Option<Arc<WholeMarks>>,
    /// The namespace; read once in a reconciliation, and again once the resource is being deleted.
    namespace: ObservedNamespace,
    /// The resource was being deleted when the namespace was read in this reconciliation.
    namespace_read: Option<bool>,
    /// The generation at which the credentials of the namespace were last read from the API server, and
    /// whether the resource was being deleted then.
    credentials_read: Option<(i64, bool)>,
    /// The credentials that the cloud state was read with.
    pub(super) credentials: Option<String>,
    /// The credentials with which the add-on was created, from the last record; needed after the resource is
    /// gone.
    pub(super) made_with: Option<Option<String>>,
    /// The accounts that the credentials see, if the resource names none.
    pub(super) accounts: Option<AskedAccounts>,
    /// The request of a user to reconcile at once.
    request: ReconcileRequest,
    /// The ids in the last record; needed after the resource is gone.
    pub(super) recorded: Option<Ids>,
}

/// Look-ups in the caches of the driver. None of them waits.
pub trait Lookup {
    /// Returns the kind of the resource.
    fn kind(&self) -> &ManagedKind;
    /// Returns location and credentials of an add-on in this account, without a verdict on the access.
    fn target(&self, account: String) -> Target;
    /// Returns the condition of these credentials.
    fn credentials(&self) -> CredentialsState<'_>;
    /// Finds another live resource that names the add-on with these ids.
    fn other_claim(&self, location: &Location, ids: &Ids) -> OtherClaim;
    /// Finds the other live resource whose add-on bears this name, written for messages.
    fn holder(&self, name: &str) -> Option<String>;
    /// Reserves the name of the Secret for the resource. One that has an add-on keeps the name from one that has none.
    fn reserve_secret(&self, name: &str, has_addon: bool) -> Reservation;
    /// Returns the newest list of this location; `context` has the values of its request.
    fn newest_list(&self, location: &Location, context: &Context) -> Option<Arc<WholeList>>;
    /// Returns the newest marks of this location; `context` has the values of their request.
    fn newest_marks(&self, location: &Location, context: &Context) -> Option<Arc<WholeMarks>>;
    /// Returns the id of the cluster, and the add-ons to mark.
    fn marking(&self) -> (&str, MarkingPolicy);
    /// Returns the keys of the operator; `None` if it has none.
    fn keys(&self) -> Option<Arc<RecordKeys>>;
}

/// Conclusions of one loop: computed when it begins, and passed on.
pub struct Observed {
    /// The custom resource.
    pub subject: Subject,
    /// The input of the planner.
    pub inputs: Inputs,
    /// The judged spec, if it can be fulfilled.
    pub desired: Option<Box<Desired>>,
}

impl Observations {
    /// Begins a reconciliation: of other Secrets than ours, a change is not noticed.
    pub fn begin(&mut self) {
        (self.namespace, self.namespace_read, self.secret_asked) =
            (ObservedNamespace::default(), None, false);
        if !matches!(self.secret, SecretRead::Ours(_)) {
            self.secret = SecretRead::Unread;
        }
    }

    /// Returns what has to be read before anything is planned for the resource, if anything. `seen_secret` is
    /// the version of the Secret that the watch has seen last.
    pub fn prerequisite(
        &mut self,
        subject: &Subject,
        machine: &Machine,
        seen_secret: Option<String>,
    ) -> Option<Prerequisite> {
        let resource = &subject.resource;
        let changed = matches!(&self.secret, SecretRead::Ours(own) if own.version != seen_secret);
        if changed && !self.secret_asked {
            self.secret = SecretRead::Unread;
        }
        let has_namespace = !resource.namespace.is_empty();
        let recorded = subject.record().is_some_and(|record| record.ids.is_some());
        if !resource.exists && !machine.may_have_leftover() {
            return None;
        }
        if (resource.deleting || !resource.exists) && self.abandoned.is_none() {
            return Some(Prerequisite::Definition);
        }
        if has_namespace && self.credentials_read != Some((resource.generation, resource.deleting)) {
            return Some(Prerequisite::Credentials);
        }
        let namespace_read = self.namespace_read.is_some_and(|deleting| deleting || !resource.deleting);
        let needs_uid =
            subject.has_marks && self.namespace_uid.is_none() && subject.namespace_uid().is_none();
        if has_namespace && (!recorded || resource.deleting || needs_uid) && !namespace_read {
            return Some(Prerequisite::Namespace);
        }
        if !resource.exists {
            return None;
        }
        let unread = match &self.secret {
            SecretRead::Unread => true,
            // Before the creation, once in a reconciliation is enough.
            SecretRead::Unreadable(_) => recorded,
            SecretRead::Absent | SecretRead::Ours(_) | SecretRead::Foreign(_) => false,
        };
        let needs_secret = subject.has_secret && !resource.deleting && unread && !self.secret_asked;
        self.secret_asked |= needs_secret;
        needs_secret.then_some(Prerequisite::Secret)
    }

    /// Takes the namespace as read for this version of the resource.
    pub fn namespace_was_read(&mut self, resource: &Resource, namespace: ObservedNamespace) {
        self.namespace_uid = namespace.uid.clone().or(self.namespace_uid.take());
        (self.namespace, self.namespace_read) = (namespace, Some(resource.deleting));
    }

    /// Takes the fact that the API server refused a write because the namespace is being deleted.
    pub fn namespace_is_terminating(&mut self) {
        self.namespace.terminating = true;
        self.namespace_read.get_or_insert(false);
    }

    /// Takes the fact that the credentials of the namespace were read for this version of the resource.
    pub fn credentials_were_read(&mut self, resource: &Resource) {
        self.credentials_read = Some((resource.generation, resource.deleting));
    }

    /// Concludes from all observations what a plan depends on.
    pub fn observe(
        &mut self,
        mut subject: Subject,
        lookup: &dyn Lookup,
        machine: &Machine,
        now: plan::Now,
    ) -> Observed {
        let kind = lookup.kind();
        let requested = self.request.saw(subject.open_request(), now.mono);
        let target = self.target(&mut subject, lookup, (now, requested));
        self.cloud_state.about(subject.record().and_then(|record| record.ids.as_ref()));
        self.has_compared |= self.cloud_state.observed.is_some();
        let judgement = Judgement { now, requested, keys: lookup.keys(), drift: lookup.credentials().drift };
        let is_wanted = subject.resource.exists && !subject.resource.deleting;
        let (desired_state, desired) = match &subject.secret_shape {
            // An add-on without its Secret would cost money and be of no use.
            Err(Refused { reason, message }) if is_wanted && !subject.has_ids() => {
                (DesiredState::Refused { reason: *reason, message: message.clone() }, None)
            }
            _ if is_wanted => self.desired_state(kind, &subject, &target, judgement),
            _ => (DesiredState::Unknown, None),
        };
        subject.resource.schedule.requested = requested;
        subject.resource.secret_version = self.secret.version();
        subject.resource.adoption = adoption(&subject.resource, &target, lookup);
        // The marks of the location of a resource that is gone are those that were read for it.
        if subject.resource.exists {
            self.take_newest_marks(&subject, &target, desired.as_deref(), lookup);
            self.take_newest_list(&subject, &target, desired.as_deref(), lookup);
        }
        let marking = self.marking(&subject, lookup);
        subject.resource.other_claim = self.other_claim(&subject, &target, lookup, machine);
        let due = resource::secret_due(&kind.addon, &self.with_cloud_state(&subject), &subject.secret_shape);
        let namespace = &self.namespace;
        let own_policy = subject.resource.deletion_policy;
        let is_leaving = subject.resource.deleting || !subject.resource.exists;
        let inputs = Inputs {
            desired_state,
            target,
            listing: self.listing.clone(),
            marking,
            namespace_uid: self.namespace_uid(&subject).unwrap_or_default().to_owned(),
            secret: self.observed_secret(&subject, due, lookup),
            outputs: OutputsAge {
                needed: resource::needs_outputs(&kind.addon),
                written: self.secret.outputs_read(),
                shown: self.cloud_state.changed,
            },
            namespace_terminating: namespace.terminating,
            protection: namespace.protection(subject.resource.protected),
            deletion_policy: own_policy
                .or(namespace.deletion_policy.filter(|_| is_leaving))
                .unwrap_or(lookup.credentials().deletion_policy),
            abandoned: self.abandoned.flatten(),
            kind_removed: kind.removed,
            resource: subject.resource.clone(),
        };
        if subject.resource.exists {
            // The cache has them, and a newer version soon.
            self.marks = None;
        }
        self.secret_asked = false;
        Observed { subject, inputs, desired }
    }

    /// Looks for other resources that name the same add-on, unless this process knows its owner.
    fn other_claim(
        &self,
        subject: &Subject,
        target: &Target,
        lookup: &dyn Lookup,
        machine: &Machine,
    ) -> OtherClaim {
        let resource = &subject.resource;
        let (location, ids) = match (&resource.record, &resource.status_id) {
            (ObservedRecord::Ours(record) | ObservedRecord::Foreign(record), _) if record.ids.is_some() => {
                (record.location(), record.ids.clone())
            }
            (ObservedRecord::Ours(_) | ObservedRecord::Foreign(_) | ObservedRecord::None, _)
                if resource.external.is_some() =>
            {
                (target.location.clone(), self.requested())
            }
            (ObservedRecord::Ours(_) | ObservedRecord::None, None)
                if self.former(subject, lookup).is_some() =>
            {
                (target.location.clone(), self.former(subject, lookup))
            }
            (ObservedRecord::Ours(record) | ObservedRecord::Foreign(record), _) => (record.location(), None),
            (ObservedRecord::None, Some(id)) => {
                (target.location.clone(), Some(Ids::from([("addon".to_owned(), id.clone())])))
            }
            (ObservedRecord::None, None) if !resource.exists => {
                (target.location.clone(), self.recorded.clone())
            }
            (ObservedRecord::None, None) | (ObservedRecord::Unreadable(_), _) => return OtherClaim::None,
        };
        // A record without a valid code may have lost its add-on to a proof of another resource.
        let is_doubted = !matches!(resource.authenticity, Authenticity::Authentic | Authenticity::NoKey);
        let is_open = |ids: &Ids| !resource.exists || is_doubted || !machine.holds(ids, &location);
        ids.filter(is_open).map_or(OtherClaim::None, |ids| lookup.other_claim(&location, &ids))
    }

    /// Returns the ids of the add-on that annotations of the resource name, as the list shows them.
    fn requested(&self) -> Option<Ids> {
        let entries = self.listing.iter().flat_map(|listing| &listing.entries);
        entries.filter(|entry| entry.requested && entry.same_provider).map(|entry| entry.ids.clone()).next()
    }

    /// Drops everything that was read of the cloud.
    pub fn forget_cloud(&mut self) {
        (self.cloud_state, self.listing, self.marks) = (CloudState::default(), None, None);
        self.has_compared = true;
    }

    /// Takes the newest cached list of the resource's location: another resource may have requested it, or
    /// the location may have changed.
    fn take_newest_list(
        &mut self,
        subject: &Subject,
        target: &Target,
        desired: Option<&Desired>,
        lookup: &dyn Lookup,
    ) {
        let location = location(&subject.resource, target);
        let given = given(subject, desired);
        let context = self.request_context(lookup.kind(), given, &location, None);
        let newest = lookup.newest_list(&location, &context);
        self.listing = newest.and_then(|whole| self.cut(subject, &whole, lookup).ok());
    }

    /// Reduces a list to the entries with the resource's own name or with an id from the record or the
    /// status. Fails if the list shows the own name without its ids: then it proves nothing.
    pub(super) fn cut(
        &mut self,
        subject: &Subject,
        whole: &WholeList,
        lookup: &dyn Lookup,
    ) -> Result<Listing, String> {
        let name = &subject.name;
        if whole.unreadable.contains(name) {
            return Err(format!("the list shows `{name}` without its id"));
        }
        let sought = Sought {
            name,
            has_uid: lookup.kind().addon.api.identity.adopts,
            ids: match subject.any_record() {
                Some(record) => record.ids.as_ref(),
                None => self.recorded.as_ref().filter(|_| !subject.resource.exists),
            },
            status_id: subject.resource.status_id.as_deref(),
            external: subject.resource.external.as_ref(),
            marked: self.marked(subject, lookup),
            marked_as_requested: self.marked_as_requested(subject),
            provider: &lookup.kind().addon.provider,
            holder: &|name| lookup.holder(name),
        };
        let (entries, shown) = listing(&whole.listed, &sought);
        if let Some(raw) = shown {
            self.cloud_state.show(whole.sent, raw);
        }
        Ok(Listing { sent: whole.sent, entries, suspicious: whole.suspicious })
    }

    /// Returns the values for requests at this location: those of the resource, and the ids of the add-on.
    pub(super) fn request_context(
        &self,
        kind: &ManagedKind,
        given: &Context,
        location: &Location,
        ids: Option<&Ids>,
    ) -> Context {
        let account = resource::account_fields(&kind.addon.api, &location.account);
        let context = self.cloud_state.with(given.clone().with_all(&account));
        ids.into_iter().fold(context, Context::with_ids)
    }

    /// Returns the known values with all that was read of the cloud.
    pub fn with_cloud_state(&self, subject: &Subject) -> Context {
        self.cloud_state.with(subject.known.clone())
    }

    /// Returns true when a step may be sent only by the process that leads.
    pub fn needs_leadership(step: &Step) -> bool {
        matches!(step, Step::Intend(_) | Step::Create | Step::Change(_))
    }
}

/// Returns the values that the resource gives: as judged, or as written.
pub(super) fn given<'a>(subject: &'a Subject, desired: Option<&'a Desired>) -> &'a Context {
    desired.map_or(&subject.known, |desired| &desired.context)
}

/// Returns the rights of the resource on add-ons at the location that concerns it.
fn adoption(resource: &Resource, target: &Target, lookup: &dyn Lookup) -> Adoption {
    let own_credentials = target.secret.is_some();
    let account = location(resource, target).account;
    let rules = lookup.credentials().adoption;
    let names = &lookup.kind().addon.resource;
    match rules {
        Some(rules) => rules.of(names, resource, &account, own_credentials),
        None => Adoption { on_confirmation: own_credentials, ..Adoption::default() },
    }
}

/// The location of the list that concerns the resource.
pub(super) fn location(resource: &Resource, target: &Target) -> Location {
    let at_target = |record: &Record| record.is_vacant() && !resource.deleting;
    match &resource.record {
        ObservedRecord::Ours(record) if !at_target(record) => record.location(),
        ObservedRecord::Foreign(record) if record.ids.is_some() => record.location(),
        ObservedRecord::Ours(_)
        | ObservedRecord::Foreign(_)
        | ObservedRecord::None
        | ObservedRecord::Unreadable(_) => target.location.clone(),
    }
}
