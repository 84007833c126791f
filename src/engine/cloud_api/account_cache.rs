//! Cache of the lists and offers of an account, shared by all resources that use it. Each is requested once
//! for all of them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use interpreter::exchange::{Entries, Listed};
use interpreter::plan::{Place, StepOutcome};
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use crate::engine::clock::Clock;

/// Number of consecutive short lists that are needed before a list of less than half the previous length is
/// trusted. Until then it counts as an outage.
const LISTS_THAT_CONVINCE: u32 = 3;
/// After a list shorter than this, none is suspicious: half of so few add-ons may well have been deleted at
/// once.
const FEW: usize = 4;

/// All add-ons of an account, from one list request (all its pages).
#[derive(Debug, Default)]
pub(crate) struct WholeList {
    /// The time at which its request was sent.
    pub(crate) sent: Duration,
    /// The listed add-ons.
    pub(crate) listed: Vec<Listed>,
    /// Names of entries whose ids cannot be read: neither known nor absent.
    pub(crate) unreadable: Vec<String>,
    /// True when the list is much shorter than the previous ones.
    pub(crate) suspicious: bool,
}

/// The accounts in use, by location and credentials.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    known: Mutex<HashMap<(Place, String), Arc<Account>>>,
}

/// Cached data of one account, as one set of credentials sees it.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Lists by address: two kinds may have lists of their own.
    lists: Mutex<HashMap<String, Arc<Lists>>>,
    /// Offers by address: the kinds of one cloud often share one.
    offers: Turn<HashMap<String, Asked>>,
}

/// The time of a request, and its answer; `None` when the cloud has no such offer.
type Asked = (Duration, Option<Arc<Value>>);

/// The lists from one address.
#[derive(Debug, Default)]
struct Lists {
    newest: Mutex<Option<Arc<WholeList>>>,
    /// Locked during a request, so that concurrent callers share it and its result.
    turn: Turn<Trend>,
}

/// The previous lengths, and the last failed request.
#[derive(Debug, Default)]
struct Trend {
    convincing: usize,
    shorter: u32,
    failed: Option<(Duration, StepOutcome)>,
}

impl Accounts {
    /// Returns the account at this location, as these credentials see it.
    pub(crate) fn of(&self, place: &Place, credentials: &str) -> Arc<Account> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((place.clone(), credentials.to_owned())).or_default().clone()
    }

    /// Drops all cached data of an API; called when its definition has changed.
    pub(crate) fn forget(&self, api: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|(place, _), _| place.api != api);
    }
}

impl Account {
    /// Returns a list whose request was sent at `sent_after` or later, from the cache or by a new request.
    /// Concurrent callers share one request and its failure.
    pub(crate) async fn list<F>(
        &self,
        address: &str,
        sent_after: Duration,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<WholeList>, StepOutcome>
    where
        F: Future<Output = Result<(Duration, Entries), StepOutcome>>,
    {
        let lists = self.lists(address);
        let came = clock.now().mono;
        let mut trend = lists.turn.lock().await;
        if let Some(newest) = lists.newest().filter(|newest| newest.sent >= sent_after) {
            return Ok(newest);
        }
        if let Some((_, heard)) = trend.failed.as_ref().filter(|(ended, _)| *ended >= came) {
            return Err(heard.clone());
        }
        match fetch().await {
            Ok((sent, entries)) => Ok(lists.take(&mut trend, sent, entries)),
            Err(heard) => {
                trend.failed = Some((clock.now().mono, heard.clone()));
                Err(heard)
            }
        }
    }

    /// Returns the newest cached list from this address.
    pub(crate) fn newest(&self, address: &str) -> Option<Arc<WholeList>> {
        self.lists(address).newest()
    }

    /// Drops the newest list from this address, because it was not plausible to a caller. The next call
    /// requests a new one.
    pub(crate) fn distrust(&self, address: &str) {
        *self.lists(address).newest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn lists(&self, address: &str) -> Arc<Lists> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.entry(address.to_owned()).or_default().clone()
    }

    /// Returns the offer at this address, requested again when the cached answer is older than `fresh`;
    /// `None` when the cloud has no such offer.
    pub(crate) async fn offer<F>(
        &self,
        address: &str,
        now: Duration,
        fresh: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<Value>>, StepOutcome>
    where
        F: Future<Output = Result<Option<Value>, StepOutcome>>,
    {
        let mut offers = self.offers.lock().await;
        if let Some((_, known)) = offers.get(address).filter(|(asked, _)| now < *asked + fresh) {
            return Ok(known.clone());
        }
        let answer = fetch().await?.map(Arc::new);
        offers.insert(address.to_owned(), (now, answer.clone()));
        Ok(answer)
    }
}

impl Lists {
    fn newest(&self) -> Option<Arc<WholeList>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, trend: &mut Trend, sent: Duration, entries: Entries) -> Arc<WholeList> {
        let Entries { listed, unreadable } = entries;
        let suspicious = trend.is_suspicious(listed.len() + unreadable.len());
        let list = Arc::new(WholeList { sent, listed, unreadable, suspicious });
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(list.clone());
        list
    }
}

impl Trend {
    /// True when a list of this length is more likely an outage than the truth.
    fn is_suspicious(&mut self, length: usize) -> bool {
        let shrunk = self.convincing >= FEW && length * 2 < self.convincing;
        self.shorter = if shrunk { self.shorter + 1 } else { 0 };
        let suspicious = shrunk && self.shorter < LISTS_THAT_CONVINCE;
        if !suspicious {
            self.convincing = length;
        }
        suspicious
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(lengths: &[usize]) -> Vec<bool> {
        let mut trend = Trend::default();
        lengths.iter().map(|length| trend.is_suspicious(*length)).collect()
    }

    #[test]
    fn a_list_that_is_suddenly_much_shorter_is_an_outage_until_it_stays_so() {
        assert_eq!(lengths(&[10, 2, 10, 2, 2, 2, 2]), [false, true, false, true, true, false, false]);
    }

    #[test]
    fn a_short_list_may_become_shorter() {
        assert_eq!(lengths(&[3, 0, 1]), [false, false, false]);
    }

    #[tokio::test]
    async fn those_who_wait_share_one_list() -> Result<(), StepOutcome> {
        let (account, clock) = (Account::default(), Clock::start());
        let asked = Mutex::new(0);
        let fetch = || async {
            *asked.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            Ok((Duration::from_secs(5), Entries::default()))
        };
        account.list("there", Duration::from_secs(5), &clock, fetch).await?;
        account.list("there", Duration::from_secs(4), &clock, fetch).await?;
        assert_eq!(*asked.lock().unwrap_or_else(PoisonError::into_inner), 1);
        account.list("elsewhere", Duration::from_secs(4), &clock, fetch).await?;
        assert_eq!(*asked.lock().unwrap_or_else(PoisonError::into_inner), 2);
        Ok(())
    }
}
