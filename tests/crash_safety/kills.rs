//! `kill -9` at every crash point of creation and deletion: between any two requests to the cloud, and
//! between any two writes to Kubernetes.
//!
//! The points are not written down but read off a life without trouble; `points.txt` lists them, with what
//! was found after the next start. All resources are brought to their points one by one, and then one kill
//! meets them all. A point after a write to Kubernetes is the hold of the request to the cloud that follows
//! it; only behind the last such request it takes a deaf wire. Behind the finalizer's end nothing can be
//! lost.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::holds::{Moment, hold, release};
use super::lives::{Life, Request, live};
use super::stage::{patient, quick, resource, scenes, stage, wired};
use super::verdict::{Promise, kept, verdicts};
use super::wire::Wire;
use harness::{Operator, Resource, Scene, World, block_on, cluster, eventually, expect};

const KINDS: [&str; 4] = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];

/// Where an operator dies, and what happens until the next one starts.
#[derive(Debug)]
struct Point {
    kind: &'static str,
    /// The resource is being created, or deleted.
    stage: Stage,
    request: Request,
    cut: Cut,
    /// The user deletes the resource while there is no operator.
    deleted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Creation,
    Deletion,
}

/// How far the operator and its request come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The request has its effect after the death of its sender.
    Orphaned,
    /// It has it only after the next operator has looked.
    Late,
    /// It had it; the answer reaches nobody.
    Unanswered,
    /// The answer came, and the next write to Kubernetes had its effect; its answer reaches nobody.
    Unheard,
}

/// A resource at its crash point, and the request that is held there.
struct Victim<'a> {
    point: &'a Point,
    resource: Resource<'a>,
    held: u64,
}

#[test]
fn a_kill_between_any_two_steps_costs_no_add_on_and_leaves_none() {
    block_on(async {
        let world = stage("kills").await;
        world.cloud.set(json!({ "listLag": 500, "lingering": 0 })).await;
        let scenes = scenes(&world, 190).await;
        let (first, wire) = wired(&world, "first", &patient()).await;
        let mut lives = Vec::new();
        for (kind, scene) in KINDS.into_iter().zip(&scenes) {
            lives.push(live(scene, kind).await);
        }
        let points: Vec<_> = lives.iter().flat_map(points).collect();
        let victims = led_there(&world, &points, &scenes[KINDS.len()..]).await;
        unheard(&world, &wire, &victims).await;
        first.crash();
        let _second = after_the_crash(&world, &victims).await;
        judge(&victims).await;
        bury(&victims).await;
    });
}

/// Every crash point of a life.
fn points(life: &Life) -> Vec<Point> {
    let point = |stage, request: &Request, cut, deleted| Point {
        kind: life.kind,
        stage,
        request: request.clone(),
        cut,
        deleted,
    };
    let deletion = life
        .deletion
        .iter()
        .flat_map(|request| cuts(request).map(move |cut| point(Stage::Deletion, request, cut, false)));
    let last = life.creation.last().unwrap();
    let creation = life
        .creation
        .iter()
        .flat_map(|request| cuts(request).map(move |cut| (request, cut)))
        .chain([(last, Cut::Unheard)]);
    let fates = creation.flat_map(|(request, cut)| {
        [false, true].map(|deleted| point(Stage::Creation, request, cut, deleted))
    });
    deletion.chain(fates).collect()
}

/// A read has no effect that could be late. Nor is it of any matter, when the same is set twice.
fn cuts(request: &Request) -> impl Iterator<Item = Cut> + use<> {
    let late = ["create", "delete"].contains(&request.operation.as_str());
    let cuts = [(request.writes, Cut::Orphaned), (late, Cut::Late), (true, Cut::Unanswered)];
    cuts.into_iter().filter_map(|(there, cut)| there.then_some(cut))
}

/// Brings a resource to each point, one after the other; those that came before are held there.
async fn led_there<'a>(world: &World, points: &'a [Point], scenes: &'a [Scene]) -> Vec<Victim<'a>> {
    assert!(points.len() <= scenes.len(), "{} points", points.len());
    let resources: Vec<_> =
        points.iter().zip(scenes).map(|(point, scene)| (point, resource(scene, point.kind))).collect();
    let to_delete: Vec<_> =
        resources.iter().filter(|(point, _)| point.stage == Stage::Deletion).map(|(_, one)| one).collect();
    for resource in &to_delete {
        resource.apply().await;
    }
    kept(&to_delete.into_iter().map(|resource| (resource, Promise::One)).collect::<Vec<_>>()).await;
    let mut victims = Vec::new();
    for (point, resource) in resources {
        let act = async || match point.stage {
            Stage::Creation => drop(resource.apply().await),
            Stage::Deletion => resource.delete().await,
        };
        let held = hold(&world.cloud, &point.request.held(point.cut.moment()), act).await;
        victims.push(Victim { point, resource, held });
    }
    victims
}

/// Lets the write that follows the last answer happen, and nobody hear of it.
async fn unheard(world: &World, wire: &Wire, victims: &[Victim<'_>]) {
    let unheard = || victims.iter().filter(|victim| victim.point.cut == Cut::Unheard);
    let before = writes(world, victims);
    wire.go_deaf();
    release(&world.cloud, unheard().map(|victim| victim.held)).await;
    let written = async || {
        let now = writes(world, victims);
        let one_more =
            |victim: &Victim<'_>| now.get(victim.resource.name()) > before.get(victim.resource.name());
        unheard().all(one_more).then_some(())
    };
    eventually("the writes whose answers nobody hears", written).await;
}

/// How many writes there were to each resource and its Secret, by the audit log.
fn writes(world: &World, victims: &[Victim<'_>]) -> BTreeMap<String, usize> {
    let namespace = victims.first().map(|victim| victim.resource.scene.namespace.clone()).unwrap_or_default();
    let mut writes = BTreeMap::new();
    for write in cluster::writes(&world.user(), &namespace) {
        let name =
            write["objectRef"]["name"].as_str().unwrap_or_default().trim_end_matches("-secrets").to_owned();
        *writes.entry(name).or_insert(0) += 1;
    }
    writes
}

/// The user deletes, requests of the dead arrive, and another operator starts.
async fn after_the_crash(world: &World, victims: &[Victim<'_>]) -> Operator {
    let latest = world.cloud.latest().await;
    for victim in victims.iter().filter(|victim| victim.point.deleted) {
        victim.resource.delete().await;
    }
    let (late, soon): (Vec<_>, Vec<_>) = victims.iter().partition(|victim| victim.point.cut == Cut::Late);
    release(&world.cloud, soon.iter().map(|victim| victim.held)).await;
    let second = world.operator("second", &quick()).await;
    for victim in late {
        let organisation = &victim.resource.scene.organisation;
        let of_this = |entry: &Value| entry["path"].as_str().is_some_and(|path| path.contains(organisation));
        let is_look = |entry: &Value| {
            of_this(entry) && (entry["operation"] == "list" || entry["operation"] == "delete")
        };
        let looked = async || world.cloud.log(latest).await.iter().any(is_look).then_some(());
        eventually(&format!("a look at {organisation}"), looked).await;
        release(&world.cloud, [victim.held]).await;
    }
    second
}

/// Waits until every promise is kept, and compares the table of all points with the expected one.
async fn judge(victims: &[Victim<'_>]) {
    let promised: Vec<_> = victims.iter().map(|victim| (&victim.resource, victim.point.promise())).collect();
    let found = verdicts(&promised).await;
    let row = |(victim, found): (&Victim<'_>, &Result<String, String>)| match found {
        Ok(found) => format!("{}{found}\n", victim.point),
        Err(amiss) => format!("{}AMISS: {amiss}\n", victim.point),
    };
    let table: String = victims.iter().zip(&found).map(row).collect();
    println!("{table}");
    expect("crash_safety/points.txt", &table);
}

/// What survived a crash can be deleted like anything else.
async fn bury(victims: &[Victim<'_>]) {
    let survivors: Vec<_> = victims.iter().filter(|victim| victim.point.promise() == Promise::One).collect();
    for victim in &survivors {
        victim.resource.delete().await;
    }
    kept(&survivors.iter().map(|victim| (&victim.resource, Promise::None)).collect::<Vec<_>>()).await;
}

impl Point {
    fn promise(&self) -> Promise {
        if self.deleted || self.stage == Stage::Deletion { Promise::None } else { Promise::One }
    }
}

impl Cut {
    fn moment(self) -> Moment {
        match self {
            Self::Orphaned | Self::Late => Moment::Arrived,
            Self::Unanswered | Self::Unheard => Moment::Done,
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Creation => "creation",
            Stage::Deletion => "deletion",
        };
        let cut = match self.cut {
            Cut::Orphaned => "effect after the death",
            Cut::Late => "effect after the next look",
            Cut::Unanswered => "effect without an answer",
            Cut::Unheard => "answered, then an unanswered write",
        };
        let request = format!("{} {}", self.request.operation, self.request.nth + 1);
        let fate = if self.deleted { "deleted meanwhile" } else { "" };
        write!(f, "{:<15}{stage:<10}{request:<21}{cut:<36}{fate:<19}", self.kind)
    }
}
