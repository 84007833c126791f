//! The run of one seed: users act at random, and after each act every operator reconciles until it rests.

use std::collections::BTreeMap;
use std::time::Duration;

use interpreter::plan::{
    Authenticity, DeletionPolicy, DesiredState, Difference, DriftPolicy, Entry, External, Ids, Listing,
    Location, Management, Now, Observation, ObservedRecord, ObservedSecret, OtherClaim, OutputsAge, Plan,
    Read, Reason, Record, Release, Remedy, Remembered, Step, StepOutcome, Target, Timing,
};
use interpreter::reconcile::{Effect, Identity, Inputs};

use super::cloud::{Cloud, List, ids};
use super::cluster::{Cluster, Job, Object, Place, keys, name_of, names, parsed};
use super::dice::Dice;
use super::marks::{has_name, marking};

const NAMESPACES: [&str; 3] = ["shop", "attacker", "adopts"];
const ACTS: u64 = 20;

/// The parts of a forged record that fit the resource it is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Not,
    Place,
    Whole,
}

/// The world of one seed.
pub(crate) struct World {
    pub(crate) story: Vec<String>,
    /// The story has every step, for one who reads it.
    is_told: bool,
    pub(crate) violation: Option<String>,
    pub(crate) tally: BTreeMap<&'static str, u64>,
    pub(super) cloud: Cloud,
    pub(super) clusters: Vec<Cluster>,
    /// Add-ons that an administrator has assigned once: a resource that adopted one keeps it.
    pub(super) assigned_once: Vec<(u32, Place)>,
    /// The cloud refuses to show marks …
    refuses_marks: bool,
    /// … or did so once.
    pub(super) refused_marks: bool,
    backups: Vec<Object>,
    /// Add-ons whose ends the operator has told: retained, or left behind.
    told: Vec<u32>,
    /// Add-ons of which no operator can tell any more: the finalizer went while none looked.
    untold: Vec<u32>,
    uids: u32,
    keys: u8,
    now: Duration,
}

impl World {
    /// Plays a seed to its end.
    pub(crate) fn played(seed: u64, is_told: bool) -> Self {
        let mut world = Self {
            story: Vec::new(),
            is_told,
            violation: None,
            tally: BTreeMap::new(),
            cloud: Cloud::default(),
            assigned_once: Vec::new(),
            refuses_marks: false,
            refused_marks: false,
            clusters: vec![Cluster::new(1), Cluster::new(2)],
            backups: Vec::new(),
            told: Vec::new(),
            untold: Vec::new(),
            uids: 0,
            keys: 10,
            now: Duration::from_secs(1_000),
        };
        let mut dice = Dice::new(seed);
        for _ in 0..ACTS {
            world.act(&mut dice);
            if !dice.one_in(4) {
                world.settle();
            }
            if world.violation.is_some() {
                return world;
            }
        }
        world.settle();
        world.judge_leftovers();
        world
    }

    fn act(&mut self, dice: &mut Dice) {
        let cluster = usize::from(dice.one_in(3));
        let namespace = dice.pick(&NAMESPACES);
        let place = Place { cluster, namespace: namespace.to_owned(), name: "db".to_owned() };
        let victim = self.any_id(dice);
        let uid =
            self.clusters[cluster].objects.iter().find(|one| one.place == place).map(|one| one.uid.clone());
        let what = dice.below(33);
        let Some(uid) = uid else {
            return match what {
                0..=9 => self.restore(&place, dice),
                10..=16 => {
                    let uid = self.create(&place, None);
                    self.request(&place, &uid, victim, dice);
                }
                17 | 18 => self.renew_namespace(&place),
                19..=22 => {
                    let uid = self.create(&place, None);
                    self.ask_for_a_name(&place, &uid, dice);
                }
                _ => {
                    self.create(&place, None);
                }
            };
        };
        let story = format!("{place:?} ({uid})");
        match what {
            0..=3 => {
                self.tell(format!("{story} is deleted"));
                // The API server counts a deletion as an edit.
                self.edit(&place, &uid, |object| {
                    object.generation += i64::from(!object.deleting);
                    object.deleting = true;
                });
            }
            4 | 5 => {
                self.tell(format!("{story} is backed up"));
                self.backups.extend(self.clusters[cluster].object(&uid).cloned());
            }
            6 | 7 => self.forge(&place, &uid, victim, dice),
            8 => {
                self.tell(format!("{story} loses the code of its record"));
                self.edit(&place, &uid, |object| object.code = None);
            }
            9 => {
                let victim = self.backed_up().filter(|_| dice.one_in(2)).unwrap_or(victim);
                self.tell(format!("{story} has a status that names x{victim}, and no record"));
                self.forget_held(&place);
                self.edit(&place, &uid, |object| {
                    (object.record, object.code, object.status) = (None, None, Some(format!("x{victim}")));
                });
            }
            10 => {
                self.tell(format!("{story} confirms x{victim}"));
                self.edit(&place, &uid, |object| object.confirm = Some(format!("x{victim}")));
            }
            11 => {
                self.tell(format!("x{victim} is renamed in the console"));
                if let Some(addon) = self.cloud.addons.iter_mut().find(|addon| addon.id == victim) {
                    addon.name = "renamed".to_owned();
                }
            }
            12 => {
                self.keys += 1;
                self.tell(format!("the operator of cluster {cluster} loses its key"));
                self.clusters[cluster].keys = keys(self.keys);
                self.restart(cluster);
            }
            13 => {
                self.tell(format!("the operator of cluster {cluster} restarts"));
                self.restart(cluster);
            }
            14 | 15 => self.lose_finalizer(&place, &uid, dice),
            16 | 17 => {
                self.tell(format!("{story} is to be retained"));
                self.edit(&place, &uid, |object| object.policy = Some(DeletionPolicy::Retain));
            }
            18 => {
                self.tell("somebody makes an add-on in the console".to_owned());
                self.cloud.create("made by hand", None, 0);
            }
            19 | 20 => self.request(&place, &uid, victim, dice),
            21 | 22 => {
                self.tell(format!("{story} is only observed, or managed again"));
                self.edit(&place, &uid, |object| {
                    object.management = match object.management {
                        Management::Observe => Management::Manage,
                        Management::Manage | Management::Invalid => Management::Observe,
                    };
                });
            }
            23 | 24 => {
                self.tell(format!("{story} gets another spec"));
                self.edit(&place, &uid, |object| {
                    (object.generation, object.differs) = (object.generation + 1, true)
                });
            }
            25..=28 => {
                let for_good = dice.one_in(2);
                self.tell(format!("x{victim} is assigned to {place:?} in its cluster, for good: {for_good}"));
                let assigned = &mut self.clusters[cluster].assigned;
                assigned.retain(|(id, ..)| *id != victim);
                assigned.push((victim, place.clone(), for_good));
                self.assigned_once.push((victim, place.clone()));
                if dice.one_in(2) {
                    self.edit(&place, &uid, |object| {
                        object.external = Some(External::Id(format!("x{victim}")))
                    });
                }
            }
            29 => {
                self.refuses_marks = !self.refuses_marks && dice.one_in(3);
                self.refused_marks |= self.refuses_marks;
                self.tell(format!("the cloud refuses to show marks: {}", self.refuses_marks));
            }
            30 => self.ask_for_a_name(&place, &uid, dice),
            _ => {
                self.tell(format!("{story} is held by another finalizer, or not any more"));
                self.edit(&place, &uid, |object| object.held = !object.held);
            }
        }
        self.collect(cluster);
    }

    /// Removes the objects that no finalizer holds. No operator can report the add-on of one that none has seen.
    fn collect(&mut self, cluster: usize) {
        let before = self.clusters[cluster].objects.clone();
        self.clusters[cluster].collect();
        for Object { uid, place, .. } in before {
            let own = &self.clusters[cluster];
            if own.object(&uid).is_none() && !own.jobs.contains_key(&uid) {
                self.forget_held(&place);
            }
        }
    }

    /// The add-on of the newest backup.
    fn backed_up(&self) -> Option<u32> {
        let backup = self.backups.last()?;
        self.cloud.addons.iter().map(|addon| addon.id).find(|id| names(backup, *id))
    }

    fn any_id(&self, dice: &mut Dice) -> u32 {
        1 + u32::try_from(dice.below(self.cloud.addons.len().max(1) as u64)).unwrap()
    }

    /// The user names an existing add-on by annotation.
    fn request(&mut self, place: &Place, uid: &str, victim: u32, dice: &mut Dice) {
        let named = self.cloud.addons.iter().find(|addon| addon.id == victim).map(|addon| addon.name.clone());
        let external = match named.filter(|_| dice.one_in(4)) {
            Some(name) => External::Name(name),
            None => External::Id(format!("x{victim}")),
        };
        self.tell(format!("{place:?} ({uid}) asks for {external:?}"));
        let observes = dice.one_in(3);
        self.edit(place, uid, |object| {
            object.external = Some(external);
            if observes {
                object.management = Management::Observe;
            }
        });
    }

    /// The user asks for an add-on by a name that stands in Git.
    fn ask_for_a_name(&mut self, place: &Place, uid: &str, dice: &mut Dice) {
        let external = External::NameOrNew(dice.pick(&["app", "web"]).to_owned());
        self.tell(format!("{place:?} ({uid}) asks for {external:?}"));
        self.edit(place, uid, |object| object.external = Some(external));
    }

    /// The namespace is deleted, if it is empty, and made anew.
    fn renew_namespace(&mut self, place: &Place) {
        let cluster = &mut self.clusters[place.cluster];
        if cluster.objects.iter().any(|object| object.place.namespace == place.namespace) {
            return;
        }
        *cluster.namespaces.entry(place.namespace.clone()).or_default() += 1;
        self.tell(format!("the namespace of {place:?} is made anew"));
    }

    fn create(&mut self, place: &Place, backup: Option<&Object>) -> String {
        self.uids += 1;
        let uid = format!("{:08x}-0000-4000-8000-000000000000", self.uids);
        self.tell(format!("{place:?} ({uid}) is created, from a backup: {}", backup.is_some()));
        let object = Object {
            uid: uid.clone(),
            place: place.clone(),
            deleting: false,
            finalizer: false,
            held: false,
            record: backup.and_then(|backup| backup.record.clone()),
            code: backup.and_then(|backup| backup.code.clone()),
            confirm: None,
            status: None,
            policy: backup.and_then(|backup| backup.policy),
            management: backup.map(|backup| backup.management).unwrap_or_default(),
            external: backup.and_then(|backup| backup.external.clone()),
            generation: 1,
            differs: false,
            observed: None,
        };
        self.clusters[place.cluster].objects.push(object);
        uid
    }

    /// Restores any backup there: of this cluster or the other one, of this namespace or another.
    fn restore(&mut self, place: &Place, dice: &mut Dice) {
        let same = |backup: &&Object| backup.place.namespace == place.namespace;
        let backup = match dice.one_in(4) {
            true => self.backups.last().cloned(),
            false => self.backups.iter().rev().find(same).cloned(),
        };
        if dice.one_in(3) {
            self.claim_before(place, backup.as_ref());
        }
        self.create(place, backup.as_ref());
    }

    /// A user of another namespace of the cluster claims the add-on of a backup before it is restored.
    fn claim_before(&mut self, place: &Place, backup: Option<&Object>) {
        let addon = self.cloud.addons.iter().find(|addon| backup.is_some_and(|one| names(one, addon.id)));
        let Some(addon) = addon.map(|addon| addon.id) else { return };
        let objects = &self.clusters[place.cluster].objects;
        let Some(Object { uid, place, .. }) = objects.iter().find(|one| one.place != *place).cloned() else {
            return;
        };
        self.tell(format!("{place:?} ({uid}) has a status that names x{addon}, and no record"));
        self.forget_held(&place);
        self.edit(&place, &uid, |object| {
            (object.record, object.code, object.status) = (None, None, Some(format!("x{addon}")));
        });
    }

    /// A user of the namespace writes a record: copied from elsewhere, and made to fit or not.
    fn forge(&mut self, place: &Place, uid: &str, victim: u32, dice: &mut Dice) {
        let mut all = self.clusters.iter().flat_map(|cluster| &cluster.objects).chain(&self.backups);
        let Some(source) = all.rfind(|object| names(object, victim)).cloned() else { return };
        let fits = dice.pick(&[Fit::Not, Fit::Place, Fit::Whole]);
        self.tell(format!("{place:?} ({uid}) gets the record of x{victim}, made to fit: {fits:?}"));
        let mut record = Record::read(source.record.as_deref().unwrap()).unwrap();
        if fits != Fit::Not {
            (record.namespace, record.name) = (place.namespace.clone(), place.name.clone());
            record.cluster = self.clusters[place.cluster].id.clone();
        }
        if fits == Fit::Whole {
            record.uid = uid.to_owned();
        }
        self.forget_held(place);
        self.edit(place, uid, |object| {
            (object.record, object.code) = (Some(record.text()), source.code.clone());
            object.confirm = Some(format!("x{victim}"));
            // An own record of before puts back what was so then: also, that the spec is applied.
            object.observed = object.observed.filter(|_| source.uid != object.uid);
        });
    }

    /// Another client removes the finalizer. Where the resource goes at once, or its operator is not there, nobody
    /// can tell of the add-on later.
    fn lose_finalizer(&mut self, place: &Place, uid: &str, dice: &mut Dice) {
        self.tell(format!("{place:?} ({uid}) loses its finalizer"));
        let object = self.clusters[place.cluster].object(uid).cloned().unwrap();
        if dice.one_in(3) {
            self.settle_one(place.cluster, uid, place);
            self.restart(place.cluster);
            self.tell("and its operator restarts, seeing nothing of it".to_owned());
        }
        let seen = self.clusters[place.cluster].jobs.contains_key(uid);
        self.edit(place, uid, |object| object.finalizer = false);
        let goes = object.deleting && !object.held;
        if !seen && goes {
            self.forget_held(place);
        }
    }

    /// A new process remembers nothing of the resources that are gone.
    fn restart(&mut self, cluster: usize) {
        self.collect(cluster);
        let own = &mut self.clusters[cluster];
        own.process += 1;
        let jobs = std::mem::take(&mut own.jobs);
        for (uid, (place, _)) in jobs {
            if self.clusters[cluster].object(&uid).is_none() {
                self.forget_held(&place);
            }
        }
    }

    /// Of what was created for this place, none can tell from now on.
    fn forget_held(&mut self, place: &Place) {
        let held = self.cloud.addons.iter().filter(|addon| addon.creator.as_ref() == Some(place));
        self.untold.extend(held.map(|addon| addon.id));
    }

    fn edit(&mut self, place: &Place, uid: &str, edit: impl FnOnce(&mut Object)) {
        if let Some(object) = self.clusters[place.cluster].object_mut(uid) {
            edit(object);
        }
    }

    /// Lets every operator reconcile, and time pass, until nothing is to be waited for.
    fn settle(&mut self) {
        for _ in 0..3 {
            for cluster in 0..self.clusters.len() {
                let known =
                    self.clusters[cluster].jobs.iter().map(|(uid, (place, _))| (uid.clone(), place.clone()));
                let live =
                    self.clusters[cluster].objects.iter().map(|one| (one.uid.clone(), one.place.clone()));
                let all: BTreeMap<_, _> = known.chain(live).collect();
                for (uid, place) in all {
                    self.settle_one(cluster, &uid, &place);
                }
            }
            self.now += Duration::from_secs(100);
        }
    }

    fn settle_one(&mut self, cluster: usize, uid: &str, place: &Place) {
        let entry = || (place.clone(), Job::default());
        let (_, mut job) = self.clusters[cluster].jobs.remove(uid).unwrap_or_else(entry);
        job.machine.begin();
        let mut over = false;
        loop {
            self.now += Duration::from_millis(10);
            let inputs = self.inputs(cluster, uid, place, &job);
            let (process, id) =
                (format!("{cluster}.{}", self.clusters[cluster].process), self.clusters[cluster].id.clone());
            let identity = Identity { process: &process, operator: "o", cluster: &id };
            let now = self.clock();
            let effect = job.machine.next(&inputs, identity, &Timing::default(), now);
            let plan = match effect {
                Effect::Wait(plan, until) => {
                    over = until.is_none() && !inputs.resource.exists;
                    self.rest(&plan, uid);
                    if plan.reason == Reason::Observed {
                        self.edit(place, uid, |object| object.observed = Some(object.generation));
                    }
                    self.judge_rest(&plan, place, uid);
                    break;
                }
                Effect::StepLimit => {
                    self.break_off(format!("{uid}: no rest"));
                    break;
                }
                Effect::Acquire(_, plan) | Effect::Perform(plan) => plan,
            };
            job.machine.start(&plan.step, now);
            if self.is_told && !matches!(plan.step, Step::Rest { .. }) {
                self.story.push(format!("    {uid}: {}", described(&plan.step)));
            }
            let outcome = self.perform(uid, place, &mut job, &plan);
            let now = self.clock();
            job.machine.answer(&plan.step, &outcome, now);
            if self.violation.is_some() {
                break;
            }
        }
        if !over {
            self.clusters[cluster].jobs.insert(uid.to_owned(), (place.clone(), job));
        }
    }

    fn inputs(&self, cluster: usize, uid: &str, place: &Place, job: &Job) -> Inputs {
        let own = &self.clusters[cluster];
        let mut resource = own.resource(uid, place);
        let recorded = match &resource.record {
            ObservedRecord::Ours(record) | ObservedRecord::Foreign(record) => record.ids.clone(),
            ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        };
        let status = resource.status_id.clone().map(|id| Ids::from([("addon".to_owned(), id)]));
        let external = resource.external.clone();
        let marked = job.marks.iter().flat_map(|list| &list.addons);
        let by_name: Vec<u32> =
            marked.filter(|addon| has_name(addon, external.as_ref())).map(|addon| addon.id).collect();
        let is_marked_as_requested = |addon: &super::cloud::Addon| by_name.contains(&addon.id);
        let is_requested = |addon: &super::cloud::Addon| match &external {
            Some(External::Id(id)) => format!("x{}", addon.id) == *id,
            Some(External::Name(name) | External::NameOrNew(name)) => {
                addon.name == *name || is_marked_as_requested(addon)
            }
            None => false,
        };
        let listed = job.list.iter().flat_map(|list| &list.addons);
        let requested = listed.filter(|addon| is_requested(addon)).map(|addon| ids(addon.id)).next();
        let mark = super::marks::text(own, place);
        let own_marked =
            job.marks.iter().flat_map(|list| &list.addons).find(|addon| addon.marks.contains(&mark));
        let former = own_marked.map(|addon| ids(addon.id));
        let named = if external.is_some() { requested } else { status.or(former) };
        if let Some(wanted) = recorded.clone().or(named).filter(|wanted| {
            resource.authenticity != Authenticity::Authentic || !job.machine.holds(wanted, &target().location)
        }) {
            resource.other_claim = own.claim(uid, &wanted);
        }
        let entries = |list: &List| {
            let entry = |addon: &super::cloud::Addon| Entry {
                ids: ids(addon.id),
                name_matches: addon.name == name_of(uid),
                requested: is_requested(addon),
                held_by: own.named(uid, addon),
                names_other: addon.name.starts_with("kubernetes::") && addon.name != name_of(uid),
                same_provider: true,
                created: Some(addon.created),
            };
            list.addons.iter().map(entry).collect()
        };
        let secret = match (&job.outputs, &recorded) {
            (Some(outputs), Some(recorded)) if outputs == recorded => match &job.secret {
                Some(secret) if secret == outputs => ObservedSecret::Same,
                Some(_) | None => ObservedSecret::Differs,
            },
            _ => ObservedSecret::Unknown,
        };
        let deletion_policy = resource.deletion_policy.unwrap_or_default();
        let differs = own.object(uid).is_some_and(|object| object.differs);
        let difference = || Difference {
            field: "plan".to_owned(),
            what: "small, not large".to_owned(),
            observed: None,
            edited: true,
            drift: DriftPolicy::Correct,
            remedy: Remedy::Repeatable("plan".to_owned()),
        };
        let marking = Some(marking(own, place, &resource, job));
        Inputs {
            marking,
            namespace_uid: own.namespace_uid(&place.namespace),
            resource,
            desired_state: DesiredState::Clear {
                stateful: true,
                observation: Observation::Needless,
                changes: differs.then(difference).into_iter().collect(),
                ignored: Vec::new(),
                unverified: Vec::new(),
                remembered: Remembered::default(),
            },
            target: target(),
            listing: job.list.as_ref().map(|list| Listing {
                sent: list.sent,
                entries: entries(list),
                suspicious: false,
            }),
            secret,
            outputs: OutputsAge::default(),
            namespace_terminating: false,
            abandoned: None,
            protection: None,
            deletion_policy,
            kind_removed: false,
        }
    }

    fn perform(&mut self, uid: &str, place: &Place, job: &mut Job, plan: &Plan) -> StepOutcome {
        let cluster = place.cluster;
        self.judge_observer(plan, place, uid);
        match &plan.step {
            Step::Read(Read::Listing { .. }) => {
                job.list = Some(List { sent: self.now, addons: self.cloud.live().cloned().collect() });
                StepOutcome::Done
            }
            Step::Read(Read::Get(wanted)) => match self.cloud.get(wanted) {
                Some(addon) if !addon.deleted => StepOutcome::Done,
                Some(_) | None => StepOutcome::NotFound,
            },
            Step::Read(Read::Outputs) => {
                let recorded = self.recorded(cluster, uid);
                self.judge_use("reads the outputs of", place, uid, recorded.as_ref());
                job.outputs = recorded;
                StepOutcome::Done
            }
            Step::Read(Read::Marks { .. }) if self.refuses_marks => {
                let message = "not allowed".to_owned();
                StepOutcome::Rejected { reason: Reason::Unauthorized, message }
            }
            Step::Read(Read::Marks { .. }) => {
                job.marks = Some(List { sent: self.now, addons: self.cloud.live().cloned().collect() });
                StepOutcome::Done
            }
            Step::Read(_) => StepOutcome::Done,
            Step::Mark(change) => self.mark(place, uid, change),
            Step::Change(_) => {
                let recorded = self.recorded(cluster, uid);
                self.judge_use("changes", place, uid, recorded.as_ref());
                let object = self.clusters[cluster].object(uid);
                if object.is_some_and(|object| object.observed == Some(object.generation)) {
                    self.break_off(format!(
                        "{place:?} ({uid}) was only observed, and is changed without an edit"
                    ));
                }
                self.count("changed");
                self.edit(place, uid, |object| object.differs = false);
                StepOutcome::Changed(Ids::new())
            }
            Step::ApplySecret => {
                job.secret = job.outputs.clone();
                StepOutcome::Done
            }
            Step::Intend(record) | Step::Write(record) => self.write(cluster, uid, place, record),
            Step::AddFinalizer => {
                self.edit(place, uid, |object| object.finalizer = !object.deleting);
                StepOutcome::Done
            }
            Step::RemoveFinalizer(record) => {
                if let Some(record) = record {
                    self.release(record);
                    self.store(cluster, uid, place, record);
                }
                self.edit(place, uid, |object| object.finalizer = false);
                self.clusters[cluster].collect();
                StepOutcome::Done
            }
            Step::Create => {
                self.judge_creation(place, uid);
                let object = self.clusters[cluster].object(uid);
                if matches!(object.and_then(|object| object.external.as_ref()), Some(External::NameOrNew(_)))
                {
                    self.count("created for a name");
                }
                self.edit(place, uid, |object| object.observed = None);
                let created = self.clock().wall;
                StepOutcome::Created(self.cloud.create(&name_of(uid), Some(place.clone()), created))
            }
            Step::Delete(wanted) => {
                let object = self.clusters[cluster].object(uid);
                if object.is_some_and(|object| object.policy == Some(DeletionPolicy::Retain)) {
                    self.break_off(format!("{place:?} ({uid}) is to be retained, and is deleted"));
                }
                self.judge_use("deletes", place, uid, Some(wanted));
                self.count("deleted");
                if self.cloud.delete(wanted) { StepOutcome::Done } else { StepOutcome::NotFound }
            }
            Step::ReportLeftover(left) => {
                self.count("reported");
                let addon = self.cloud.get(left).map(|addon| addon.id);
                self.told.extend(addon);
                StepOutcome::Done
            }
            Step::Rest { .. } => StepOutcome::Done,
        }
    }

    fn write(&mut self, cluster: usize, uid: &str, place: &Place, record: &Record) -> StepOutcome {
        let before = self.clusters[cluster].object(uid).cloned();
        let Some(before) = before else { return StepOutcome::NotFound };
        let old = before.record.as_ref().and_then(|text| parsed(text).ok());
        if let Some(new) = &record.ids {
            self.judge_use("records", place, uid, Some(new));
            if old.as_ref().is_none_or(|old| old.ids.as_ref() != Some(new)) {
                self.judge_taken(place, uid, new);
            }
            let is_same = old.as_ref().is_some_and(|old| old.uid == record.uid && old.ids == record.ids);
            if is_same {
                self.count("signed again");
            } else if self.is_marked_for(place, new) && old.as_ref().is_none_or(|old| old.ids.is_none()) {
                self.count("found by its mark");
                self.judge_found(place, uid, new);
            } else if old.as_ref().is_some_and(|old| old.uid != record.uid && old.ids == record.ids) {
                self.count("adopted after a restore");
            }
        }
        self.store(cluster, uid, place, record);
        self.edit(place, uid, |object| object.finalizer |= !object.deleting);
        StepOutcome::Done
    }

    fn store(&mut self, cluster: usize, uid: &str, place: &Place, record: &Record) {
        let text = record.text();
        let code = self.clusters[cluster].sign(place, &text);
        let status = record.ids.as_ref().map(|ids| ids["addon"].clone());
        self.edit(place, uid, |object| {
            (object.record, object.code) = (Some(text), Some(code));
            object.status = status.or(object.status.take());
        });
    }

    fn release(&mut self, record: &Record) {
        let Some(addon) = record.ids.as_ref().and_then(|ids| self.cloud.get(ids)).map(|addon| addon.id)
        else {
            return;
        };
        match record.released {
            Some(Release::Retained | Release::Abandoned | Release::NotFound) => {
                self.count("retained");
                self.told.push(addon);
            }
            Some(Release::Deleted) | None => (),
        }
    }

    fn recorded(&self, cluster: usize, uid: &str) -> Option<Ids> {
        let text = self.clusters[cluster].object(uid)?.record.as_ref()?;
        parsed(text).ok()?.ids.clone()
    }

    /// The rule: what was created for a resource is used and deleted for that resource alone; what nobody created
    /// for one, by a user who may and who confirmed it.
    pub(super) fn judge_use(&mut self, what: &str, place: &Place, uid: &str, used: Option<&Ids>) {
        let Some(addon) = used.and_then(|used| self.cloud.get(used)).cloned() else { return };
        let is_own = addon.creator.as_ref() == Some(place);
        let adoption = self.clusters[place.cluster].adoption(place);
        let is_in = |all: &[String]| all.contains(&format!("x{}", addon.id));
        let was_assigned = self.assigned_once.contains(&(addon.id, place.clone()));
        // A resource whose add-on another cluster took over notices it before it writes anything, unless the
        // cloud does not show it.
        let is_blind = self.refuses_marks || addon.deleted;
        let is_former = addon.former.contains(place)
            && (is_blind || matches!(what, "records" | "reads the outputs of" | "marks"));
        let is_anyones = addon.name == "renamed" || addon.creator.is_none();
        // No name shows that another cluster may use it, so its deletion is meant.
        let may_delete = what != "deletes" || is_anyones;
        let is_assigned = is_in(&adoption.transferred) || (was_assigned && may_delete);
        let may_confirm = place.namespace == "adopts" && is_anyones;
        if may_confirm && !is_own {
            self.count("confirmed");
            if what == "records"
                && self.clusters[place.cluster].object(uid).is_some_and(|one| one.record.is_none())
            {
                self.count("adopted by annotation");
            }
        }
        if !is_own && !may_confirm && !is_assigned && !is_former {
            self.break_off(format!("{place:?} ({uid}) {what} x{} of {:?}", addon.id, addon.creator));
        }
    }

    /// Nothing is written to the cloud for a resource that only observes.
    fn judge_observer(&mut self, plan: &Plan, place: &Place, uid: &str) {
        let observes = |object: &Object| object.management == Management::Observe;
        let writes = matches!(plan.step, Step::Intend(_) | Step::Create | Step::Delete(_) | Step::Change(_));
        if writes && self.clusters[place.cluster].object(uid).is_some_and(observes) {
            self.break_off(format!("{place:?} ({uid}) only observes, and {:?}", plan.step));
        }
    }

    /// Nothing that a user elsewhere writes takes an add-on from its holder.
    fn judge_rest(&mut self, plan: &Plan, place: &Place, uid: &str) {
        let own = &self.clusters[place.cluster];
        let Some(object) = own.object(uid).filter(|object| !object.deleting) else { return };
        let recorded = self.recorded(place.cluster, uid);
        let held =
            recorded.as_ref().and_then(|recorded| self.cloud.get(recorded)).filter(|addon| !addon.deleted);
        // A user who may has confirmed that it belongs to another resource, while the record was lost.
        let is_shared = recorded.as_ref().is_some_and(|recorded| {
            matches!(own.claim(uid, recorded), OtherClaim::By { authentic: true, .. })
        });
        // Restored, what once had the name of another resource is assigned again.
        let is_record_own = own
            .object(uid)
            .and_then(|object| object.record.as_ref())
            .is_some_and(|text| parsed(text).is_ok_and(|record| record.uid == uid || !record.names_other));
        let is_holder = !is_shared
            && is_record_own
            && own.authenticity(object) == Authenticity::Authentic
            && held.is_some_and(|addon| addon.creator.as_ref() == Some(place));
        if is_holder && plan.reason == Reason::OwnedByOther {
            self.break_off(format!("{place:?} ({uid}) loses what it holds: {}", plan.because));
        }
    }

    /// Every add-on that exists in the end is held by a resource, or was reported.
    fn judge_leftovers(&mut self) {
        if self.violation.is_some() {
            return;
        }
        let is_held = |id: u32| {
            self.clusters
                .iter()
                .flat_map(|cluster| &cluster.objects)
                .any(|object| names(object, id) || object.status.as_deref() == Some(&format!("x{id}")))
        };
        let left = self.cloud.live().find(|addon| {
            let known = self.told.contains(&addon.id) || self.untold.contains(&addon.id);
            addon.creator.is_some() && !known && !is_held(addon.id)
        });
        if let Some(addon) = left.cloned() {
            self.break_off(format!("x{} of {:?} is left, and nobody was told", addon.id, addon.creator));
        }
    }

    fn rest(&mut self, plan: &Plan, uid: &str) {
        if self.is_told && plan.reason != Reason::InSync {
            self.story.push(format!("    {uid}: {:?} {}", plan.state, plan.reason));
        }
        for (reason, name) in [
            (Reason::OwnedByOther, "OwnedByOther"),
            (Reason::OwnershipUnproven, "OwnershipUnproven"),
            (Reason::Observed, "observed"),
            (Reason::ExternalResourceNotFound, "not found"),
        ] {
            if plan.reason == reason {
                self.count(name);
            }
        }
    }

    fn clock(&self) -> Now {
        Now { mono: self.now, wall: i64::try_from(self.now.as_millis()).unwrap() }
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn tell(&mut self, what: String) {
        self.story.push(what);
    }

    pub(super) fn break_off(&mut self, what: String) {
        self.story.push(what.clone());
        self.violation.get_or_insert(what);
    }
}

/// A step in the story, records by what decides.
fn described(step: &Step) -> String {
    let record = |what: &str, record: &Record| {
        let Record { uid, ids, released, names_other, .. } = record;
        format!("{what} a record of {uid}: {ids:?}, released {released:?}, names_other {names_other}")
    };
    if let Step::Intend(one) = step {
        return record("intends", one);
    }
    if let Step::Write(one) = step {
        return record("writes", one);
    }
    if let Step::RemoveFinalizer(Some(one)) = step {
        return record("removes the finalizer, with", one);
    }
    format!("{step:?}")
}

fn target() -> Target {
    let location = Location {
        api: "cloud".to_owned(),
        endpoint: "https://cloud".to_owned(),
        account: "account".to_owned(),
    };
    Target { location, credentials: "good".to_owned(), ..Target::default() }
}
