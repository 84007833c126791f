//! History of an account's lists: a list that lacks many of the add-ons that records name is more likely an outage
//! than the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::exchange::Entries;
use crate::plan::Ids;

/// Number of consecutive lists without an add-on before its absence is trusted.
const LISTS_TO_TRUST: u32 = 3;

/// The lists of one account so far, as far as they decide about the next one.
#[derive(Debug, Default)]
pub struct ListHistory {
    /// Expected add-ons that a list has shown. Another list or other credentials may show the rest.
    seen: BTreeSet<Ids>,
    /// Add-ons that the last list lacked, since when, and the number of lists since.
    missing: BTreeMap<Ids, (Duration, u32)>,
}

impl ListHistory {
    /// Adds a list that was sent at this time. `expected` are the recorded add-ons whose deletion the cloud did not
    /// acknowledge; one counts once a list of this history has shown it. Returns true while absence from the
    /// list proves nothing: it lacks half of the expected add-ons or more. An add-on that was missing for three
    /// lists and the absence time is expected no more.
    pub fn is_suspicious(
        &mut self,
        sent: Duration,
        entries: &Entries,
        expected: &[Ids],
        absence_time: Duration,
    ) -> bool {
        let shown: BTreeSet<&str> =
            entries.listed.iter().flat_map(|one| one.ids.values().map(String::as_str)).collect();
        let is_shown = |ids: &Ids| ids.values().any(|id| shown.contains(id.as_str()));
        self.seen.retain(|ids| expected.contains(ids));
        self.seen.extend(expected.iter().filter(|ids| is_shown(ids)).cloned());
        self.missing.retain(|ids, _| self.seen.contains(ids) && !is_shown(ids));
        for ids in self.seen.iter().filter(|ids| !is_shown(ids)) {
            self.missing.entry(ids.clone()).or_insert((sent, 0)).1 += 1;
        }
        let has_lasted =
            |(since, count): &(Duration, u32)| *count >= LISTS_TO_TRUST && sent >= *since + absence_time;
        let gone = self.missing.values().filter(|missing| has_lasted(missing)).count();
        let awaited = self.seen.len() - gone;
        // An entry whose ids cannot be read may be any of them.
        let absent = (self.missing.len() - gone).saturating_sub(entries.unreadable.len());
        absent > 0 && absent * 2 >= awaited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Listed;

    const ABSENCE_TIME: Duration = Duration::from_secs(100);

    fn ids(id: &str) -> Ids {
        Ids::from([("addon".to_owned(), id.to_owned())])
    }

    fn entries(shown: &str) -> Entries {
        let (unreadable, listed): (Vec<&str>, Vec<&str>) =
            shown.split_whitespace().partition(|id| *id == "?");
        let listed = listed.into_iter().map(|id| Listed {
            ids: ids(id),
            name: id.to_owned(),
            provider: None,
            created: None,
            raw: serde_json::Value::Null,
        });
        Entries { listed: listed.collect(), unreadable: unreadable.into_iter().map(str::to_owned).collect() }
    }

    /// Each list: when it was sent, what it shows, and whether it is suspicious.
    type List = (u64, &'static str, bool);

    #[test]
    fn a_list_that_lacks_half_of_what_records_name_is_an_outage_until_it_lasts() {
        let cases: &[(&str, &str, &[List])] = &[
            ("nothing is recorded", "", &[(0, "", false), (10, "a", false), (20, "", false)]),
            ("the only one is missing", "a", &[(0, "a", false), (10, "", true), (20, "a", false)]),
            ("what no list has shown is not missing", "a", &[(0, "", false), (10, "x", false)]),
            ("half is missing", "a b", &[(0, "a b", false), (10, "a", true)]),
            ("less than half is missing", "a b c", &[(0, "a b c", false), (10, "a b", false)]),
            ("others do not count", "a", &[(0, "a", false), (10, "x y z", true)]),
            (
                "three lists and the absence time are the truth",
                "a b",
                &[
                    (0, "a b", false),
                    (1, "", true),
                    (60, "", true),
                    (90, "", true),
                    (101, "", false),
                    (110, "", false),
                ],
            ),
            ("two lists are not", "a", &[(0, "a", false), (1, "", true), (101, "", true), (102, "", false)]),
            (
                "what was accepted and shows again is expected again",
                "a",
                &[
                    (0, "a", false),
                    (1, "", true),
                    (50, "", true),
                    (101, "", false),
                    (110, "a", false),
                    (120, "", true),
                ],
            ),
            (
                "an add-on that goes later has a time of its own",
                "a b",
                &[(0, "a b", false), (1, "b", true), (50, "b", true), (101, "", true), (102, "b", false)],
            ),
            (
                "a good list in between starts anew",
                "a",
                &[(0, "a", false), (1, "", true), (50, "", true), (60, "a", false), (101, "", true)],
            ),
            ("an entry without ids may be any of them", "a", &[(0, "a", false), (10, "?", false)]),
        ];
        for (name, expected, lists) in cases {
            let expected: Vec<Ids> = expected.split_whitespace().map(ids).collect();
            let mut history = ListHistory::default();
            for (sent, shown, suspicious) in *lists {
                let sent = Duration::from_secs(*sent);
                let actual = history.is_suspicious(sent, &entries(shown), &expected, ABSENCE_TIME);
                assert_eq!(actual, *suspicious, "{name}, at {sent:?}");
            }
        }
    }
}
