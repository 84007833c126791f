//! What the resources of one account share: its list and its offers, each asked for once for all of them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use interpreter::exchange::{Entries, Listed};
use interpreter::plan::{Heard, Place};
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use crate::engine::clock::Clock;

/// A list that is less than half as long as one before it is an outage until it has stayed so for as many lists as this.
const LISTS_THAT_CONVINCE: u32 = 3;
/// Of so few add-ons, half may well have been deleted at once.
const FEW: usize = 4;

/// One answer of a cloud to "what is there?".
#[derive(Debug, Default)]
pub(crate) struct WholeList {
    /// When its request was sent.
    pub(crate) sent: Duration,
    /// What it shows.
    pub(crate) listed: Vec<Listed>,
    /// The names of those whose ids cannot be read: neither known nor absent.
    pub(crate) unreadable: Vec<String>,
    /// It is suddenly much shorter than before.
    pub(crate) suspicious: bool,
}

/// The accounts in use, by place and credentials.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    known: Mutex<HashMap<(Place, String), Arc<Account>>>,
}

/// One account, seen with one set of credentials.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// By address: two kinds may have lists of their own.
    lists: Mutex<HashMap<String, Arc<Lists>>>,
    /// By address: the kinds of one cloud often share one.
    offers: Turn<HashMap<String, Asked>>,
}

/// When something was asked, and the answer; none: there is no such thing.
type Asked = (Duration, Option<Arc<Value>>);

/// All lists from one address.
#[derive(Debug, Default)]
struct Lists {
    newest: Mutex<Option<Arc<WholeList>>>,
    /// Whoever holds it asks; the others wait for what comes of it.
    turn: Turn<Trend>,
}

/// How long lists were so far, and how the last request for one failed.
#[derive(Debug, Default)]
struct Trend {
    convincing: usize,
    shorter: u32,
    failed: Option<(Duration, Heard)>,
}

impl Accounts {
    /// The account at this place, as these credentials see it.
    pub(crate) fn of(&self, place: &Place, credentials: &str) -> Arc<Account> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((place.clone(), credentials.to_owned())).or_default().clone()
    }

    /// Answers of this API are read in another way from now on.
    pub(crate) fn forget(&self, api: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|(place, _), _| place.api != api);
    }
}

impl Account {
    /// A list that was sent at `sent_after` or later: one that is at hand, or a new one. All who wait for it share one request, and its failure.
    pub(crate) async fn list<F>(
        &self,
        address: &str,
        sent_after: Duration,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<WholeList>, Heard>
    where
        F: Future<Output = Result<(Duration, Entries), Heard>>,
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

    /// The newest list from this address that is at hand.
    pub(crate) fn newest(&self, address: &str) -> Option<Arc<WholeList>> {
        self.lists(address).newest()
    }

    /// The newest list from this address says nothing useful to somebody: the next who asks gets a new one.
    pub(crate) fn distrust(&self, address: &str) {
        *self.lists(address).newest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn lists(&self, address: &str) -> Arc<Lists> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.entry(address.to_owned()).or_default().clone()
    }

    /// What is offered at this address, asked for again once the answer at hand is older than `fresh`; none: there is no such thing.
    pub(crate) async fn offer<F>(
        &self,
        address: &str,
        now: Duration,
        fresh: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<Value>>, Heard>
    where
        F: Future<Output = Result<Option<Value>, Heard>>,
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
    /// Whether a list of this length is more likely an outage than the truth.
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
    async fn those_who_wait_share_one_list() -> Result<(), Heard> {
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
