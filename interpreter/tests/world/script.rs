//! What happens in one run, as data: how the world is set up, and what goes wrong when. Everything else
//! follows from it.

use interpreter::plan::{Read, Step};

/// Milliseconds of virtual time.
pub(crate) type Ms = u64;

/// One run: replayed, it is the same to the last step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) setup: Setup,
    pub(crate) events: Vec<Event>,
    /// For the small latencies, and what a lagging list shows.
    pub(crate) seed: u64,
}

/// How the world is set up.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// How many operators believe to lead.
    pub(crate) processes: usize,
    /// How much later each of them starts to act than the one before.
    pub(crate) stagger: Ms,
    /// How lists lag.
    pub(crate) lag: Lag,
    /// An effect comes within the request's timeout and shows the list lag later; else both come within the
    /// list lag of the last byte.
    pub(crate) brief: bool,
    /// Processes may freeze between check of the creation window and request: then "never two" holds at rest
    /// only.
    pub(crate) frozen: bool,
    /// Add-ons of our name from before our time.
    pub(crate) elders: usize,
    /// Another operator's creation is in flight when ours take over.
    pub(crate) takeover: bool,
    /// Our finalizer is there from the start.
    pub(crate) finalizer: bool,
    /// The status names the elder.
    pub(crate) status: bool,
    /// How long a deletion takes after its answer.
    pub(crate) deletion: Ms,
    /// How much the cloud's clock is ahead of ours.
    pub(crate) cloud_clock: i64,
    /// The add-on holds data.
    pub(crate) stateful: bool,
    /// How a difference in size is changed.
    pub(crate) change: ChangeWay,
    /// What is lost, or left over where it cannot be helped, is not held against the planner.
    pub(crate) pardon: Pardon,
}

/// How lists lag behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lag {
    /// Not at all.
    None,
    /// Nothing shows before it must.
    Full,
    /// Each list shows it or not, as it likes, until it must.
    Flicker,
}

/// How the size of an add-on is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeWay {
    Repeatable,
    Once,
}

/// What is not held against the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pardon {
    Nothing,
    /// The add-on was lost at the cloud: the resource is stalled, and that is right.
    Lost,
    /// Several from before: a person must choose.
    Duplicates,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            processes: 1,
            stagger: 1,
            lag: Lag::None,
            brief: false,
            frozen: false,
            elders: 0,
            takeover: false,
            finalizer: false,
            status: false,
            deletion: 0,
            cloud_clock: 0,
            stateful: true,
            change: ChangeWay::Repeatable,
            pardon: Pardon::Nothing,
        }
    }
}

/// Something happens at some time.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) when: When,
    pub(crate) what: What,
}

/// When something happens.
#[derive(Clone, Debug)]
pub(crate) enum When {
    /// At this time.
    At(Ms),
    /// This long after this process starts its n-th step of this kind (counted over its restarts).
    Step { process: usize, kind: Kind, nth: u32, delay: Ms },
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The process of that step, or this one, ends, and starts again later, if at all.
    Crash {
        process: usize,
        back: Option<Ms>,
    },
    /// The process does nothing for so long. Suspended, its monotonic clock stands still too.
    Freeze {
        process: usize,
        pause: Ms,
        suspended: bool,
    },
    /// What it sees of the resource lags by so much from now on, for one change.
    Stale {
        process: usize,
        pause: Ms,
    },
    /// Its wall clock jumps.
    WallJumps {
        process: usize,
        by: i64,
    },
    /// What becomes of the request of that step.
    Fate(Fate),
    /// Somebody changes the resource.
    User(User),
    SecretEdited,
    SecretDeleted,
    /// A user of the cloud changes the size in the console.
    ResizedInConsole,
    /// Somebody deletes the recorded add-on at the cloud's console.
    LostAtCloud,
    /// The catalog loses the entry of the kind.
    EntryGone,
    /// By id everything is "not found"; lists fail, or are suddenly empty.
    Outage {
        pause: Ms,
        empty: bool,
    },
}

/// What people do to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Deletes,
    /// Again, after it is gone.
    Applies,
    /// Something that does not matter.
    Touches,
    Resizes,
    /// It asks for what is not offered.
    BreaksSpec,
    MendsSpec,
    /// That a vanished add-on may be made anew.
    ConfirmsRecreation,
    WipesStatus,
    LosesRecord,
    /// The record is no longer authentic: its code is removed.
    LosesCode,
    /// Another writer replaces the list of finalizers.
    LosesFinalizer,
}

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Before it starts, after everything was checked.
    pub(crate) hold: Ms,
    /// Until its last byte is sent.
    pub(crate) send: Ms,
    /// From then to its effect.
    pub(crate) effect: Ms,
    /// From effect (of a deletion, or where the connection breaks: from the last byte) to the answer; none:
    /// it gets lost.
    pub(crate) answer: Option<Ms>,
    pub(crate) verdict: Verdict,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// Without effect, and the answer does not say so.
    Nothing,
    /// With effect, and an answer that does not say so (503 after effect).
    Broken,
    /// The connection breaks once the last byte is out; the effect comes all the same.
    Reset,
    Rejected,
    Throttled,
    Unsent,
}

impl Fate {
    pub(crate) const PLAIN: Self =
        Self { hold: 0, send: 5, effect: 5, answer: Some(5), verdict: Verdict::Done };
}

/// The kinds of steps, to count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Live,
    List,
    Offers,
    Get,
    Observed,
    Outputs,
    Operation,
    Intend,
    Write,
    Finalize,
    Create,
    Delete,
    Change,
    Secret,
    Report,
    Rest,
}

impl Kind {
    pub(crate) fn of(step: &Step) -> Self {
        match step {
            Step::Read(Read::Live) => Self::Live,
            Step::Read(Read::Listing { .. }) => Self::List,
            Step::Read(Read::Marks { .. }) | Step::Mark(_) => unreachable!("this world has no marks"),
            Step::Read(Read::Offers) => Self::Offers,
            Step::Read(Read::Get(_)) => Self::Get,
            Step::Read(Read::Observed) => Self::Observed,
            Step::Read(Read::Outputs) => Self::Outputs,
            Step::Read(Read::Operation) => Self::Operation,
            Step::Intend(_) => Self::Intend,
            Step::Write(_) => Self::Write,
            Step::AddFinalizer | Step::RemoveFinalizer(_) => Self::Finalize,
            Step::Create => Self::Create,
            Step::Delete(_) => Self::Delete,
            Step::Change(_) => Self::Change,
            Step::ApplySecret => Self::Secret,
            Step::ReportLeftover(_) => Self::Report,
            Step::Rest { .. } => Self::Rest,
        }
    }

    /// It is sent to the cloud, not to the cluster.
    pub(crate) fn is_cloud(self) -> bool {
        !matches!(self, Self::Live | Self::Intend | Self::Write | Self::Finalize | Self::Secret | Self::Rest)
    }

    pub(crate) fn is_read(self) -> bool {
        matches!(
            self,
            Self::Live
                | Self::List
                | Self::Offers
                | Self::Get
                | Self::Observed
                | Self::Outputs
                | Self::Operation
        )
    }
}

/// Virtual time, for people.
pub(crate) fn stamp(at: Ms) -> String {
    format!("{:>5}.{:03}s", at / 1000, at % 1000)
}
