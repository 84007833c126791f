//! One list-watch: keeps the cache in step, turns events into differences, starts over after an error.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use kube::{
    Api,
    api::ApiResource,
    runtime::{
        reflector::{Lookup, Store, store::Writer},
        watcher::{self, Config, DefaultBackoff, Event, watcher},
    },
};
use tokio::{
    sync::{
        Notify,
        watch::{Receiver, Sender, channel},
    },
    time::{Instant, sleep, sleep_until},
};

use super::{
    Key, Kind,
    trouble::{Trouble, explain, is_expiry},
    watch_types::{Change, Changes, Health, Watched},
};

/// How long the API server keeps one watch open. There are no pings on HTTP/1.1, so this is also how long a connection
/// may be dead unnoticed; picking up again costs one small request.
const WATCH_SECONDS: u32 = 60;

/// A first list that takes longer than this is worth a line in the log.
const LATE: Duration = Duration::from_secs(30);

/// A watch is picked up where it was left. What changes in an object without a write, because its definition has changed, shows in a list alone;
/// so there is one now and then, with nobody asking for it.
const LISTED_ANEW: Duration = Duration::from_secs(900);

/// A trouble that comes back after this is a new one.
const FORGOTTEN: Duration = Duration::from_secs(300);

/// What is followed.
pub(super) struct Source<K> {
    pub(super) api: Api<K>,
    pub(super) select: Select,
    pub(super) kind: Kind,
}

/// Which objects of a kind.
#[derive(Debug, Clone)]
pub(super) enum Select {
    All,
    /// Those with these labels.
    Labelled(String),
    /// Those of this name, one in each namespace.
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

struct Feed<K: Watched> {
    source: Source<K>,
    events: BoxStream<'static, watcher::Result<Event<K>>>,
    backoff: DefaultBackoff,
    mirror: Mirror<K>,
    health: Sender<Health>,
    late_at: Option<Instant>,
    again: Arc<Notify>,
    again_at: Instant,
    last_trouble: Option<(Trouble, Instant)>,
    complained: bool,
    pending: VecDeque<Change<K>>,
}

/// The cache, seen from the side that writes it.
struct Mirror<K: Watched> {
    writer: Writer<K>,
    store: Store<K>,
    resource: ApiResource,
}

/// Nothing is asked of the API server before the changes are polled, and nothing after they are dropped.
pub(super) fn feed<K: Watched>(source: Source<K>, again: Arc<Notify>) -> (Store<K>, Receiver<Health>, Changes<K>) {
    let mirror = Mirror::new(source.kind.resource());
    let store = mirror.store.clone();
    let (health, seen_health) = channel(Health::Starting);
    let feed = Feed {
        events: source.events(),
        source,
        backoff: DefaultBackoff::default(),
        mirror,
        health,
        late_at: Some(Instant::now() + LATE),
        again,
        again_at: Instant::now() + LISTED_ANEW,
        last_trouble: None,
        complained: false,
        pending: VecDeque::new(),
    };
    let changes = stream::unfold(feed, |feed| feed.next().map(Some)).boxed();
    (store, seen_health, changes)
}

impl<K: Watched> Source<K> {
    /// List, then watch: streaming lists never fall back where the server does not serve them.
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

impl<K: Watched> Feed<K> {
    async fn next(mut self) -> (Change<K>, Self) {
        loop {
            if let Some(change) = self.pending.pop_front() {
                return (change, self);
            }
            let asked = self.again.clone();
            let due = sleep_until(self.again_at);
            let event = tokio::select! {
                event = self.event() => event,
                () = asked.notified() => None,
                () = due => None,
            };
            match event {
                Some(Ok(event)) => self.take(event),
                Some(Err(error)) => self.start_over(&error).await,
                None => {
                    self.again_at = Instant::now() + LISTED_ANEW;
                    self.events = self.source.events();
                }
            }
        }
    }

    async fn event(&mut self) -> Option<watcher::Result<Event<K>>> {
        let Some(late_at) = self.late_at else {
            return self.events.next().await;
        };
        tokio::select! {
            event = self.events.next() => event,
            () = sleep_until(late_at) => {
                let kind = &self.source.kind;
                tracing::warn!(%kind, "no complete list after {} s, still trying", LATE.as_secs());
                self.late_at = None;
                self.events.next().await
            }
        }
    }

    fn take(&mut self, mut event: Event<K>) {
        event = event.modify(|object| object.meta_mut().managed_fields = None);
        let listed = matches!(event, Event::InitDone);
        self.pending.extend(self.mirror.digest(&event));
        if listed {
            self.late_at = None;
            self.again_at = Instant::now() + LISTED_ANEW;
            self.establish();
        }
    }

    /// Starts with a list again, because a resumed watch that stays quiet cannot be told from one that does not work.
    async fn start_over(&mut self, error: &watcher::Error) {
        if !is_expiry(error) {
            let trouble = explain(error, &self.source.kind, self.source.api.namespace(), self.source.select.name());
            self.fail(trouble);
        }
        self.events = self.source.events();
        sleep(self.backoff.next().unwrap_or(LATE)).await;
    }

    fn establish(&mut self) {
        let before = self.health.send_replace(Health::Established);
        if matches!(before, Health::Failing(_)) && std::mem::take(&mut self.complained) {
            tracing::info!(kind = %self.source.kind, "watch works again");
        }
    }

    /// One line per trouble, however often a try fails, and also where every other try gets as far as the list.
    fn fail(&mut self, trouble: Trouble) {
        let known = self.last_trouble.as_ref().is_some_and(|(last, at)| *last == trouble && at.elapsed() < FORGOTTEN);
        if !known {
            tracing::warn!(kind = %self.source.kind, "watch failing: {trouble}");
            self.complained = true;
        }
        self.last_trouble = Some((trouble.clone(), Instant::now()));
        self.health.send_replace(Health::Failing(trouble));
    }
}

impl<K: Watched> Mirror<K> {
    fn new(resource: ApiResource) -> Self {
        let writer = Writer::new(resource.clone());
        Self { store: writer.as_reader(), writer, resource }
    }

    /// Brings the cache in step with an event, and says what differs now.
    fn digest(&mut self, event: &Event<K>) -> Vec<Change<K>> {
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
                step(before, self.store.get(&reference))
            }
            Event::Delete(object) => {
                self.writer.apply_watcher_event(event);
                vec![Change::Vanished(Arc::new(object.clone()))]
            }
        }
    }
}

fn differences<K: Watched>(before: Vec<Arc<K>>, after: Vec<Arc<K>>) -> Vec<Change<K>> {
    let mut before: HashMap<Key, Arc<K>> = before.into_iter().map(|object| (Key::of(object.meta()), object)).collect();
    let mut changes: Vec<_> = after.into_iter().flat_map(|object| step(before.remove(&Key::of(object.meta())), Some(object))).collect();
    changes.extend(before.into_values().map(Change::Vanished));
    changes
}

fn step<K: Watched>(before: Option<Arc<K>>, after: Option<Arc<K>>) -> Vec<Change<K>> {
    match (before, after) {
        (None, None) => vec![],
        (None, Some(after)) => vec![Change::Appeared(after)],
        (Some(before), None) => vec![Change::Vanished(before)],
        (Some(before), Some(after)) if before.meta().uid != after.meta().uid => {
            vec![Change::Vanished(before), Change::Appeared(after)]
        }
        (Some(before), Some(after))
            if before.meta().resource_version == after.meta().resource_version && before.has_same_content(&after) =>
        {
            vec![]
        }
        (Some(before), Some(after)) => vec![Change::Changed { before, after }],
    }
}

#[cfg(test)]
mod tests;
