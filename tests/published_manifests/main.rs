//! The manifests of the product's public pages, word for word, by the pages' own commands: a folder of
//! `tests/published_manifests` for each.
//!
//! `commands` are the page's lines. `correction.json` is what a user writes instead, where the cloud of today
//! does not have what the page asks for: every value in it stands in the message that the user reads.
//! `today.txt` and `older.txt` are what the user is told, with the offers of today and with older ones.
//! `UPDATE_EXPECTED=1` writes them; review them as prose.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use harness::cloud::{Files, organisation};
use harness::operator::Surroundings;
use harness::placeholders::Placeholders;
use harness::scene::condition;
use harness::world::{GROUP, folder};
use harness::{Cloud, Cluster, Operator, PLANE, Settings, block_on, eventually, expect, kinds};

/// The organisation of the manifest in the page about concepts.
const CONCEPTS: &str = "orga_xxxx";
/// The organisation of the examples.
const EXAMPLES: &str = "orga_11111111-2222-4333-8444-555555555555";
/// The CRD of a flat kind.
const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/postgresqls.clever-cloud.com";
/// Where the operator lives.
const HOME: &str = "pages";
/// The page about the operator: its kinds are alone in the cluster.
const FLAT: [&str; 2] = ["flat-postgresql", "flat-redis"];
/// The page about concepts.
const USUAL: [&str; 1] = ["concepts-postgresql"];

#[test]
fn what_the_page_about_the_operator_shows_ends_well_today() {
    block_on(async {
        let stage = Stage::set("today", None, Kinds::FlatAlone).await;
        for page in FLAT.map(Page::open) {
            page.is_played(&stage, "today.txt").await;
        }
    });
}

#[test]
fn what_the_page_about_concepts_shows_ends_well_today() {
    block_on(async {
        let stage = Stage::set("concepts", None, Kinds::All).await;
        for page in USUAL.map(Page::open) {
            page.is_played(&stage, "today.txt").await;
        }
    });
}

#[test]
fn with_older_offers_all_that_the_pages_show_becomes_ready() {
    block_on(async {
        let offers = "sandbox/data/offers-2024.json";
        let stage = Stage::set("older", Some(offers), Kinds::FlatAlone).await;
        for page in FLAT.map(Page::open) {
            page.becomes_ready(&stage, "older.txt").await;
        }
        know(Kinds::All).await;
        for page in USUAL.map(Page::open) {
            page.becomes_ready(&stage, "older.txt").await;
        }
    });
}

/// What a bare name means is told in README.md.
#[test]
fn with_both_groups_a_bare_name_means_one_of_them_and_a_full_name_either() {
    block_on(async {
        let _stage = Stage::set("names", None, Kinds::All).await;
        let kubectl = PLANE.kubectl();
        let pages = FLAT.map(Page::open);
        pages.iter().for_each(|page| drop(kubectl.run(&["create", "-f", &page.manifest]).unwrap()));
        for (name, found) in [
            ("postgresql", ""),
            ("pg", ""),
            ("redis", ""),
            ("postgresql.clever-cloud.com", "postgresql.clever-cloud.com/my-postgresql\n"),
            ("postgresqls.v1.clever-cloud.com", "postgresql.clever-cloud.com/my-postgresql\n"),
            ("redis.clever-cloud.com", "redis.clever-cloud.com/my-redis\n"),
        ] {
            assert_eq!(kubectl.run(&["get", name, "-o", "name"]).unwrap(), found, "{name}");
        }
        for page in &pages {
            page.goes().await;
        }
    });
}

/// Whether the flat kinds are served follows from their CRDs: no restart, and no claim on a foreign one.
#[test]
fn the_flat_kinds_are_served_while_their_own_crds_are_installed() {
    block_on(async {
        let stage = Stage::set("optional", None, Kinds::Usual).await;
        let usual = Page::of("examples/postgresql.yaml");
        PLANE.kubectl().run(&["apply", "-f", &usual.manifest]).unwrap();
        usual.until_at_rest().await;

        // A CRD of this name without our mark is not served, and its resources say why.
        let crds = flat_crds();
        kinds::install(&crds.replace("operator.clever-cloud.com/catalog-entry", "example.test/of"));
        let flat = Page::open("flat-postgresql");
        PLANE.kubectl().run(&["apply", "-f", &flat.manifest]).unwrap();
        let reported = eventually("a report on the resource", async || {
            flat.object().filter(|object| condition(object, "Ready")["reason"] == "KindNotManaged")
        })
        .await;
        let message = condition(&reported, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("kubectl annotate crd postgresqls.clever-cloud.com"), "{message}");
        assert_eq!(reported["metadata"]["finalizers"], Value::Null);
        let version = reported["metadata"]["resourceVersion"].clone();
        let crd = stage.cluster.get(CRD).await.unwrap();
        assert_eq!(crd["metadata"]["annotations"]["operator.clever-cloud.com/installation"], Value::Null);
        stage.rests().await;
        assert_eq!(flat.object().unwrap()["metadata"]["resourceVersion"], version, "one write is enough");

        // The CRDs of the install paths are, without a restart.
        kinds::install(&crds);
        flat.until_at_rest().await;
        flat.goes().await;
        usual.goes().await;
    });
}

#[test]
fn a_pod_finds_in_the_secret_what_it_asks_for() {
    block_on(async {
        let stage = Stage::set("pods", None, Kinds::All).await;
        let kubectl = PLANE.kubectl();
        let database = Page::of("examples/postgresql.yaml");
        kubectl.run(&["apply", "-f", &database.manifest]).unwrap();
        database.until_at_rest().await;
        let secret =
            stage.cluster.get("/api/v1/namespaces/default/secrets/my-database-secrets").await.unwrap();
        for file in ["examples/pod-with-volume.yaml", "examples/pod-with-environment.yaml"] {
            let pod = kubectl
                .run(&["create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", file])
                .unwrap();
            let asked = asked_of_secrets(&serde_json::from_str(&pod).unwrap());
            assert!(!asked.is_empty(), "{file} uses the Secret");
            for (name, key) in asked {
                assert_eq!(name, "my-database-secrets", "{file}");
                assert!(key.is_none_or(|key| secret["data"][&key].is_string()), "{file}: {}", secret["data"]);
            }
        }
        database.goes().await;
    });
}

/// The Secrets that a pod names, with the key where it wants one: in its volumes, in its environment, and in
/// the files that its commands read.
fn asked_of_secrets(pod: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut asked = Vec::new();
    for volume in
        pod["spec"]["volumes"].as_array().into_iter().flatten().filter(|volume| volume["secret"].is_object())
    {
        let (secret, keys) = (&volume["secret"], volume["secret"]["items"].as_array());
        asked.push((text(&secret["secretName"]).unwrap(), None));
        asked.extend(
            keys.into_iter().flatten().map(|item| (text(&secret["secretName"]).unwrap(), text(&item["key"]))),
        );
    }
    let containers = pod["spec"]["containers"].as_array().unwrap();
    for from in containers.iter().flat_map(|container| container["envFrom"].as_array().into_iter().flatten())
    {
        asked.push((text(&from["secretRef"]["name"]).unwrap(), None));
    }
    for variable in containers.iter().flat_map(|container| container["env"].as_array().into_iter().flatten())
    {
        let reference = &variable["valueFrom"]["secretKeyRef"];
        asked.push((text(&reference["name"]).unwrap(), text(&reference["key"])));
    }
    asked
}

/// Which kinds the cluster knows.
#[derive(Clone, Copy)]
enum Kinds {
    /// Those of the page about the operator: there, a bare name means them.
    FlatAlone,
    /// They and all others.
    All,
    /// All others.
    Usual,
}

/// A cloud and an operator for it. One at a time: the pages' resources all have their names and their
/// namespace.
struct Stage {
    cloud: Cloud,
    cluster: Cluster,
    _operator: Operator,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    async fn set(name: &str, offers: Option<&str>, known: Kinds) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let kubectl = PLANE.kubectl();
        know(known).await;
        let home = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": HOME } });
        kubectl.apply(&home.to_string()).unwrap();
        let cloud = Cloud::start(Files { offers: offers.map(PathBuf::from), ..Files::default() }).await;
        let mut accounts = cloud.accounts().await;
        accounts["accounts"][0]["organisations"]
            .as_array_mut()
            .unwrap()
            .extend([json!(CONCEPTS), json!(EXAMPLES)]);
        cloud.set_accounts(accounts).await;
        let settings =
            Settings { poll_interval: "2s", organisation: Some(organisation(0)), ..Settings::default() };
        let surroundings = Surroundings {
            folder: &folder(HOME),
            kubeconfig: PLANE.kubeconfig(),
            namespace: HOME,
            catalog: None,
            endpoint: cloud.url(),
        };
        let operator = Operator::start(surroundings, name, &settings).await;
        Self { cloud, cluster: Cluster::connect().await, _operator: operator, _turn: turn }
    }

    /// Every live add-on of the organisations that the pages use.
    async fn live(&self) -> Vec<Value> {
        let mut live = self.cloud.live(&organisation(0)).await;
        live.extend(self.cloud.live(CONCEPTS).await);
        live
    }

    /// Waits through three checks, and demands that nothing but the list is asked for.
    async fn rests(&self) {
        let since = self.cloud.latest().await;
        let lists = async || {
            Some(self.cloud.log(since).await).filter(|log| log.iter().filter(|one| is_list(one)).count() >= 3)
        };
        let said = eventually("three lists", lists).await;
        assert!(said.iter().all(is_list), "{said:#?}");
    }
}

/// Installs or uninstalls the kinds that are always on, and waits until kubectl has heard of it, which
/// remembers for hours what there is.
async fn know(known: Kinds) {
    let (kubectl, crds) = (PLANE.kubectl(), kinds::crds(None));
    let uninstall = |crds: &str| {
        drop(kubectl.run_with_input(&["delete", "--ignore-not-found", "-f", "-"], crds).unwrap());
    };
    match known {
        Kinds::FlatAlone => uninstall(&crds),
        Kinds::All | Kinds::Usual => drop(kinds::install(&crds)),
    }
    match known {
        Kinds::FlatAlone | Kinds::All => drop(kinds::install(&flat_crds())),
        Kinds::Usual => uninstall(&flat_crds()),
    }
    let all = crds.lines().filter(|line| *line == "kind: CustomResourceDefinition").count();
    let wanted = if let Kinds::FlatAlone = known { 0 } else { all };
    let listed = || kubectl.run(&["api-resources", "--api-group", GROUP, "-o", "name"]).unwrap();
    eventually("the kinds in kubectl's memory", async || (listed().lines().count() == wanted).then_some(()))
        .await;
}

/// The CRDs of the flat kinds.
fn flat_crds() -> String {
    let all = kinds::printed(None, &["crd", "view", "--all"]);
    let is_flat = |crd: &&str| crd.contains("\n  group: clever-cloud.com\n");
    all.split("\n---\n").filter(is_flat).collect::<Vec<_>>().join("\n---\n")
}

fn is_list(entry: &Value) -> bool {
    entry["operation"] == "list"
}

/// One manifest of a page.
struct Page {
    folder: String,
    manifest: String,
}

impl Page {
    /// The one in a folder of `tests/published_manifests`.
    fn open(name: &str) -> Self {
        let folder = format!("tests/published_manifests/{name}");
        let manifest = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|end| end == "yaml"));
        Self { folder, manifest: manifest.unwrap().display().to_string() }
    }

    /// One that stands elsewhere.
    fn of(manifest: &str) -> Self {
        Self { folder: String::new(), manifest: manifest.to_owned() }
    }

    /// Deleted where it cannot be had, applied again, corrected as the message says, and Ready in the end.
    async fn is_played(&self, stage: &Stage, file: &str) {
        let Some(correction) = self.correction() else { return self.becomes_ready(stage, file).await };
        self.commands();
        let refused = self.until_at_rest().await;
        self.goes().await;
        assert!(stage.live().await.is_empty(), "nothing was ever created");
        self.commands();
        let mut text = self.told(stage, "the page's commands").await;
        let message = condition(&refused, "Ready")["message"].as_str().unwrap().to_owned();
        for value in leaves(&correction) {
            assert!(message.contains(&format!("`{value}`")), "the message names {value}: {message}");
        }
        PLANE
            .kubectl()
            .run(&["patch", "-f", &self.manifest, "--type", "merge", "-p", &correction.to_string()])
            .unwrap();
        text += &self.told(stage, &format!("corrected: {correction}")).await;
        self.ends(stage, file, &text).await;
    }

    /// Ready as it stands in the page.
    async fn becomes_ready(&self, stage: &Stage, file: &str) {
        self.commands();
        let text = self.told(stage, "the page's commands").await;
        self.ends(stage, file, &text).await;
    }

    async fn ends(&self, stage: &Stage, file: &str, text: &str) {
        let ready = condition(&self.object().unwrap(), "Ready");
        assert_eq!(ready["status"], "True", "{ready}");
        assert_eq!(stage.live().await.len(), 1, "exactly one add-on");
        stage.rests().await;
        let uid = self.object().unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
        let events = stage.cluster.events("default", &uid).await;
        let last = events.last().unwrap();
        assert_eq!(events.iter().filter(|event| *event == last).count(), 1, "it is said once: {events:#?}");
        self.goes().await;
        eventually("nothing left at the cloud", async || stage.live().await.is_empty().then_some(())).await;
        expect(
            &format!("published_manifests/{}/{file}", Path::new(&self.folder).file_name().unwrap().display()),
            text,
        );
    }

    /// Runs the page's commands, as they stand there but for the folder of the manifest, and demands that
    /// they show this resource.
    fn commands(&self) {
        for command in fs::read_to_string(format!("{}/commands", self.folder)).unwrap().lines() {
            let words = command
                .split_whitespace()
                .map(|word| if word.ends_with(".yaml") { &self.manifest } else { word });
            let words: Vec<_> = words.collect();
            assert_eq!(words[0], "kubectl");
            let said = PLANE.kubectl().run(&words[1..]).unwrap();
            if words[1] == "get" {
                let shown: Value = serde_yaml::from_str(&said).unwrap();
                assert_eq!(shown["metadata"]["uid"], self.object().unwrap()["metadata"]["uid"], "{command}");
            }
        }
    }

    fn correction(&self) -> Option<Value> {
        let text = fs::read_to_string(format!("{}/correction.json", self.folder)).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// As it stands in the cluster.
    fn object(&self) -> Option<Value> {
        let shown =
            PLANE.kubectl().run(&["get", "-f", &self.manifest, "--ignore-not-found", "-o", "json"]).unwrap();
        serde_json::from_str(&shown).ok()
    }

    /// Waits until nothing more is to come of its spec by itself.
    async fn until_at_rest(&self) -> Value {
        let at_rest = |object: &Value| {
            let ready = condition(object, "Ready");
            let judged = ready["observedGeneration"] == object["metadata"]["generation"];
            judged && (ready["status"] == "True" || condition(object, "Stalled")["status"] == "True")
        };
        eventually(&format!("{} at rest", self.manifest), async || self.object().filter(at_rest)).await
    }

    /// Deletes it, and waits until it and its Secret are gone.
    async fn goes(&self) {
        let name = self.object().unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
        let kubectl = PLANE.kubectl();
        kubectl.run(&["delete", "-f", &self.manifest, "--timeout=120s"]).unwrap();
        let secret =
            || kubectl.run(&["get", "secret", &format!("{name}-secrets"), "--ignore-not-found"]).unwrap();
        eventually("the end of the Secret", async || secret().is_empty().then_some(())).await;
    }

    /// What the user is told once it is at rest, in words that are the same in every run.
    async fn told(&self, stage: &Stage, title: &str) -> String {
        let object = self.until_at_rest().await;
        let [name, uid] = ["name", "uid"].map(|key| object["metadata"][key].as_str().unwrap());
        let reason = condition(&object, "Ready")["reason"].as_str().unwrap().to_owned();
        let told = async || {
            Some(stage.cluster.events("default", uid).await)
                .filter(|all| all.iter().any(|one| one.contains(&format!(" {reason}: "))))
        };
        let events = eventually("the event", told).await;
        let secret = stage
            .cluster
            .get(&format!("/api/v1/namespaces/default/secrets/{name}-secrets"))
            .await
            .unwrap_or_default();
        let keys: Vec<_> = secret["data"].as_object().into_iter().flat_map(|data| data.keys()).collect();
        let shown = json!({ "status": shown(&object["status"]), "secret": keys, "event": events.last() });
        format!("== {title}\n{}\n", Placeholders::default().put(&serde_yaml::to_string(&shown).unwrap()))
    }
}

/// A status without what differs from run to run.
fn shown(status: &Value) -> Value {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().unwrap() {
        condition.as_object_mut().unwrap().shift_remove("lastTransitionTime");
    }
    if let Some(connection) = status.get_mut("connection").and_then(Value::as_object_mut) {
        connection
            .iter_mut()
            .filter(|(name, _)| *name != "secretName")
            .for_each(|(name, value)| *value = json!(format!("<{name}>")));
    }
    status
}

/// Every value in an object, as a message shows it.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields.values().flat_map(leaves).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => vec![value.to_string()],
    }
}
