//! One conversation out of two logs: what an operator asked the cloud, and what it wrote into the cluster, in
//! the order in which it happened and in words that are the same in every run.

mod cloud_lines;
mod cluster_lines;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::placeholders::Placeholders;
use super::{Scene, cluster, eventually};

/// Listens to what is said about a scene.
pub struct Conversation<'a> {
    scene: &'a Scene,
    chapters: Vec<Chapter>,
}

/// A part of the conversation, from one deed of the user's to the next.
struct Chapter {
    title: String,
    begun: Duration,
    lists: Lists,
}

/// Which lists belong to what happens in a chapter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// All of them.
    All,
    /// The first: what comes later is the check that falls due while a busy machine is slow.
    First,
    /// None: it begins and ends at rest, and the lists in between are the ones that all settled resources
    /// share.
    None,
}

/// One thing that was said.
pub struct Remark {
    /// Since the epoch. The cloud knows milliseconds, the API server microseconds.
    at: Duration,
    pub said: Said,
}

pub enum Said {
    Cloud(Value),
    Cluster(Value),
}

impl<'a> Conversation<'a> {
    pub fn of(scene: &'a Scene) -> Self {
        Self { scene, chapters: Vec::new() }
    }

    /// Begins a chapter of something that is not settled, or will not be.
    pub fn chapter(&mut self, title: &str) {
        self.begin(title, Lists::All);
    }

    /// Begins a chapter of something that comes, and needs one look at what is there.
    pub fn coming_chapter(&mut self, title: &str) {
        self.begin(title, Lists::First);
    }

    /// Begins a chapter of something settled that will be settled again.
    pub fn settled_chapter(&mut self, title: &str) {
        self.begin(title, Lists::None);
    }

    fn begin(&mut self, title: &str, lists: Lists) {
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.chapters.push(Chapter { title: title.to_owned(), begun, lists });
    }

    /// Waits until the cloud was asked for its list so often since the chapter began.
    pub async fn lists(&self, times: usize) {
        let what = format!("{times} lists of {}", self.scene.organisation);
        eventually(&what, async || (self.list_times().await.len() >= times).then_some(())).await;
    }

    /// When the cloud was asked for its list in this chapter, since the epoch.
    pub async fn list_times(&self) -> Vec<Duration> {
        self.remarks()
            .await
            .iter()
            .filter(|remark| self.is_now(remark) && remark.is_list())
            .map(|remark| remark.at)
            .collect()
    }

    /// What was said in this chapter, but for the lists that the settled share.
    pub async fn said(&self) -> Vec<Remark> {
        let mut remarks = self.without_shared(self.all().await);
        remarks.retain(|remark| self.is_now(remark));
        remarks
    }

    /// All of it, for people.
    pub async fn text(&self) -> String {
        let remarks = self.without_shared(self.all().await);
        let mut teller = Teller::of(self.scene, &remarks);
        let mut text = String::new();
        // What came before is not told, but only what differs from it is.
        let begun = self.chapters.first().map(|chapter| chapter.begun).unwrap_or_default();
        remarks.iter().filter(|remark| remark.at < begun).for_each(|remark| drop(teller.tell(remark)));
        for (number, chapter) in self.chapters.iter().enumerate() {
            let next = self.chapters.get(number + 1).map_or(Duration::MAX, |next| next.begun);
            text += &format!("{}== {}\n", if number == 0 { "" } else { "\n" }, chapter.title);
            let said = remarks.iter().filter(|remark| (chapter.begun..next).contains(&remark.at));
            // What was settled when the chapter began may have been looked at once more.
            let said = said.skip_while(|remark| number > 0 && remark.is_list());
            // Events are sent besides, and may come late.
            let (events, rest): (Vec<_>, Vec<_>) = said.partition(|remark| remark.is_event());
            let said = rest.into_iter().chain(events);
            let lines = repeated_once(said.map(|remark| teller.tell(remark)).collect());
            text += if lines.is_empty() { "(nothing but the list that all share)\n" } else { &lines };
        }
        text
    }

    /// A text that is no part of it, in the words of its beginning: what is named there is named likewise.
    pub async fn words(&self, text: &str) -> String {
        let remarks = self.all().await;
        let mut teller = Teller::of(self.scene, &remarks);
        remarks.iter().for_each(|remark| drop(teller.tell(remark)));
        teller.placeholders.put(text)
    }

    fn is_now(&self, remark: &Remark) -> bool {
        self.chapters.last().is_none_or(|chapter| remark.at >= chapter.begun)
    }

    fn without_shared(&self, remarks: Vec<Remark>) -> Vec<Remark> {
        let mut seen = None;
        let mut is_shared = |remark: &Remark| {
            let chapter =
                self.chapters.iter().rfind(|chapter| chapter.begun <= remark.at).filter(|_| remark.is_list());
            chapter.is_some_and(|chapter| match chapter.lists {
                Lists::All => false,
                Lists::First => seen.replace(chapter.begun) == Some(chapter.begun),
                Lists::None => true,
            })
        };
        remarks.into_iter().filter(|remark| !is_shared(remark)).collect()
    }

    async fn all(&self) -> Vec<Remark> {
        let writes = cluster::writes(&self.scene.world.user(), &self.scene.namespace);
        // Who waits for the budget, and for how many, depends on the other tests.
        let writes = writes.into_iter().filter(|write| !is_of_the_queue(write));
        let mut all: Vec<_> = writes.map(cluster_lines::remark).chain(self.remarks().await).collect();
        // Between the beginnings of two requests in a row lies the answer to the first, so milliseconds tell
        // them apart.
        all.sort_by_key(|remark| (remark.at, matches!(remark.said, Said::Cluster(_))));
        all
    }

    async fn remarks(&self) -> Vec<Remark> {
        cloud_lines::about(self.scene).await
    }
}

fn is_of_the_queue(write: &Value) -> bool {
    write["objectRef"]["subresource"] == "status"
        && write["requestObject"].to_string().contains("queued behind ")
}

/// How often something is tried again depends on how long one looks.
fn repeated_once(lines: Vec<String>) -> String {
    let again = |run: &[String]| {
        if run.len() > 1 { format!("{}       (and again, later)\n", run[0]) } else { run[0].clone() }
    };
    lines.chunk_by(|one, next| one == next).map(again).collect()
}

impl Remark {
    pub fn is_list(&self) -> bool {
        matches!(&self.said, Said::Cloud(entry) if entry["operation"] == "list")
    }

    fn is_event(&self) -> bool {
        matches!(&self.said, Said::Cluster(write) if write["objectRef"]["resource"] == "events")
    }

    pub fn is_cloud(&self) -> bool {
        matches!(self.said, Said::Cloud(_))
    }

    /// What the offers are is asked for once in a while, for all.
    pub fn is_offers(&self) -> bool {
        matches!(&self.said, Said::Cloud(entry) if ["providers", "provider-versions"].iter().any(|name| entry["operation"] == *name))
    }
}

/// Puts remarks into lines, and remembers what was said before.
struct Teller {
    placeholders: Placeholders,
    written: cluster_lines::Written,
}

impl Teller {
    fn of(scene: &Scene, remarks: &[Remark]) -> Self {
        let mut placeholders = Placeholders::default();
        placeholders.learn(&scene.organisation, "organisation");
        placeholders.learn(&scene.namespace, "namespace");
        placeholders.learn(scene.world.cloud.url(), "endpoint");
        for remark in remarks {
            if let Said::Cluster(write) = &remark.said {
                cluster_lines::learn(&mut placeholders, write);
            }
        }
        Self { placeholders, written: cluster_lines::Written::default() }
    }

    fn tell(&mut self, remark: &Remark) -> String {
        let line = match &remark.said {
            Said::Cloud(entry) => cloud_lines::line(entry),
            Said::Cluster(write) => self.written.line(write),
        };
        self.placeholders.put(&line)
    }
}
