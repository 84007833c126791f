//! Age of the outputs: the time at which a Secret in sync is compared with the cloud again.

use std::time::Duration;

use crate::plan::snapshot::Snapshot;

/// Returns true when the outputs have to be read at once: a user asks for it, or a list or a read has shown that the
/// add-on changed.
fn is_asked(snapshot: &Snapshot<'_>) -> bool {
    let last = snapshot.memory.outputs.map(|(_, last)| last);
    let asked = [snapshot.memory.requested, snapshot.outputs.shown].into_iter().flatten().max();
    asked.is_some_and(|asked| last.is_none_or(|last| last < asked))
}

/// Returns the time at which the outputs have to be read again: at once if something asks for it.
///
/// Outputs of an unknown age are due within an interval, at a time that follows from the uid: after a start, not all
/// resources are read at once.
pub(crate) fn due(snapshot: &Snapshot<'_>) -> Duration {
    let (memory, now, interval) = (snapshot.memory, snapshot.now, snapshot.timing.outputs);
    if !snapshot.outputs.needed {
        return Duration::MAX;
    }
    if is_asked(snapshot) {
        return now.mono;
    }
    let Some((_, last)) = memory.outputs else {
        let age = snapshot.outputs.written.and_then(|written| now.wall.checked_sub(written));
        let age = age.and_then(|age| u64::try_from(age).ok()).map(Duration::from_millis);
        let known = age.and_then(|age| interval.checked_sub(age)).map(|left| now.mono + left);
        let since = memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
        return known.unwrap_or(since + share(&snapshot.resource.uid, interval));
    };
    last + interval
}

/// Returns the part of an interval that belongs to this uid (FNV-1a).
fn share(uid: &str, interval: Duration) -> Duration {
    let hash =
        uid.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    interval.mul_f64(f64::from(hash) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::timing::outputs_interval;

    #[test]
    fn reads_of_outputs_take_at_most_a_fifth_of_the_budget_and_each_comes_within_its_interval() {
        let poll = Duration::from_secs(300);
        for (addons, expected) in [(10, 900), (1_000, 900), (1_800, 900), (10_000, 5_000)] {
            let interval = outputs_interval(poll, addons, 10);
            assert_eq!(interval, Duration::from_secs(expected), "{addons} add-ons");
            let dues: Vec<_> =
                (0..addons).map(|n| share(&format!("{n:08x}-0000-4000-8000-{n:012x}"), interval)).collect();
            assert!(dues.iter().all(|due| *due <= interval), "{addons} add-ons");
            // A minute of any place of the interval, at two reads a second, and half more by chance.
            let minute = |start: u64| {
                let range = Duration::from_secs(start)..Duration::from_secs(start + 60);
                dues.iter().filter(|due| range.contains(due)).count()
            };
            let most = (0..expected).step_by(60).map(minute).max().unwrap_or_default();
            assert!(most <= 180, "{most} reads in a minute for {addons} add-ons");
        }
    }
}
