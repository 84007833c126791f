//! One cloud, one set of kinds, and the account under which operators work on them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::cloud::{Cloud, Files, organisation};
use super::cluster::{self, Cluster};
use super::kinds::{self, Kind};
use super::operator::{Operator, Settings, Surroundings};
use super::rights::{self, ACCOUNT};
use super::{PLANE, Scene};

/// The group of the built-in catalog.
pub(crate) const GROUP: &str = "api.clever-cloud.com";

/// Clouds and kinds that share nothing with those of another world but the control plane.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) cluster: Cluster,
    /// Also the namespace in which its operators live.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    group: String,
    kinds: BTreeMap<String, Kind>,
    examples: Vec<Value>,
    catalog: Option<PathBuf>,
    kubeconfig: PathBuf,
    scenes: AtomicU32,
    /// Of [`World::shared`]: it works for whoever comes.
    resident: Mutex<Option<Operator>>,
}

/// What makes a world: which catalog it interprets, and which cloud that speaks to.
#[derive(Debug, Default)]
pub(crate) struct Making {
    pub(crate) group: String,
    /// None: the built-in one.
    pub(crate) catalog: Option<PathBuf>,
    /// None: those that everybody finds beside the catalog.
    pub(crate) examples: Option<PathBuf>,
    pub(crate) files: Files,
    /// Its operators work in some namespaces alone: they have no right anywhere before [`World::confine`]
    /// gives them some.
    pub(crate) confined: bool,
}

impl World {
    /// The world of the built-in catalog, in which one operator runs and many tests play side by side.
    pub(crate) async fn shared() -> Arc<World> {
        static SHARED: OnceCell<Arc<World>> = OnceCell::const_new();
        let make = async || {
            let world = World::new("shared", Making { group: GROUP.into(), ..Making::default() }).await;
            let operator = world.operator("resident", &Self::settings_of_shared()).await;
            *world.resident.lock().unwrap_or_else(PoisonError::into_inner) = Some(operator);
            world
        };
        SHARED.get_or_init(make).await.clone()
    }

    /// What the resident of the shared world is told: to look often.
    pub(crate) fn settings_of_shared() -> Settings {
        Settings { poll_interval: "2s", ..Settings::default() }
    }

    /// A world of one's own, without an operator yet. Its kinds are those of the built-in catalog in a group
    /// of their own.
    pub(crate) async fn own(name: &str) -> Arc<World> {
        Self::own_with(name, &str::to_owned).await
    }

    /// The same with further changes to the files of its catalog.
    pub(crate) async fn own_with(name: &str, change: &dyn Fn(&str) -> String) -> Arc<World> {
        let group = format!("{name}.example.test");
        let catalog = folder(name).join("catalog");
        copy(Path::new("catalog"), &catalog, &|text| change(&text.replace(GROUP, &group)));
        World::new(name, Making { group, catalog: Some(catalog), ..Making::default() }).await
    }

    /// The same with a few kinds of the catalog: those of these files.
    pub(crate) async fn of(name: &str, files: &[&str], confined: bool) -> Arc<World> {
        let group = format!("{name}.example.test");
        let catalog = folder(name).join("catalog");
        copy(Path::new("catalog"), &catalog, &|text| text.replace(GROUP, &group));
        for entry in fs::read_dir(catalog.join("addons")).unwrap() {
            let path = entry.unwrap().path();
            if !files.iter().any(|file| path.ends_with(file)) {
                fs::remove_file(path).unwrap();
            }
        }
        World::new(name, Making { group, catalog: Some(catalog), confined, ..Making::default() }).await
    }

    /// Any world.
    pub(crate) async fn new(name: &str, mut making: Making) -> Arc<World> {
        let cloud = Cloud::start(std::mem::take(&mut making.files)).await;
        Self::around(name, cloud, making).await
    }

    /// A world around a cloud that was there before.
    pub(crate) async fn around(
        name: &str,
        cloud: Cloud,
        Making { group, catalog, examples, confined, .. }: Making,
    ) -> Arc<World> {
        let cluster = Cluster::connect().await;
        let kinds = kinds::install(&kinds::crds(catalog.as_deref()));
        let rights = if confined {
            rights::confined(name, catalog.as_deref(), &[])
        } else {
            rights::rights(name, catalog.as_deref())
        };
        PLANE.kubectl().apply(&rights::text(&rights)).unwrap();
        let kubeconfig = PLANE.kubeconfig_for(name, ACCOUNT).unwrap();
        let examples = self::examples(examples.as_deref().unwrap_or(Path::new("examples")));
        let kinds = kinds.into_iter().map(|kind| (kind.kind.clone(), kind)).collect();
        let (name, folder) = (name.to_owned(), folder(name));
        let (scenes, resident) = (AtomicU32::new(0), Mutex::default());
        Arc::new(World {
            cloud,
            cluster,
            name,
            folder,
            group,
            kinds,
            examples,
            catalog,
            kubeconfig,
            scenes,
            resident,
        })
    }

    /// Starts an operator; several at once are replicas of one.
    pub(crate) async fn operator(&self, name: &str, settings: &Settings) -> Operator {
        Operator::start(self.surroundings(), name, settings).await
    }

    /// Starts one that is told by objects in the cluster what it must know of the cloud.
    pub(crate) async fn operator_without_file(&self, name: &str, settings: &Settings) -> Operator {
        Operator::start_without_file(self.surroundings(), name, settings).await
    }

    /// Tells the operator of this name something else from now on.
    pub(crate) fn tell(&self, name: &str, settings: &Settings) {
        Operator::tell(self.surroundings(), name, settings);
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            folder: &self.folder,
            kubeconfig: &self.kubeconfig,
            namespace: &self.name,
            catalog: self.catalog.as_deref(),
            endpoint: self.cloud.url(),
        }
    }

    /// All that its operators may do, as it was given to them.
    pub(crate) fn rights(&self) -> Vec<Value> {
        rights::rights(&self.name, self.catalog.as_deref())
    }

    /// Gives its operators the rights to work in these namespaces, and in no others.
    pub(crate) fn confine(&self, namespaces: &[&str]) -> Vec<Value> {
        let rights = rights::confined(&self.name, self.catalog.as_deref(), namespaces);
        PLANE.kubectl().apply(&rights::text(&rights)).unwrap();
        rights
    }

    /// Whether its operators have a right, as the authorizer says: what is asked is as in a
    /// SubjectAccessReview.
    pub(crate) async fn may(&self, asked: Value) -> bool {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
            "spec": { "user": self.user(), "resourceAttributes": asked },
        });
        let answer =
            self.cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review).await.unwrap();
        answer["status"]["allowed"] == true
    }

    /// A namespace and an organisation of this world that nobody else uses.
    pub(crate) async fn scene(self: &Arc<Self>) -> Scene {
        let number = self.scenes.fetch_add(1, SeqCst);
        let namespace = format!("{}-{number}", self.name);
        let manifest = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        self.cluster.create("/api/v1/namespaces", &manifest).await.unwrap();
        Scene { world: self.clone(), namespace, organisation: organisation(number) }
    }

    /// A kind by its name.
    pub(crate) fn kind(&self, name: &str) -> &Kind {
        self.kinds.get(name).unwrap_or_else(|| panic!("no kind {name} in {:?}", self.kinds.keys()))
    }

    /// Every kind there is.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// The example of a kind, as everybody finds it, but for its group.
    pub(crate) fn example(&self, kind: &str) -> Value {
        let mut example = self.examples.iter().find(|example| example["kind"] == kind).cloned().unwrap();
        let Kind { group, version, .. } = self.kind(kind);
        example["apiVersion"] = format!("{group}/{version}").into();
        example
    }

    /// Its catalog; none: the built-in one.
    pub(crate) fn catalog(&self) -> Option<&Path> {
        self.catalog.as_deref()
    }

    /// Its API group.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// The user that its operators are, for the API server.
    pub(crate) fn user(&self) -> String {
        format!("system:serviceaccount:{}:{ACCOUNT}", self.name)
    }

    /// What its operators wanted to do and were not allowed to.
    pub(crate) fn refusals(&self) -> Vec<String> {
        cluster::refusals(&self.user())
    }
}

fn examples(folder: &Path) -> Vec<Value> {
    let files =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let texts = files.map(|path| fs::read_to_string(path).unwrap());
    texts.flat_map(|text| kinds::documents(&text)).collect()
}

/// Where a world leaves its files. They stay, for whoever wants to know what happened.
pub(crate) fn folder(world: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME")).join(world);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Copies the files of a folder, changed.
pub(crate) fn copy(from: &Path, to: &Path, change: &dyn Fn(&str) -> String) {
    // What an earlier run has left there is no part of it.
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target, change),
            false => fs::write(target, change(&fs::read_to_string(&path).unwrap())).unwrap(),
        }
    }
}
