//! The reflector: lists and watches, keeps the store in sync, turns events into changes, and starts over
//! after an error.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use kube::Api;
use kube::api::ApiResource;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{Lookup, Store};
use kube::runtime::watcher::{self, Config, DefaultBackoff, Event, watcher};
use tokio::sync::Notify;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep, sleep_until};

use crate::cluster::kind::{Key, Kind};
use crate::cluster::watch_failure::{WatchFailure, describe, is_expiry};
use crate::cluster::watch_types::{Change, Changes, Health, Watched};

/// Lifetime of one watch at the API server. HTTP/1.1 has no pings, so a dead connection may go unnoticed for
/// as long; resuming a watch costs one small request.
const WATCH_SECONDS: u32 = 60;

/// Time after which a first list that has not completed is logged.
const SLOW_LIST: Duration = Duration::from_secs(30);

/// Interval of full lists. A resumed watch does not show changes that come without a write, from a changed
/// definition; only a list does.
const RELIST_INTERVAL: Duration = Duration::from_secs(900);

/// A failure that comes back after this time is logged again.
const LOG_AGAIN_AFTER: Duration = Duration::from_secs(300);

/// The objects to list and watch.
pub(super) struct Source<K> {
    pub(super) api: Api<K>,
    pub(super) select: Select,
    pub(super) kind: Kind,
}

/// A selection of the objects of a kind.
#[derive(Debug, Clone)]
pub(super) enum Select {
    All,
    /// Objects with these labels.
    Labelled(String),
    /// Objects of this name, one in each namespace.
    Named(String),
}

impl Select {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::All | Self::Labelled(_) => None,
        }
    }
}

struct Reflector<K: Watched> {
    source: Source<K>,
    events: BoxStream<'static, watcher::Result<Event<K>>>,
    backoff: DefaultBackoff,
    writer: StoreWriter<K>,
    health: Sender<Health>,
    slow_at: Option<Instant>,
    relist: Arc<Notify>,
    relist_at: Instant,
    last_failure: Option<(WatchFailure, Instant)>,
    logged: bool,
    pending: VecDeque<Change<K>>,
}

/// The store and its writer.
struct StoreWriter<K: Watched> {
    writer: Writer<K>,
    store: Store<K>,
    resource: ApiResource,
}

/// Starts a reflector. It sends nothing before the changes are polled, and nothing after they are dropped.
pub(super) fn reflect<K: Watched>(
    source: Source<K>,
    relist: Arc<Notify>,
) -> (Store<K>, Receiver<Health>, Changes<K>) {
    let writer = StoreWriter::new(source.kind.resource());
    let store = writer.store.clone();
    let (health, seen_health) = channel(Health::Starting);
    let reflector = Reflector {
        events: source.events(),
        source,
        backoff: DefaultBackoff::default(),
        writer,
        health,
        slow_at: Some(Instant::now() + SLOW_LIST),
        relist,
        relist_at: Instant::now() + RELIST_INTERVAL,
        last_failure: None,
        logged: false,
        pending: VecDeque::new(),
    };
    let changes = stream::unfold(reflector, |reflector| reflector.next().map(Some)).boxed();
    (store, seen_health, changes)
}

impl<K: Watched> Source<K> {
    /// Lists, then watches: kube's streaming lists have no fallback where the server does not serve them.
    fn events(&self) -> BoxStream<'static, watcher::Result<Event<K>>> {
        let config = Config::default().timeout(WATCH_SECONDS);
        let config = match &self.select {
            Select::All => config,
            Select::Labelled(labels) => config.labels(labels),
            Select::Named(name) => config.fields(&format!("metadata.name={name}")),
        };
        watcher(self.api.clone(), config).boxed()
    }
}

impl<K: Watched> Reflector<K> {
    async fn next(mut self) -> (Change<K>, Self) {
        loop {
            if let Some(change) = self.pending.pop_front() {
                return (change, self);
            }
            let requested = self.relist.clone();
            let due = sleep_until(self.relist_at);
            let event = tokio::select! {
                event = self.event() => event,
                () = requested.notified() => None,
                () = due => None,
            };
            match event {
                Some(Ok(event)) => self.take(event),
                Some(Err(error)) => self.start_over(&error).await,
                None => {
                    self.relist_at = Instant::now() + RELIST_INTERVAL;
                    self.events = self.source.events();
                }
            }
        }
    }

    async fn event(&mut self) -> Option<watcher::Result<Event<K>>> {
        let Some(slow_at) = self.slow_at else {
            return self.events.next().await;
        };
        tokio::select! {
            event = self.events.next() => event,
            () = sleep_until(slow_at) => {
                let kind = &self.source.kind;
                tracing::warn!(%kind, seconds = SLOW_LIST.as_secs(), "first list is slow, still waiting");
                self.slow_at = None;
                self.events.next().await
            }
        }
    }

    fn take(&mut self, mut event: Event<K>) {
        event = event.modify(|object| object.meta_mut().managed_fields = None);
        let listed = matches!(event, Event::InitDone);
        self.pending.extend(self.writer.apply(&event));
        if listed {
            self.slow_at = None;
            self.relist_at = Instant::now() + RELIST_INTERVAL;
            self.establish();
        }
    }

    /// Starts over with a list, because a resumed watch that stays quiet cannot be told from a broken one.
    async fn start_over(&mut self, error: &watcher::Error) {
        if !is_expiry(error) {
            let failure =
                describe(error, &self.source.kind, self.source.api.namespace(), self.source.select.name());
            self.report(failure);
        }
        self.events = self.source.events();
        sleep(self.backoff.next().unwrap_or(SLOW_LIST)).await;
    }

    fn establish(&mut self) {
        let before = self.health.send_replace(Health::Established);
        if matches!(before, Health::Failing(_)) && std::mem::take(&mut self.logged) {
            tracing::info!(kind = %self.source.kind, "watch recovered");
        }
    }

    /// Reports a failure and logs it once, also if every other try gets as far as the list.
    fn report(&mut self, failure: WatchFailure) {
        let known = self
            .last_failure
            .as_ref()
            .is_some_and(|(last, at)| *last == failure && at.elapsed() < LOG_AGAIN_AFTER);
        if !known {
            tracing::warn!(kind = %self.source.kind, %failure, "watch failing");
            self.logged = true;
        }
        self.last_failure = Some((failure.clone(), Instant::now()));
        self.health.send_replace(Health::Failing(failure));
    }
}

impl<K: Watched> StoreWriter<K> {
    fn new(resource: ApiResource) -> Self {
        let writer = Writer::new(resource.clone());
        Self { store: writer.as_reader(), writer, resource }
    }

    /// Applies an event to the store, and returns the changes.
    fn apply(&mut self, event: &Event<K>) -> Vec<Change<K>> {
        match event {
            Event::Init | Event::InitApply(_) => {
                self.writer.apply_watcher_event(event);
                Vec::new()
            }
            Event::InitDone => {
                let before = self.store.state();
                self.writer.apply_watcher_event(event);
                differences(before, self.store.state())
            }
            Event::Apply(object) => {
                let reference = object.to_object_ref(self.resource.clone());
                let before = self.store.get(&reference);
                self.writer.apply_watcher_event(event);
                change(before, self.store.get(&reference))
            }
            Event::Delete(object) => {
                self.writer.apply_watcher_event(event);
                vec![Change::Deleted(Arc::new(object.clone()))]
            }
        }
    }
}

fn differences<K: Watched>(before: Vec<Arc<K>>, after: Vec<Arc<K>>) -> Vec<Change<K>> {
    let mut before: HashMap<Key, Arc<K>> =
        before.into_iter().map(|object| (Key::of(object.meta()), object)).collect();
    let mut changes: Vec<_> = after
        .into_iter()
        .flat_map(|object| change(before.remove(&Key::of(object.meta())), Some(object)))
        .collect();
    changes.extend(before.into_values().map(Change::Deleted));
    changes
}

fn change<K: Watched>(before: Option<Arc<K>>, after: Option<Arc<K>>) -> Vec<Change<K>> {
    match (before, after) {
        (None, None) => vec![],
        (None, Some(after)) => vec![Change::Added(after)],
        (Some(before), None) => vec![Change::Deleted(before)],
        (Some(before), Some(after)) if before.meta().uid != after.meta().uid => {
            vec![Change::Deleted(before), Change::Added(after)]
        }
        (Some(before), Some(after))
            if before.meta().resource_version == after.meta().resource_version
                && before.has_same_content(&after) =>
        {
            vec![]
        }
        (Some(before), Some(after)) => vec![Change::Modified { before, after }],
    }
}

#[cfg(test)]
mod tests;
