//! Cache of the lists and offers of an account, shared by all resources that use it. Each is requested once
//! for all of them.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interpreter::catalog::Addon;
use interpreter::exchange::Entries;
use interpreter::plan::{Ids, Location, same};
use interpreter::reconcile::{ListHistory, WholeList, WholeMarks};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

use crate::engine::clock::Clock;
use crate::engine::cloud_api::failure::CloudFailure;

/// Time for which an acknowledged deletion is remembered: longer than any list shows its add-on, and any record
/// names it.
const DELETION_TTL: Duration = Duration::from_secs(3600);

/// The accounts in use, by location and credentials.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    known: Mutex<HashMap<(Location, String), Arc<Account>>>,
}

/// Cached data of one account, as one set of credentials sees it.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Lists by address and parsing rules: two kinds may have lists of their own.
    lists: Mutex<HashMap<ListKey, Arc<Lists>>>,
    /// Marks of add-ons, by address and parsing rules.
    marks: Mutex<HashMap<ListKey, Arc<Answers<WholeMarks>>>>,
    /// Offers by address: the kinds of one cloud often share one.
    offers: AsyncMutex<HashMap<String, Asked>>,
    /// Add-ons whose deletion the cloud acknowledged: no list has to show them.
    deleted: Mutex<Vec<(Instant, Ids)>>,
}

/// Address of a list, and the rules that parse it: kinds share a list only when both are equal.
#[derive(Clone, Debug)]
pub(crate) struct ListKey {
    address: String,
    addon: Arc<Addon>,
}

/// The time of a request, and its answer; `None` when the cloud has no such offer.
type Asked = (Duration, Option<Arc<Value>>);

/// Add-ons that a list has to show, by the records of the cluster.
pub(crate) struct Expected {
    /// Their ids.
    pub(crate) ids: Vec<Ids>,
    /// The time for which lists must lack half of them before absence is the truth.
    pub(crate) absence_time: Duration,
}

/// The answers from one address.
#[derive(Debug)]
struct Answers<T> {
    newest: Mutex<Option<Arc<T>>>,
    /// The time at which the last failed request ended, and its failure. Locked during a request, so that
    /// concurrent callers share it and its result.
    failed: AsyncMutex<Option<(Duration, CloudFailure)>>,
}

/// The lists from one address.
#[derive(Debug, Default)]
struct Lists {
    answers: Answers<WholeList>,
    history: Mutex<ListHistory>,
}

impl ListKey {
    /// Returns the key of the list of a kind at this address.
    pub(crate) fn new(address: String, addon: &Arc<Addon>) -> Self {
        Self { address, addon: Arc::clone(addon) }
    }
}

impl PartialEq for ListKey {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
            && self.addon.list == other.addon.list
            && self.addon.api.identity == other.addon.api.identity
    }
}

impl Eq for ListKey {}

/// Hashes the address alone: equal keys have equal addresses, and few lists share one.
impl Hash for ListKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

impl Accounts {
    /// Returns the account at this location, as these credentials see it.
    pub(crate) fn of(&self, location: &Location, credentials: &str) -> Arc<Account> {
        let mut known = self.known.lock();
        known.entry((location.clone(), credentials.to_owned())).or_default().clone()
    }

    /// Drops all cached data of an API; called when its definition has changed.
    pub(crate) fn forget(&self, api: &str) {
        self.known.lock().retain(|(location, _), _| location.api != api);
    }
}

impl Account {
    /// Returns a list whose request was sent at `sent_after` or later, from the cache or by a new request.
    /// Concurrent callers share one request and its failure. `expected` is asked about a new list.
    pub(crate) async fn list<F>(
        &self,
        key: &ListKey,
        sent_after: Duration,
        clock: &Clock,
        (fetch, expected): (impl FnOnce() -> F, impl FnOnce() -> Expected),
    ) -> Result<Arc<WholeList>, CloudFailure>
    where
        F: Future<Output = Result<(Duration, Entries), CloudFailure>>,
    {
        let lists = self.lists(key);
        let fetch = || async {
            let (sent, entries) = fetch().await?;
            let expected = self.without_deleted(expected());
            Ok(lists.judged(sent, entries, &expected))
        };
        lists.answers.get(|list| list.sent >= sent_after, clock, fetch).await
    }

    /// Returns marks whose request was sent at `sent_after` or later, from the cache or by a new request.
    /// Concurrent callers share one request and its failure.
    pub(crate) async fn marks<F>(
        &self,
        key: &ListKey,
        sent_after: Duration,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<WholeMarks>, CloudFailure>
    where
        F: Future<Output = Result<WholeMarks, CloudFailure>>,
    {
        self.marks_at(key).get(|marks| marks.sent >= sent_after, clock, fetch).await
    }

    /// Returns the newest cached marks of this key.
    pub(crate) fn newest_marks(&self, key: &ListKey) -> Option<Arc<WholeMarks>> {
        self.marks_at(key).newest()
    }

    fn marks_at(&self, key: &ListKey) -> Arc<Answers<WholeMarks>> {
        let mut marks = self.marks.lock();
        marks.entry(key.clone()).or_default().clone()
    }

    /// Takes the fact that the cloud acknowledged the deletion of an add-on.
    pub(crate) fn deleted(&self, ids: &Ids) {
        let mut deleted = self.deleted.lock();
        deleted.retain(|(at, gone)| at.elapsed() < DELETION_TTL && !same(gone, ids));
        deleted.push((Instant::now(), ids.clone()));
    }

    /// Leaves out what was deleted.
    fn without_deleted(&self, expected: Expected) -> Expected {
        let deleted = self.deleted.lock();
        let is_left = |ids: &Ids| !deleted.iter().any(|(_, gone)| same(ids, gone));
        Expected { ids: expected.ids.into_iter().filter(is_left).collect(), ..expected }
    }

    /// Returns the newest cached list of this key.
    pub(crate) fn newest(&self, key: &ListKey) -> Option<Arc<WholeList>> {
        self.lists(key).answers.newest()
    }

    /// Drops the newest list of this key, because it was not plausible to a caller. The next call
    /// requests a new one.
    pub(crate) fn distrust(&self, key: &ListKey) {
        *self.lists(key).answers.newest.lock() = None;
    }

    fn lists(&self, key: &ListKey) -> Arc<Lists> {
        let mut lists = self.lists.lock();
        lists.entry(key.clone()).or_default().clone()
    }

    /// Returns the offer at this address, requested again when the cached answer is older than `fresh`;
    /// `None` when the cloud has no such offer.
    pub(crate) async fn offer<F>(
        &self,
        address: &str,
        now: Duration,
        fresh: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<Value>>, CloudFailure>
    where
        F: Future<Output = Result<Option<Value>, CloudFailure>>,
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

impl<T> Answers<T> {
    fn newest(&self) -> Option<Arc<T>> {
        self.newest.lock().clone()
    }

    /// Returns an answer that is fresh, from the cache or by a new request.
    async fn get<F>(
        &self,
        is_fresh: impl Fn(&T) -> bool,
        clock: &Clock,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, CloudFailure>
    where
        F: Future<Output = Result<T, CloudFailure>>,
    {
        let came = clock.now().mono;
        let mut failed = self.failed.lock().await;
        if let Some(newest) = self.newest().filter(|newest| is_fresh(newest)) {
            return Ok(newest);
        }
        if let Some((_, outcome)) = failed.as_ref().filter(|(ended, _)| *ended >= came) {
            return Err(outcome.clone());
        }
        match fetch().await {
            Ok(answer) => {
                let answer = Arc::new(answer);
                *self.newest.lock() = Some(Arc::clone(&answer));
                Ok(answer)
            }
            Err(outcome) => {
                *failed = Some((clock.now().mono, outcome.clone()));
                Err(outcome)
            }
        }
    }
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { newest: Mutex::default(), failed: AsyncMutex::default() }
    }
}

impl Lists {
    fn judged(&self, sent: Duration, entries: Entries, expected: &Expected) -> WholeList {
        let mut history = self.history.lock();
        let suspicious = history.is_suspicious(sent, &entries, &expected.ids, expected.absence_time);
        let Entries { listed, unreadable } = entries;
        WholeList { sent, listed, unreadable, suspicious }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cloud_api::client::tests::{widget, widget_with_other_list};

    #[tokio::test]
    async fn those_who_wait_share_one_list() -> Result<(), CloudFailure> {
        let (account, clock) = (Account::default(), Clock::start());
        let asked = Mutex::new(0);
        let fetch = || async {
            *asked.lock() += 1;
            Ok((Duration::from_secs(5), Entries::default()))
        };
        let (there, elsewhere) =
            (ListKey::new("there".into(), &widget()), ListKey::new("elsewhere".into(), &widget()));
        let expected = || Expected { ids: Vec::new(), absence_time: Duration::ZERO };
        account.list(&there, Duration::from_secs(5), &clock, (fetch, expected)).await?;
        account.list(&there, Duration::from_secs(4), &clock, (fetch, expected)).await?;
        assert_eq!(*asked.lock(), 1);
        account.list(&elsewhere, Duration::from_secs(4), &clock, (fetch, expected)).await?;
        assert_eq!(*asked.lock(), 2);
        Ok(())
    }

    #[test]
    fn kinds_share_a_list_only_when_they_parse_it_alike() {
        let key = |addon: &Arc<Addon>| ListKey::new("there".into(), addon);
        assert!(key(&widget()) == key(&widget()), "an equal entry was compiled twice");
        assert!(key(&widget()) != key(&widget_with_other_list()));
    }
}
