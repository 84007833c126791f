//! The rules of creation and deletion, each with a switch, and the world that they are tried in.

/// The list that a process needs between its intent and its creation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ListAfterIntent {
    /// A list that was sent after the intent.
    Later,
    /// Any list that it has.
    Any,
    /// None.
    Needless,
}

/// Durations in ticks.
#[derive(Clone, Copy)]
pub(super) struct Ticks {
    /// The creation window.
    pub(super) window: u8,
    /// The timeout of a request.
    pub(super) request: u8,
    /// The list lag.
    pub(super) lag: u8,
    /// The wait before a new attempt, since the old one was first seen.
    pub(super) before_attempt: u8,
    /// The wait on deletion, since the attempt was first seen, until absence counts.
    pub(super) before_release: u8,
    /// The wait after an own ambiguous answer, until a list counts.
    pub(super) after_ambiguity: u8,
    /// The lead of a clock that jumps.
    pub(super) head_start: u8,
}

impl Ticks {
    /// Window, request and lag, with every wait as long as all three.
    pub(super) fn new(window: u8, request: u8, lag: u8) -> Self {
        let wait = window + request + lag;
        Self {
            window,
            request,
            lag,
            before_attempt: wait,
            before_release: wait,
            after_ambiguity: wait,
            head_start: 0,
        }
    }
}

/// The world, and the rules by which the processes act in it. `Rules::new` has every rule.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) ticks: Ticks,

    // The world.
    /// An effect comes within the request's timeout, and shows within the lag of the *effect*.
    pub(super) lag_from_effect: bool,
    pub(super) three_processes: bool,
    /// A process may stop for ever so long between the check of the window and the request.
    pub(super) freezes: bool,
    /// A process that sent late may crash before it has looked.
    pub(super) crashes_when_late: bool,
    pub(super) crashes: bool,
    /// A process that restarts may first read an old version of the resource.
    pub(super) stale_start: bool,
    pub(super) user_deletes: bool,
    pub(super) user_edits: bool,
    /// The number of add-ons from before the first attempt.
    pub(super) elders: u8,
    /// A creation of another operator is in flight, and its finalizer is set.
    pub(super) takeover: bool,
    /// The status mirrors the id.
    pub(super) has_status: bool,
    /// Outages, in which lists fail and every id is "not found".
    pub(super) outages: bool,
    /// The record is lost once, without finalizer and status.
    pub(super) loses_record: bool,

    // The verdict.
    /// Two add-ons at once, and any add-on after the finalizer, are violations; else only for good.
    pub(super) strict: bool,
    /// Once the resource is gone, every rest is good.
    pub(super) forgives_gone: bool,

    // The rules.
    pub(super) window: bool,
    pub(super) only_own_attempts: bool,
    pub(super) list_before_attempt: bool,
    pub(super) list_after_intent: ListAfterIntent,
    pub(super) ambiguity_ends_attempt: bool,
    pub(super) swaps_intent: bool,
    pub(super) swaps_record: bool,
    pub(super) swaps_finalizer: bool,
    /// Finalizer and intent are one write.
    pub(super) one_write: bool,
    /// A conflict keeps the answer.
    pub(super) keeps_answer: bool,
    pub(super) loser_reads_live: bool,
    pub(super) loser_needs_recorded_id: bool,
    pub(super) deletes_twins: bool,
    /// An add-on older than the first attempt, or once in a Secret, is no twin.
    pub(super) spares_elders: bool,
    pub(super) secret_after_twins: bool,
    pub(super) lists_on_deletion: bool,
    pub(super) ambiguity_keeps_finalizer: bool,
    pub(super) lists_after_not_found: bool,
    /// The finalizer without a record counts as an attempt of another process.
    pub(super) bare_is_attempt: bool,
    /// An attempt stays open until its own answer is recorded; the finalizer waits as long.
    pub(super) attempt_stays_open: bool,
    /// The list after a deletion must not show the add-on.
    pub(super) list_must_lack: bool,
    /// That list is sent the lag after the id was first seen.
    pub(super) id_has_clock: bool,
    /// "Not found" for a twin or a lost race counts as an ambiguous answer.
    pub(super) doubts_not_found: bool,
    pub(super) deletes_elders: bool,
    /// A list comes before the finalizer's removal, also after an acknowledged deletion.
    pub(super) list_before_release: bool,
    /// A process with a creation without an answer looks for it although the resource is gone.
    pub(super) looks_when_gone: bool,
    /// An own attempt without an effect is followed by the next at once.
    pub(super) renews: bool,
    /// A live read comes between list and creation.
    pub(super) rereads: bool,

    // Mistakes of a hurried reader.
    pub(super) window_from_answer: bool,
    pub(super) window_before_list: bool,
    pub(super) first_seen_by_uid: bool,
    pub(super) own_by_name: bool,
    pub(super) only_lag_after_ambiguity: bool,
    pub(super) deletes_unrecorded: bool,
    pub(super) missing_status_disagrees: bool,
    pub(super) sends_under_old_attempt: bool,
}

impl Rules {
    /// Every rule, in a world without outages, other operators and frozen processes.
    pub(super) fn new() -> Self {
        Self {
            ticks: Ticks::new(1, 1, 1),
            lag_from_effect: false,
            three_processes: false,
            freezes: false,
            crashes_when_late: true,
            crashes: true,
            stale_start: true,
            user_deletes: true,
            user_edits: true,
            elders: 0,
            takeover: false,
            has_status: false,
            outages: false,
            loses_record: false,
            strict: true,
            forgives_gone: false,
            window: true,
            only_own_attempts: true,
            list_before_attempt: true,
            list_after_intent: ListAfterIntent::Later,
            ambiguity_ends_attempt: true,
            swaps_intent: true,
            swaps_record: true,
            swaps_finalizer: true,
            one_write: true,
            keeps_answer: true,
            loser_reads_live: true,
            loser_needs_recorded_id: true,
            deletes_twins: true,
            spares_elders: true,
            secret_after_twins: true,
            lists_on_deletion: true,
            ambiguity_keeps_finalizer: true,
            lists_after_not_found: true,
            bare_is_attempt: true,
            attempt_stays_open: true,
            list_must_lack: true,
            id_has_clock: true,
            doubts_not_found: true,
            deletes_elders: true,
            list_before_release: true,
            looks_when_gone: true,
            renews: false,
            rereads: false,
            window_from_answer: false,
            window_before_list: false,
            first_seen_by_uid: false,
            own_by_name: false,
            only_lag_after_ambiguity: false,
            deletes_unrecorded: false,
            missing_status_disagrees: false,
            sends_under_old_attempt: false,
        }
    }

    /// The most ticks that a process counts.
    pub(super) fn longest(&self) -> u8 {
        let Ticks { window, before_attempt, before_release, .. } = self.ticks;
        before_attempt.max(before_release).max(window + 1)
    }
}
