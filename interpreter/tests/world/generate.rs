//! From a seed to a script: what may go wrong, where it hurts. Knows nothing of the planner but the kinds of
//! its steps.

use super::dice::Dice;
use super::script::{
    ChangeWay, Event, Fate, Kind, Lag, Ms, Pardon, Script, Setup, User, Verdict, What, When,
};

/// Moments that matter: around nothing, the creation window, the timeout, the list lag, and their sums.
const MOMENTS: [Ms; 22] = [
    0, 1, 10, 40, 300, 2_000, 9_000, 19_000, 19_960, 20_040, 29_900, 31_000, 49_000, 59_900, 60_100, 79_000,
    90_100, 105_000, 109_900, 110_100, 130_000, 200_000,
];

/// The script of a seed.
pub(crate) fn script(seed: u64) -> Script {
    let mut dice = Dice::new(seed);
    let setup = setup(&mut dice);
    let count = 1 + dice.below(9);
    let mut events: Vec<Event> = (0..count).map(|_| event(&setup, &mut dice)).collect();
    if setup.frozen {
        let process = dice.below(setup.processes as u64) as usize;
        let when = When::Step { process, kind: Kind::Create, nth: 1, delay: 0 };
        events.push(Event { when, what: What::Fate(held(&mut dice)) });
    }
    Script { setup, events, seed: dice.roll() }
}

fn setup(dice: &mut Dice) -> Setup {
    let plain = Setup {
        processes: dice.pick(&[1, 2, 2, 2, 3]),
        stagger: dice.pick(&[1, 1, 50, 130]),
        lag: dice.pick(&[Lag::None, Lag::Full, Lag::Full, Lag::Flicker]),
        brief: dice.one_in(3),
        deletion: dice.pick(&[0, 0, 0, 5_000, 30_000, 55_000]),
        cloud_clock: dice.pick(&[0, 0, -20_000, 20_000]),
        change: dice.pick(&[ChangeWay::Repeatable, ChangeWay::Once]),
        stateful: !dice.one_in(4),
        ..Setup::default()
    };
    match dice.below(12) {
        0 => Setup { elders: 1, finalizer: true, status: dice.one_in(2), ..plain },
        1 => Setup { elders: 2, finalizer: true, pardon: Pardon::Duplicates, ..plain },
        2 => Setup { takeover: true, ..plain },
        3 | 4 => Setup { frozen: true, ..plain },
        5 => Setup { pardon: Pardon::Lost, ..plain },
        _ => plain,
    }
}

fn event(setup: &Setup, dice: &mut Dice) -> Event {
    let process = dice.below(setup.processes as u64) as usize;
    if dice.one_in(3) {
        let what = happening(setup, process, dice);
        let at = if dice.one_in(3) { dice.below(600_000) } else { dice.pick(&MOMENTS) + dice.below(40) };
        return Event { when: When::At(at), what };
    }
    let kind = dice.pick(&[
        Kind::Intend,
        Kind::Intend,
        Kind::List,
        Kind::List,
        Kind::Create,
        Kind::Create,
        Kind::Create,
        Kind::Write,
        Kind::Write,
        Kind::Live,
        Kind::Delete,
        Kind::Finalize,
        Kind::Get,
        Kind::Outputs,
        Kind::Change,
        Kind::Secret,
        Kind::Operation,
    ]);
    let nth = dice.pick(&[1, 1, 1, 2, 2, 3, 5]);
    if dice.one_in(2) {
        return Event {
            when: When::Step { process, kind, nth, delay: 0 },
            what: What::Fate(fate(setup, kind, dice)),
        };
    }
    let delay = if dice.one_in(2) { dice.below(30) } else { dice.pick(&MOMENTS) + dice.below(20) };
    Event { when: When::Step { process, kind, nth, delay }, what: happening(setup, process, dice) }
}

fn happening(setup: &Setup, process: usize, dice: &mut Dice) -> What {
    let pause = dice.pick(&MOMENTS) + dice.below(100);
    match dice.below(24) {
        0..=4 => What::Crash { process, back: Some(dice.pick(&[10, 500, 5_000, 60_000, 115_000])) },
        5 | 6 => What::Freeze { process, pause, suspended: dice.one_in(3) },
        7 | 8 => What::Stale { process, pause },
        9 if !setup.frozen => {
            What::WallJumps { process, by: dice.pick(&[-200_000, -19_000, -1_000, 1_000, 19_000, 200_000]) }
        }
        10..=13 => What::User(User::Deletes),
        14 => What::User(User::Applies),
        15 => dice.pick(&[What::User(User::Touches), What::User(User::LosesCode)]),
        16 | 17 => What::User(User::Resizes),
        18 => dice.pick(&[
            What::User(User::BreaksSpec),
            What::User(User::MendsSpec),
            What::User(User::MendsSpec),
        ]),
        19 => dice.pick(&[
            What::SecretEdited,
            What::SecretDeleted,
            What::ResizedInConsole,
            What::ResizedInConsole,
        ]),
        20 => What::Outage { pause, empty: dice.one_in(2) },
        21 if setup.pardon == Pardon::Lost => {
            dice.pick(&[What::LostAtCloud, What::User(User::ConfirmsRecreation)])
        }
        21 | 22 => What::User(User::WipesStatus),
        _ if setup.pardon == Pardon::Nothing && setup.elders == 0 && !setup.takeover && !setup.frozen => {
            What::User(User::LosesRecord)
        }
        _ => What::User(User::Touches),
    }
}

/// What may become of a request; nothing that breaks what the cloud promises.
fn fate(setup: &Setup, kind: Kind, dice: &mut Dice) -> Fate {
    let small = Fate {
        send: 1 + dice.below(20),
        effect: dice.below(20),
        answer: Some(1 + dice.below(20)),
        ..Fate::PLAIN
    };
    let slow = dice.pick(&[500, 5_000, 15_000, 25_000, 29_900, 30_000]);
    let write = !kind.is_read();
    match dice.below(11) {
        10 => Fate { verdict: Verdict::Reset, effect: late(setup, small.send, dice), ..small },
        0 => Fate { verdict: Verdict::Nothing, answer: dice.pick(&[None, Some(5)]), ..small },
        1 | 2 => Fate { answer: None, ..small },
        3 if write => Fate { verdict: Verdict::Broken, ..small },
        4 => Fate { send: slow, answer: dice.pick(&[None, Some(5)]), ..small },
        5 => Fate { effect: late(setup, small.send, dice), answer: None, ..small },
        6 => Fate { send: slow, effect: late(setup, slow, dice), answer: None, ..small },
        7 => Fate { verdict: dice.pick(&[Verdict::Rejected, Verdict::Throttled, Verdict::Unsent]), ..small },
        8 if kind == Kind::Create && setup.frozen => {
            Fate { hold: dice.pick(&[10_000, 25_000, 60_000, 105_000, 150_000, 300_000]), ..small }
        }
        8 if kind == Kind::Delete => Fate { effect: late(setup, small.send, dice), ..small },
        _ => Fate { answer: Some(slow), ..small },
    }
}

/// Frozen between the check of the creation window and the request.
fn held(dice: &mut Dice) -> Fate {
    let hold = dice.pick(&[10_000, 25_000, 60_000, 105_000, 110_300, 150_000, 300_000]);
    let answer = dice.pick(&[None, Some(5), Some(5)]);
    Fate { hold, answer, ..Fate::PLAIN }
}

fn late(setup: &Setup, send: Ms, dice: &mut Dice) -> Ms {
    let most = if setup.brief { 30_000 - send.min(30_000) } else { 60_000 };
    dice.pick(&[1_000, 10_000, 29_000, 45_000, 60_000]).min(most)
}
