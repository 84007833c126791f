//! Trend of the lengths of an account's lists: a list that is suddenly much shorter is more likely an outage
//! than the truth.

/// Number of consecutive short lists that are needed before a list of less than half the previous length is
/// trusted. Until then it counts as an outage.
const SHORT_LISTS_TO_TRUST: u32 = 3;
/// After a list shorter than this, none is suspicious: half of so few add-ons may well have been deleted at
/// once.
const MIN_SUSPICIOUS_LEN: usize = 4;

/// The length of the last trusted list, and the number of much shorter ones since.
#[derive(Debug, Default)]
pub struct ListTrend {
    trusted: usize,
    shorter: u32,
}

impl ListTrend {
    /// Adds a list of this length. Returns true when it is more likely an outage than the truth.
    pub fn is_suspicious(&mut self, length: usize) -> bool {
        let shrunk = self.trusted >= MIN_SUSPICIOUS_LEN && length * 2 < self.trusted;
        self.shorter = if shrunk { self.shorter + 1 } else { 0 };
        let suspicious = shrunk && self.shorter < SHORT_LISTS_TO_TRUST;
        if !suspicious {
            self.trusted = length;
        }
        suspicious
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_suddenly_much_shorter_is_an_outage_until_it_stays_so() {
        let cases: [(&str, &[usize], &[bool]); 4] = [
            (
                "one short list is an outage, three are the truth",
                &[10, 2, 10, 2, 2, 2, 2],
                &[false, true, false, true, true, false, false],
            ),
            ("a short list may become shorter", &[3, 0, 1], &[false, false, false]),
            ("half is not much shorter", &[10, 5, 3], &[false, false, false]),
            ("an empty list is an outage as well", &[4, 0, 0, 0, 0], &[false, true, true, false, false]),
        ];
        for (name, lengths, expected) in cases {
            let mut trend = ListTrend::default();
            let suspicious: Vec<_> = lengths.iter().map(|length| trend.is_suspicious(*length)).collect();
            assert_eq!(suspicious, expected, "{name}");
        }
    }
}
