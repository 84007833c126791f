//! The named stories: what a model check of the protocol found, each as a schedule that hurts a planner
//! without the rule it is named after.
//!
//! A is the first process, B the second. `T` is when A starts to write its intention; small latencies are
//! fixed where a story needs them exact.

use super::script::{
    ChangeWay, Event, Fate, Kind, Lag, Ms, Pardon, Script, Setup, User, Verdict, What, When,
};

const A: usize = 0;
const B: usize = 1;
/// For as long as the story lasts.
const EVER: Ms = 10_000_000;

/// One story.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) setup: Setup,
    pub(crate) events: Vec<Event>,
}

impl Story {
    pub(crate) fn script(&self) -> Script {
        Script { setup: self.setup.clone(), events: self.events.clone(), seed: 1 }
    }
}

/// Every story there is.
pub(crate) fn all() -> Vec<Story> {
    [
        ordinary(),
        creation_windows(),
        waits(),
        lists(),
        races(),
        deletions(),
        before(),
        frozen(),
        losses(),
        changes(),
        retirements(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn story(name: &'static str, setup: Setup, events: impl Into<Vec<Event>>) -> Story {
    Story { name, setup, events: events.into() }
}

fn at(at: Ms, what: What) -> Event {
    Event { when: When::At(at), what }
}

/// So long after this process starts its n-th step of this kind.
fn after(process: usize, kind: Kind, nth: u32, delay: Ms, what: What) -> Event {
    Event { when: When::Step { process, kind, nth, delay }, what }
}

fn fate(process: usize, kind: Kind, nth: u32, fate: Fate) -> Event {
    after(process, kind, nth, 0, What::Fate(fate))
}

fn crash(process: usize, back: Ms) -> What {
    What::Crash { process, back: Some(back) }
}

fn freeze(process: usize, pause: Ms) -> What {
    What::Freeze { process, pause, suspended: false }
}

fn alone() -> Setup {
    Setup { lag: Lag::Full, ..Setup::default() }
}

/// Two that both believe to lead.
fn pair() -> Setup {
    Setup { processes: 2, stagger: 130, ..alone() }
}

/// Its last byte is sent as late as can be, and its effect shows as late as can be.
fn slowest() -> Fate {
    Fate { send: 30_000, effect: 60_000, answer: None, ..Fate::PLAIN }
}

/// Sent at once, in effect and shown as late as can be, and never answered.
fn unanswered() -> Fate {
    Fate { effect: 60_000, answer: None, ..Fate::PLAIN }
}

fn answered_after(answer: Ms) -> Fate {
    Fate { answer: Some(answer), ..Fate::PLAIN }
}

/// A sends its creation at the very end of the creation window: T+19 990. It is in effect, and shows, at
/// T+109 990.
fn at_the_last_moment() -> Vec<Event> {
    vec![
        fate(A, Kind::Intend, 1, Fate::PLAIN),
        fate(A, Kind::List, 1, answered_after(19_965)),
        fate(A, Kind::Create, 1, slowest()),
    ]
}

fn ordinary() -> Vec<Story> {
    vec![
        story("an ordinary creation", alone(), []),
        story("an ordinary creation and deletion", alone(), [at(200_000, What::User(User::Deletes))]),
        story(
            "a secret that is edited or deleted comes back",
            alone(),
            [at(90_000, What::SecretEdited), at(95_000, What::SecretDeleted)],
        ),
        story(
            "a size that another client chose is not taken back unasked",
            Setup { change: ChangeWay::Once, ..alone() },
            [
                at(200_000, What::ResizedInConsole),
                at(220_000, What::Crash { process: A, back: Some(500) }),
                at(300_000, What::User(User::Touches)),
            ],
        ),
        story(
            "an edit after a change in the console is applied",
            Setup { change: ChangeWay::Once, ..alone() },
            [
                at(200_000, What::ResizedInConsole),
                at(220_000, What::Crash { process: A, back: Some(500) }),
                at(300_000, What::User(User::Resizes)),
            ],
        ),
        story(
            "a spec that cannot be had can be mended",
            alone(),
            [at(0, What::User(User::BreaksSpec)), at(90_000, What::User(User::MendsSpec))],
        ),
        story(
            "a spec that cannot be had can be deleted",
            alone(),
            [at(0, What::User(User::BreaksSpec)), at(90_000, What::User(User::Deletes))],
        ),
        story(
            "a refused creation can be deleted at once",
            alone(),
            [
                fate(A, Kind::Create, 1, Fate { verdict: Verdict::Rejected, ..Fate::PLAIN }),
                after(A, Kind::Create, 1, 5_000, What::User(User::Deletes)),
            ],
        ),
        story(
            "a throttled creation is tried under a new attempt",
            pair(),
            [fate(A, Kind::Create, 1, Fate { verdict: Verdict::Throttled, ..Fate::PLAIN })],
        ),
    ]
}

fn creation_windows() -> Vec<Story> {
    vec![
        story(
            "the creation window is over when the list comes",
            pair(),
            [
                fate(A, Kind::Intend, 1, Fate::PLAIN),
                fate(A, Kind::List, 1, answered_after(29_000)),
                fate(A, Kind::Create, 1, slowest()),
            ],
        ),
        story(
            "the creation window counts from the start of the intent's write",
            pair(),
            [fate(A, Kind::Intend, 1, answered_after(29_000)), fate(A, Kind::Create, 1, slowest())],
        ),
        story(
            "the creation window counts by the wall clock too",
            pair(),
            [
                fate(A, Kind::Intend, 1, Fate::PLAIN),
                after(A, Kind::List, 1, 1, What::Freeze { process: A, pause: 60_000, suspended: true }),
                fate(A, Kind::Create, 1, slowest()),
            ],
        ),
        story(
            "an attempt is another's for whoever did not write it",
            pair(),
            [fate(A, Kind::Create, 1, unanswered())],
        ),
        story(
            "a restarted operator is not the one that wrote the attempt",
            alone(),
            [fate(A, Kind::Create, 1, unanswered()), after(A, Kind::Create, 1, 100, crash(A, 500))],
        ),
        story(
            "an ambiguous answer ends the attempt",
            alone(),
            [fate(A, Kind::Create, 1, Fate { verdict: Verdict::Reset, effect: 60_000, ..Fate::PLAIN })],
        ),
    ]
}

fn waits() -> Vec<Story> {
    let seconds = [at_the_last_moment(), vec![at(50_000, freeze(A, EVER))]].concat();
    vec![
        story("a creation at the last moment is waited for", pair(), seconds),
        story(
            "an own creation without an answer is waited for in full",
            Setup { brief: true, ..alone() },
            [fate(A, Kind::Create, 1, Fate { verdict: Verdict::Reset, effect: 29_900, ..Fate::PLAIN })],
        ),
        story(
            "each attempt is waited for from when it was first seen itself",
            pair(),
            [
                after(A, Kind::List, 1, 1, crash(A, 500)),
                at(40_000, freeze(B, 71_000)),
                fate(A, Kind::Create, 1, slowest()),
            ],
        ),
        story(
            "a wall clock that jumps shortens no wait",
            pair(),
            [fate(A, Kind::Create, 1, slowest()), at(2_000, What::WallJumps { process: B, by: 200_000 })],
        ),
    ]
}

fn lists() -> Vec<Story> {
    vec![story(
        "a list goes before a new attempt or after it",
        pair(),
        [
            fate(A, Kind::Create, 1, unanswered()),
            after(A, Kind::Create, 1, 1_000, What::Crash { process: A, back: None }),
            at(40_000, freeze(B, 71_000)),
        ],
    )]
}

fn races() -> Vec<Story> {
    vec![
        story("two write their intention at once", Setup { stagger: 1, ..pair() }, []),
        story(
            "a second intention does not overwrite a recorded add-on",
            Setup { stagger: 1, ..pair() },
            [fate(A, Kind::Live, 1, answered_after(500)), after(B, Kind::Live, 1, 1, freeze(B, 5_000))],
        ),
        story(
            "the finalizer stands with the first attempt",
            alone(),
            [
                fate(A, Kind::Create, 1, unanswered()),
                after(A, Kind::Create, 1, 300, What::User(User::Deletes)),
            ],
        ),
        story(
            "a conflict is no lost race",
            pair(),
            [
                fate(A, Kind::Create, 1, answered_after(5_000)),
                after(A, Kind::Create, 1, 100, What::User(User::Touches)),
                fate(A, Kind::Write, 1, Fate { send: 2_000, ..Fate::PLAIN }),
            ],
        ),
        story(
            "an answer is not thrown away while nothing is recorded",
            Setup { lag: Lag::None, deletion: 5_000, ..pair() },
            [
                fate(A, Kind::Write, 1, Fate { send: 400, ..Fate::PLAIN }),
                after(A, Kind::Write, 1, 100, What::User(User::Touches)),
                at(140, freeze(B, 1_480)),
            ],
        ),
        story(
            "another finds and records what this one created",
            Setup { lag: Lag::None, ..pair() },
            [fate(A, Kind::Create, 1, answered_after(9_000))],
        ),
    ]
}

fn deletions() -> Vec<Story> {
    let last_moment = |delay| {
        [
            at_the_last_moment(),
            vec![after(A, Kind::Create, 1, delay, What::User(User::Deletes)), at(60_000, freeze(A, EVER))],
        ]
        .concat()
    };
    let outage =
        |pause| vec![at(2_000, What::User(User::Deletes)), at(1_900, What::Outage { pause, empty: false })];
    vec![
        story("a creation at the last moment is waited for on deletion", pair(), last_moment(1)),
        story(
            "a creation without an answer is looked for on deletion",
            alone(),
            [
                fate(A, Kind::Create, 1, unanswered()),
                after(A, Kind::Create, 1, 300, What::User(User::Deletes)),
            ],
        ),
        story(
            "a deletion without an answer keeps the finalizer",
            alone(),
            [
                at(200_000, What::User(User::Deletes)),
                fate(A, Kind::Delete, 1, Fate { verdict: Verdict::Nothing, ..Fate::PLAIN }),
            ],
        ),
        story(
            "not found in an outage is not gone",
            alone(),
            [
                at(200_000, What::Outage { pause: 30_000, empty: false }),
                at(200_100, What::User(User::Deletes)),
            ],
        ),
        story("not found and not listed yet is not gone", alone(), outage(1_000)),
        story(
            "a young add-on is not gone in an outage that shows nothing",
            alone(),
            [at(1_900, What::Outage { pause: 10_000, empty: true }), at(2_000, What::User(User::Deletes))],
        ),
        story(
            "a deletion that takes its time is waited for",
            alone(),
            [
                at(200_000, What::User(User::Deletes)),
                fate(A, Kind::Delete, 1, Fate { effect: 55_000, ..Fate::PLAIN }),
            ],
        ),
        story(
            "an answer that comes after the deletion is recorded and deleted",
            alone(),
            [
                fate(A, Kind::Create, 1, answered_after(9_000)),
                after(A, Kind::Create, 1, 100, What::User(User::Deletes)),
            ],
        ),
    ]
}

fn before() -> Vec<Story> {
    let elders = |count| Setup { elders: count, finalizer: true, ..alone() };
    let takeover = Setup { takeover: true, ..alone() };
    let many = Setup { pardon: Pardon::Duplicates, ..elders(2) };
    vec![
        story("an add-on from before is taken over", Setup { status: true, ..elders(1) }, []),
        story("an add-on from before is found by its name", elders(1), []),
        story("a finalizer without a record is somebody's attempt", takeover.clone(), []),
        story(
            "a finalizer without a record is somebody's attempt on deletion too",
            takeover,
            [at(100, What::User(User::Deletes))],
        ),
        story("what is older than our first attempt is no twin", many.clone(), []),
        story(
            "what is older goes when the resource goes",
            many.clone(),
            [at(300_000, What::User(User::Deletes))],
        ),
        story(
            "a missing status is no disagreement",
            alone(),
            [at(200_000, What::User(User::WipesStatus)), at(200_001, What::User(User::Deletes))],
        ),
        story(
            "a finalizer that another writer removes is put back before the deletion",
            alone(),
            [at(200_000, What::User(User::LosesFinalizer)), at(230_000, What::User(User::Deletes))],
        ),
        story("a lost record is found again", alone(), [at(200_000, What::User(User::LosesRecord))]),
        story(
            "a lost record and status are found again",
            alone(),
            [at(200_000, What::User(User::WipesStatus)), at(200_001, What::User(User::LosesRecord))],
        ),
        story(
            "a wall clock that is off makes no twin of an elder",
            Setup { cloud_clock: 20_000, ..many },
            [],
        ),
    ]
}

fn frozen() -> Vec<Story> {
    let pair = || Setup { frozen: true, ..pair() };
    let held = |hold| Fate { hold, ..Fate::PLAIN };
    vec![
        story(
            "one that froze before its request takes its answer back",
            pair(),
            [fate(A, Kind::Create, 1, held(150_000))],
        ),
        story(
            "one that froze and hears nothing finds its twin",
            pair(),
            [fate(A, Kind::Create, 1, Fate { answer: None, ..held(150_000) })],
        ),
        story(
            "one that froze and hears nothing looks for it although the resource is gone",
            pair(),
            [
                fate(A, Kind::Create, 1, Fate { answer: None, ..held(400_000) }),
                at(130_000, What::User(User::Deletes)),
            ],
        ),
        story(
            "not found is doubted also by one whose resource is gone",
            pair(),
            [
                fate(A, Kind::Create, 1, held(400_000)),
                at(130_000, What::User(User::Deletes)),
                after(A, Kind::Create, 1, 400_012, What::Outage { pause: 3_000, empty: false }),
            ],
        ),
        story(
            "an attempt stays open until its own answer is recorded",
            pair(),
            [
                fate(A, Kind::Intend, 1, Fate::PLAIN),
                fate(A, Kind::List, 1, Fate::PLAIN),
                fate(A, Kind::Create, 1, held(110_300)),
                fate(B, Kind::Create, 1, Fate { send: 29_000, effect: 60_000, answer: None, ..Fate::PLAIN }),
                after(B, Kind::Create, 1, 29_500, What::Crash { process: B, back: None }),
                after(B, Kind::Create, 1, 2_000, What::User(User::Deletes)),
            ],
        ),
    ]
}

fn losses() -> Vec<Story> {
    let lost = Setup { pardon: Pardon::Lost, ..alone() };
    vec![
        story("a vanished database is never recreated", lost.clone(), [at(200_000, What::LostAtCloud)]),
        story(
            "a vanished database is recreated on a person's word",
            alone(),
            [at(200_000, What::LostAtCloud), at(900_000, What::User(User::ConfirmsRecreation))],
        ),
        story(
            "a vanished stateless add-on is recreated",
            Setup { stateful: false, ..alone() },
            [at(200_000, What::LostAtCloud)],
        ),
        story(
            "a vanished database can be deleted",
            lost,
            [at(200_000, What::LostAtCloud), at(900_000, What::User(User::Deletes))],
        ),
        story(
            "an outage takes nothing away",
            Setup { stateful: false, ..alone() },
            [at(599_000, What::Outage { pause: 90_000, empty: true })],
        ),
    ]
}

fn changes() -> Vec<Story> {
    use super::script::ChangeWay::Once;
    let once = |setup: Setup| Setup { change: Once, ..setup };
    vec![
        story("a repeatable change is made", alone(), [at(90_000, What::User(User::Resizes))]),
        story(
            "a change that must be made once is made once",
            once(pair()),
            [at(90_000, What::User(User::Resizes))],
        ),
        story(
            "a change that another has made is not made again",
            once(pair()),
            [
                at(90_000, What::User(User::Resizes)),
                after(A, Kind::Operation, 1, 1, freeze(A, 200_000)),
                after(B, Kind::Change, 1, 22, What::Crash { process: B, back: None }),
            ],
        ),
        story(
            "a change without an answer is looked up",
            once(alone()),
            [
                at(90_000, What::User(User::Resizes)),
                fate(A, Kind::Change, 1, Fate { answer: None, ..Fate::PLAIN }),
            ],
        ),
        story(
            "a change that a crash interrupts is not made again",
            once(alone()),
            [at(90_000, What::User(User::Resizes)), after(A, Kind::Change, 1, 22, crash(A, 60_000))],
        ),
        story(
            "a change that comes to nothing is made after all",
            once(alone()),
            [
                at(90_000, What::User(User::Resizes)),
                fate(A, Kind::Change, 1, Fate { verdict: Verdict::Nothing, ..Fate::PLAIN }),
            ],
        ),
    ]
}

fn retirements() -> Vec<Story> {
    let gone = || What::EntryGone;
    vec![
        story("nothing is created once the entry is gone", alone(), [at(0, gone())]),
        story(
            "nothing is changed once the entry is gone",
            alone(),
            [at(89_000, gone()), at(90_000, What::User(User::Resizes))],
        ),
        story(
            "a kind without an entry can be deleted",
            alone(),
            [at(90_000, gone()), at(95_000, crash(A, 500)), at(200_000, What::User(User::Deletes))],
        ),
        story(
            "a creation that the end of the entry overtakes is found on deletion",
            alone(),
            [
                fate(A, Kind::Create, 1, unanswered()),
                after(A, Kind::Create, 1, 300, gone()),
                after(A, Kind::Create, 1, 1_000, What::User(User::Deletes)),
            ],
        ),
        story(
            "a creation that the end of the entry overtakes is found on deletion by one that did not send it",
            alone(),
            [
                fate(A, Kind::Create, 1, unanswered()),
                after(A, Kind::Create, 1, 300, gone()),
                after(A, Kind::Create, 1, 400, crash(A, 500)),
                at(400_000, What::User(User::Deletes)),
            ],
        ),
        story(
            "an answer that the end of the entry overtakes is recorded",
            alone(),
            [
                fate(A, Kind::Create, 1, answered_after(9_000)),
                after(A, Kind::Create, 1, 100, gone()),
                at(200_000, What::User(User::Deletes)),
            ],
        ),
    ]
}
