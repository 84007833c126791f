//! Reconciliation of one resource as a machine without I/O: it plans from what was observed, yields an effect,
//! and is fed the outcome. The operator drives it over the network, a simulation with recorded answers, and
//! the simulated world of the tests in virtual time.
//!
//! Names nothing of a catalog: `Observations` and `CloudCall` are its side of cluster and cloud.

use std::time::Duration;

use crate::plan::{
    self, Abandonment, DeletionPolicy, DeletionProtection, DesiredState, Ids, Listing, Location, Marking,
    Memory, Now, ObservedSecret, OutputsAge, Plan, Resource, Snapshot, Step, StepOutcome, Target, Timing,
};
use crate::reconcile::effect::{Effect, Permit};

/// Step limit, above that of any regular sequence. A reconciliation that exceeds it is a bug and must not
/// flood the cloud with requests.
const MAX_STEPS: usize = 60;

/// Delay before the next attempt when a prerequisite could not be read.
pub const OBSERVE_RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Machine of one uid. Kept between reconciliations; its loss costs time, never safety.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    memory: Memory,
    steps: usize,
}

/// Names of the process.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The nonce of the process, made at its start.
    pub process: &'a str,
    /// The name of the operator, for users.
    pub operator: &'a str,
    /// The id of the cluster.
    pub cluster: &'a str,
}

/// Everything that one loop has observed.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The custom resource.
    pub resource: Resource,
    /// The desired state of its spec.
    pub desired_state: DesiredState,
    /// Location and credentials that spec and configuration give now.
    pub target: Target,
    /// The newest list of the resource's location, reduced to what concerns this resource.
    pub listing: Option<Listing>,
    /// The marks of add-ons, if the API has any.
    pub marking: Option<Marking>,
    /// The uid of the namespace of the resource; empty while it is not known.
    pub namespace_uid: String,
    /// The Secret.
    pub secret: ObservedSecret,
    /// The age of the outputs.
    pub outputs: OutputsAge,
    /// The namespace is being deleted.
    pub namespace_terminating: bool,
    /// The reason to keep the add-on, if no user asked for the deletion of the resource.
    pub abandoned: Option<Abandonment>,
    /// The object whose annotation protects the resource from deletion, if any.
    pub protection: Option<DeletionProtection>,
    /// The policy for the add-on when the resource is deleted.
    pub deletion_policy: DeletionPolicy,
    /// The catalog has no entry for the kind any more.
    pub kind_removed: bool,
}

impl Machine {
    /// Begins a reconciliation: the count of steps starts at zero.
    pub fn begin(&mut self) {
        self.steps = 0;
    }

    /// Updates the memory from what was observed, and returns the next effect.
    pub fn next(&mut self, inputs: &Inputs, identity: Identity<'_>, timing: &Timing, now: Now) -> Effect {
        if self.steps >= MAX_STEPS {
            return Effect::StepLimit;
        }
        self.steps += 1;
        self.saw(&inputs.resource, &inputs.target, now);
        let plan = self.plan(inputs, identity, timing, now);
        match (&plan.step, Permit::of(&plan.step)) {
            (Step::Rest { until }, _) => {
                let until = *until;
                self.memory.resting(&plan);
                Effect::Wait(plan, until)
            }
            (_, Some(permit)) => Effect::Acquire(permit, plan),
            (_, None) => Effect::Perform(plan),
        }
    }

    /// Plans the next step. Changes nothing.
    pub fn plan(&self, inputs: &Inputs, identity: Identity<'_>, timing: &Timing, now: Now) -> Plan {
        plan::plan(&Snapshot {
            resource: &inputs.resource,
            desired_state: &inputs.desired_state,
            memory: &self.memory,
            listing: inputs.listing.as_ref(),
            marking: inputs.marking.as_ref(),
            namespace_uid: &inputs.namespace_uid,
            secret: &inputs.secret,
            outputs: inputs.outputs,
            namespace_terminating: inputs.namespace_terminating,
            abandoned: inputs.abandoned,
            protection: inputs.protection,
            deletion_policy: inputs.deletion_policy,
            kind_removed: inputs.kind_removed,
            process: identity.process,
            operator: identity.operator,
            cluster: identity.cluster,
            now,
            timing,
            target: &inputs.target,
        })
    }

    /// Updates the memory from the resource.
    pub fn saw(&mut self, resource: &Resource, target: &Target, now: Now) {
        self.memory.saw(resource, target, now);
    }

    /// Starts a step, after its permit was acquired: the creation window starts here.
    pub fn start(&mut self, step: &Step, now: Now) {
        self.memory.starting(step, now);
    }

    /// Takes the outcome of the step.
    pub fn answer(&mut self, step: &Step, outcome: &StepOutcome, now: Now) {
        self.memory.outcome(step, outcome, now);
    }

    /// Takes the outcome of a step that was not performed: its permit was refused, or the run is dry.
    pub fn skip(&mut self, step: &Step, outcome: &StepOutcome, now: Now) {
        self.start(step, now);
        self.answer(step, outcome, now);
    }

    /// Returns true when this process created, or may have created, an add-on that no other process knows of.
    pub fn has_pending(&self, listing: Option<&Listing>, timing: &Timing) -> bool {
        self.memory.has_pending(listing, timing)
    }

    /// Returns true when this process has seen that the resource holds the add-on with these ids.
    pub fn holds(&self, ids: &Ids, location: &Location) -> bool {
        self.memory.holds(ids, location)
    }

    /// Returns true when the resource went without being released: its add-on may be left at the cloud.
    pub fn may_have_leftover(&self) -> bool {
        self.memory.may_have_leftover()
    }

    /// The number of times that this process has put the finalizer back.
    pub fn finalizers_put_back(&self) -> u32 {
        self.memory.finalizers_put_back()
    }
}
