//! Controllers come and go with the catalog: a post for each kind that is interpreted. When the entry of a kind changes, another controller
//! takes its place at the same post, and goes on with what is known; nobody else notices.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Kind;
use crate::cluster::watch::watch_kind;
use crate::cluster::workers::{Workers, work};
use crate::engine::context::Engine;
use crate::engine::controllers::crds;
use crate::engine::kind::controller::{Controller, Dossiers};
use crate::engine::kind::spec::{Charge, kind_of};
use crate::engine::object_ref::Subject;
use crate::telemetry::Watch;

/// Passes that run at the same time, for each kind. Most of them wait for a permit or an answer.
const PASSES_AT_ONCE: usize = 1024;
/// How long passes may take to end when the operator is told to stop; shorter than a pod's grace period.
pub(crate) const ORDERLY: Duration = Duration::from_secs(8);

/// The posts, by the names of their definitions.
#[derive(Default)]
pub(crate) struct Posts {
    posts: BTreeMap<String, Post>,
    /// Those that were told to end, and may not have: what is at such a post must not be begun twice.
    ending: BTreeMap<String, Post>,
}

/// The place of one kind.
struct Post {
    kind: Kind,
    charge: watch::Sender<Charge>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    dossiers: Dossiers,
}

/// What works at a post has been told.
struct Manned {
    kind: Kind,
    charge: watch::Receiver<Charge>,
    stop: watch::Receiver<bool>,
    dossiers: Dossiers,
    /// Who had the post before, under other names.
    before: Option<JoinHandle<()>>,
}

/// Who holds a post now.
#[derive(Clone)]
struct Holder(Arc<RwLock<Arc<Controller>>>);

impl Posts {
    /// Fills the posts: what is new begins, what has changed is replaced, what is not wanted any more ends; the rest does not notice.
    pub(crate) fn fill(&mut self, engine: &Arc<Engine>, wanted: BTreeMap<String, Charge>) {
        let gone: Vec<_> = self.posts.keys().filter(|definition| !wanted.contains_key(*definition)).cloned().collect();
        for definition in gone {
            if let Some(post) = self.posts.remove(&definition) {
                tracing::info!(definition, "its controller ends: nothing of its kind is left to look after");
                post.stop.send_replace(true);
                engine.unlisted.end(&definition);
                engine.telemetry.health.unwatch(&definition);
                self.ending.insert(definition, post);
            }
        }
        self.ending.retain(|_, post| !post.task.is_finished());
        for (definition, charge) in wanted {
            self.fill_one(engine, definition, charge);
        }
    }

    /// Ends all of them, and waits for that, no longer than this.
    pub(crate) async fn close(&mut self, deadline: Duration) {
        let (posts, ending) = (std::mem::take(&mut self.posts), std::mem::take(&mut self.ending));
        for post in posts.values() {
            post.stop.send_replace(true);
        }
        let ended = async {
            for post in posts.into_values().chain(ending.into_values()) {
                // One that has panicked has ended, too.
                let _ = post.task.await;
            }
        };
        let _ = tokio::time::timeout(deadline, ended).await;
    }

    fn fill_one(&mut self, engine: &Arc<Engine>, definition: String, charge: Charge) {
        let kind = kind_of(&charge.addon);
        match self.posts.remove(&definition) {
            Some(post) if post.kind == kind => {
                let is_new = |held: &mut Charge| {
                    let new = held.digest != charge.digest || held.retired != charge.retired;
                    if new {
                        *held = charge;
                    }
                    new
                };
                post.charge.send_if_modified(is_new);
                self.posts.insert(definition, post);
            }
            before => {
                let before = before.or_else(|| self.ending.remove(&definition));
                // Before anybody may be told that everything is well.
                engine.telemetry.health.watch(&definition, Watch::Waiting("not looked for yet".into()));
                engine.unlisted.begin(&definition, &charge.addon.api.name, &kind.kind);
                self.posts.insert(definition, Post::open(engine, kind, charge, before));
            }
        }
    }
}

impl Post {
    fn open(engine: &Arc<Engine>, kind: Kind, charge: Charge, before: Option<Self>) -> Self {
        let (charge, seen_charge) = watch::channel(charge);
        let (stop, seen_stop) = watch::channel(false);
        let dossiers = before.as_ref().map(|before| before.dossiers.clone()).unwrap_or_default();
        let before = before.map(|before| {
            before.stop.send_replace(true);
            before.task
        });
        let manned = Manned { kind: kind.clone(), charge: seen_charge, stop: seen_stop, dossiers: dossiers.clone(), before };
        let task = tokio::spawn(manned.work(engine.clone()));
        Self { kind, charge, stop, task, dossiers }
    }
}

impl Manned {
    /// Waits for the kind's definition, then works on its resources while this process leads; until it is told to stop.
    async fn work(mut self, engine: Arc<Engine>) {
        if let Some(before) = self.before.take() {
            // One that has panicked has ended, too.
            let _ = before.await;
        }
        let definition = self.kind.to_string();
        let kept = watch::Sender::new(false);
        let seen_kept = kept.subscribe();
        tokio::select! {
            () = crds::keep(&engine, &definition, self.charge.clone(), kept) => (),
            () = self.begin(&engine, seen_kept) => (),
        }
    }

    async fn begin(&self, engine: &Arc<Engine>, kept: watch::Receiver<bool>) {
        let (mut stop, mut charge) = (self.stop.clone(), self.charge.clone());
        let built_in = charge.borrow().built_in;
        tokio::select! {
            () = crds::claimed(engine, &self.kind, built_in, kept) => (),
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let (watch, changes) = watch_kind(&engine.cluster, &self.kind, &engine.bounds.scope);
        let given = charge.borrow_and_update().clone();
        let controller = Arc::new(Controller::new(&given, watch, &engine.config().operator, self.dossiers.clone()));
        controller.queue.pause();
        engine.take_up(&controller);
        engine.unlisted.end(&self.kind.to_string());
        let holder = Holder(Arc::new(RwLock::new(controller.clone())));
        tokio::select! {
            () = controller.follow(changes) => tracing::error!(kind = %self.kind, "the watch has ended"),
            () = replace(engine, &holder, charge) => (),
            () = lead(engine, &holder, stop) => (),
        }
        // Whoever has the post next begins after this.
        engine.leave(&self.kind.to_string());
    }
}

/// Puts another in the place of who holds the post, whenever the entry of the kind changes. Without end.
async fn replace(engine: &Arc<Engine>, holder: &Holder, mut charge: watch::Receiver<Charge>) {
    while charge.changed().await.is_ok() {
        let given = charge.borrow_and_update().clone();
        let old = holder.now();
        let new = Arc::new(old.successor(&given, &engine.config().operator));
        if new.asks != old.asks {
            engine.accounts.forget(&old.addon.api.name);
        }
        *holder.0.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        engine.take_up(&new);
        new.queue_all();
        tracing::info!(kind = %new.kind, retired = new.retired, "its entry has changed; its controller goes on with the new one");
    }
    std::future::pending().await
}

/// Runs passes: for every resource while this process leads, else only where it owes something.
async fn lead(engine: &Arc<Engine>, holder: &Holder, mut stop: watch::Receiver<bool>) {
    let workers = workers(engine, holder);
    tokio::select! {
        () = take_turns(engine, holder) => (),
        _ = stop.wait_for(|stop| *stop) => (),
    }
    if !workers.stop(ORDERLY).await {
        let kind = &holder.now().kind;
        tracing::warn!(%kind, "not every pass has ended in time; what they were at is taken up again after the next start");
    }
}

async fn take_turns(engine: &Engine, holder: &Holder) {
    let controller = holder.now();
    controller.ready().await;
    // Before, nobody can tell in which namespaces the operator's own credentials are in force.
    engine.overrides.ready().await;
    controller.queue.resume();
    loop {
        engine.leadership.elected().await;
        holder.now().queue_all();
        engine.leadership.lost().await;
    }
}

fn workers(engine: &Arc<Engine>, holder: &Holder) -> Workers<Subject> {
    let (engine, holder) = (engine.clone(), holder.clone());
    work(holder.now().queue.clone(), PASSES_AT_ONCE, move |subject| holder.now().pass(engine.clone(), subject))
}

impl Holder {
    fn now(&self) -> Arc<Controller> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
