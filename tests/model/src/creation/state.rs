//! A state of the world of creation: the resource, the operators' processes and the add-ons.

use crate::packing::{Codec, Key, Packer, Unpacker};

/// The most add-ons at one time.
pub(super) const ADDONS: usize = 3;
/// The most processes. The third one is dead for good, unless the rules have three.
pub(super) const PROCESSES: usize = 3;
/// The most attempts that differ.
const ATTEMPTS: usize = 16;

/// The resource, or a process's last read of it. Numbers of attempts and add-ons begin with 1; 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Resource {
    pub(super) exists: bool,
    pub(super) deleting: bool,
    pub(super) finalizer: bool,
    /// The open attempt in the record.
    pub(super) attempt: u8,
    /// The add-on in the record.
    pub(super) id: u8,
    /// The add-on in the status.
    pub(super) status: u8,
}

/// Activity of a process.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Phase {
    #[default]
    Dead,
    /// Between two steps.
    Idle,
    /// A list is on its way back.
    Listing,
    /// The list showed nothing, and the process reads the resource once more.
    Rereading,
    /// The creation window was checked, and the request was not started: only where processes freeze.
    Ready,
    /// The request was started, and its last byte was not sent.
    Sending,
    /// The last byte was sent, and there is no answer yet.
    Waiting,
    /// The intent was written, and its answer has not arrived: only where the window counts from there.
    Answering,
}

impl Phase {
    const ALL: [Self; 8] = [
        Self::Dead,
        Self::Idle,
        Self::Listing,
        Self::Rereading,
        Self::Ready,
        Self::Sending,
        Self::Waiting,
        Self::Answering,
    ];
}

/// A process of the operator.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Process {
    pub(super) phase: Phase,
    /// Ticks since the request was started; later, while `unsure`, since its ambiguous answer.
    pub(super) timer: u8,
    /// The add-ons in the list that is on its way.
    pub(super) shown: u8,
    /// That list was sent late enough for absence to count.
    pub(super) late_list: bool,
    /// The add-on that the creation in flight makes.
    pub(super) target: u8,
    /// The add-on in an own answer that is not recorded yet …
    pub(super) held: u8,
    /// … and that answer belongs to `attempt`.
    pub(super) held_is_current: bool,
    /// The attempt that this process knows …
    pub(super) attempt: u8,
    /// … which it wrote itself, and may still send under …
    pub(super) own: bool,
    /// … and the ticks since it knows of it; once an id is recorded, since it knows of that.
    pub(super) age: u8,
    /// The process wrote `attempt` itself, and nothing can be in flight under it.
    pub(super) clean: bool,
    /// An own creation had an ambiguous answer, and no later list has shown that nothing came of it.
    pub(super) unsure: bool,
    /// The process looked for twins since the id is recorded.
    pub(super) looked: bool,
    /// The deletion of the recorded add-on was acknowledged …
    pub(super) deleted: bool,
    /// … or answered with "not found".
    pub(super) not_found: bool,
    /// `view` has the current resource version.
    pub(super) fresh: bool,
    /// The last creation was started outside its window. No process knows this.
    pub(super) late: bool,
    /// In `Rereading`: done. Else: the process keeps a list in `shown`.
    pub(super) kept: bool,
    pub(super) view: Resource,
}

/// The place of an add-on at the cloud.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    #[default]
    None,
    /// The last byte of a creation was sent `age` ago, and it has no effect yet.
    InFlight,
    /// The add-on exists; a list may lack it while it is younger than the list lag.
    Live,
    /// The add-on was deleted; a list may show it for the list lag.
    Deleted,
}

impl Stage {
    const ALL: [Self; 4] = [Self::None, Self::InFlight, Self::Live, Self::Deleted];
}

/// An add-on with the name of the resource.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Addon {
    pub(super) stage: Stage,
    pub(super) age: u8,
    /// A deletion of it is in flight.
    pub(super) going: bool,
    /// The add-on is older than the first attempt.
    pub(super) elder: bool,
    /// The Secret named the add-on.
    pub(super) in_secret: bool,
}

/// The world at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(super) resource: Resource,
    /// The add-on in the Secret.
    pub(super) secret: u8,
    /// The process that wrote the attempt, and the ticks since then: only where a process goes by its name.
    pub(super) writer: u8,
    pub(super) attempt_age: u8,
    /// The record was lost once.
    pub(super) lost_record: bool,
    pub(super) processes: [Process; PROCESSES],
    pub(super) addons: [Addon; ADDONS],
    /// The violation, as an index of `VIOLATIONS`; 0 is none.
    pub(super) violation: u8,
    pub(super) outage: bool,
}

impl Addon {
    /// Returns true for an add-on that exists, or may yet.
    pub(super) fn may_exist(&self) -> bool {
        matches!(self.stage, Stage::Live | Stage::InFlight)
    }
}

impl Resource {
    fn visit(&mut self, codec: &mut impl Codec) {
        codec.flag(&mut self.exists);
        codec.flag(&mut self.deleting);
        codec.flag(&mut self.finalizer);
        codec.number(&mut self.attempt, 4);
        codec.number(&mut self.id, 2);
        codec.number(&mut self.status, 2);
    }
}

impl Process {
    fn visit(&mut self, codec: &mut impl Codec) {
        codec.choice(&mut self.phase, &Phase::ALL, 3);
        codec.number(&mut self.timer, 4);
        codec.number(&mut self.shown, 3);
        codec.number(&mut self.target, 2);
        codec.number(&mut self.held, 2);
        codec.number(&mut self.attempt, 4);
        codec.number(&mut self.age, 4);
        let flags = [
            &mut self.late_list,
            &mut self.held_is_current,
            &mut self.own,
            &mut self.clean,
            &mut self.unsure,
            &mut self.looked,
            &mut self.deleted,
            &mut self.not_found,
            &mut self.fresh,
            &mut self.late,
            &mut self.kept,
        ];
        for flag in flags {
            codec.flag(flag);
        }
        self.view.visit(codec);
    }
}

impl Addon {
    fn visit(&mut self, codec: &mut impl Codec) {
        codec.choice(&mut self.stage, &Stage::ALL, 2);
        codec.number(&mut self.age, 3);
        codec.flag(&mut self.going);
        codec.flag(&mut self.elder);
        codec.flag(&mut self.in_secret);
    }
}

impl State {
    fn visit(&mut self, codec: &mut impl Codec) {
        self.resource.visit(codec);
        codec.number(&mut self.secret, 2);
        codec.number(&mut self.writer, 1);
        codec.number(&mut self.attempt_age, 3);
        codec.flag(&mut self.lost_record);
        codec.number(&mut self.violation, 3);
        codec.flag(&mut self.outage);
        for process in &mut self.processes {
            process.visit(codec);
        }
        for addon in &mut self.addons {
            addon.visit(codec);
        }
    }

    pub(super) fn unpack(key: Key) -> Self {
        let mut state = Self::default();
        state.visit(&mut Unpacker::new(key));
        state
    }

    /// Returns the smallest key among those of the states that differ only in the names of processes (`orders`)
    /// and in the nonces of attempts, which are compared for equality alone.
    pub(super) fn pack(&self, orders: &[[usize; PROCESSES]]) -> Key {
        let own = self.numbered();
        let swapped = orders.iter().map(|order| {
            let mut swapped = *self;
            swapped.processes = order.map(|process| self.processes[process]);
            swapped.numbered()
        });
        swapped.fold(own, Key::min)
    }

    /// Returns the key of the state with its attempts numbered in the order in which they are named.
    fn numbered(mut self) -> Key {
        let mut numbers = [0_u8; ATTEMPTS];
        let mut last = 0;
        let mut number = |attempt: &mut u8| {
            let number = &mut numbers[usize::from(*attempt)];
            if *attempt != 0 && *number == 0 {
                last += 1;
                *number = last;
            }
            *attempt = *number;
        };
        number(&mut self.resource.attempt);
        for process in &mut self.processes {
            number(&mut process.attempt);
            number(&mut process.view.attempt);
        }
        let mut packer = Packer::default();
        self.visit(&mut packer);
        packer.key()
    }
}
