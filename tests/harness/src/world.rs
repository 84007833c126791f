//! One cloud, one set of kinds, and the account under which operators work on them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use serde_json::{Value, json};

use super::cloud::{Cloud, Files, organisation};
use super::cluster::{self, Cluster};
use super::kinds::{self, Kind};
use super::operator::{Operator, Settings, Surroundings};
use super::rights::{self, ACCOUNT};
use super::{PLANE, Scene, program};

/// The group of the built-in catalog.
pub const GROUP: &str = "api.clever-cloud.com";

/// Clouds and kinds that share nothing with those of another world but the control plane.
pub struct World {
    pub cloud: Cloud,
    pub cluster: Cluster,
    /// Also the namespace in which its operators live.
    pub name: String,
    pub folder: PathBuf,
    group: String,
    kinds: BTreeMap<String, Kind>,
    examples: Vec<Value>,
    catalog: Option<PathBuf>,
    kubeconfig: PathBuf,
    scenes: AtomicU32,
}

/// What makes a world: which catalog it interprets, and which cloud that speaks to.
#[derive(Debug, Default)]
pub struct Making {
    pub group: String,
    /// None: the built-in one.
    pub catalog: Option<PathBuf>,
    /// None: those that everybody finds beside the catalog.
    pub examples: Option<PathBuf>,
    pub files: Files,
    /// Its operators work in some namespaces alone: they have no right anywhere before [`World::confine`]
    /// gives them some.
    pub confined: bool,
}

impl World {
    /// The world of the built-in catalog under its own API group, without an operator yet.
    pub async fn built_in(name: &str) -> Arc<World> {
        World::new(name, Making { group: GROUP.into(), ..Making::default() }).await
    }

    /// A world of its own with these kinds of the built-in catalog, without an operator yet.
    pub async fn with(name: &str, kinds: &[&str]) -> Arc<World> {
        Self::with_catalog(name, kinds, &str::to_owned).await
    }

    /// The same with further changes to the text of its catalog's files.
    pub async fn with_catalog(name: &str, kinds: &[&str], change: &dyn Fn(&str) -> String) -> Arc<World> {
        World::new(name, Self::of_kinds(name, kinds, change)).await
    }

    /// A world with these kinds whose operators work in some namespaces alone: see [`World::confine`].
    pub async fn confined(name: &str, kinds: &[&str]) -> Arc<World> {
        World::new(name, Making { confined: true, ..Self::of_kinds(name, kinds, &str::to_owned) }).await
    }

    /// A world with all kinds of the built-in catalog, without an operator yet.
    pub async fn with_all_kinds(name: &str) -> Arc<World> {
        Self::with(name, &[]).await
    }

    /// Writes a catalog with these kinds of the built-in one (none: all) in an API group of its own.
    fn of_kinds(name: &str, kinds: &[&str], change: &dyn Fn(&str) -> String) -> Making {
        let group = format!("{name}.example.test");
        let catalog = folder(name).join("catalog");
        copy(Path::new("catalog"), &catalog, &|text| change(&text.replace(GROUP, &group)));
        let mut missing: Vec<_> = kinds.to_vec();
        for entry in fs::read_dir(catalog.join("addons")).unwrap() {
            let path = entry.unwrap().path();
            let addon: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let is_flat = addon["optional"] == true;
            let kind = addon["resource"]["kind"].as_str().unwrap_or_default();
            missing.retain(|wanted| *wanted != kind);
            if is_flat || (!kinds.is_empty() && !kinds.contains(&kind)) {
                fs::remove_file(path).unwrap();
            }
        }
        assert!(missing.is_empty(), "the built-in catalog has no kind {missing:?}");
        Making { group, catalog: Some(catalog), ..Making::default() }
    }

    /// Any world.
    pub async fn new(name: &str, mut making: Making) -> Arc<World> {
        let cloud = Cloud::start(std::mem::take(&mut making.files)).await;
        Self::around(name, cloud, making).await
    }

    /// A world around a cloud that was there before.
    pub async fn around(
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
        let scenes = AtomicU32::new(0);
        Arc::new(World { cloud, cluster, name, folder, group, kinds, examples, catalog, kubeconfig, scenes })
    }

    /// Starts an operator; several at once are replicas of one.
    pub async fn operator(&self, name: &str, settings: &Settings) -> Operator {
        Operator::start(self.surroundings(), name, settings).await
    }

    /// Starts one that is told by objects in the cluster what it must know of the cloud.
    pub async fn operator_without_file(&self, name: &str, settings: &Settings) -> Operator {
        Operator::start_without_file(self.surroundings(), name, settings).await
    }

    /// Tells the operator of this name something else from now on.
    pub fn tell(&self, name: &str, settings: &Settings) {
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
    pub fn rights(&self) -> Vec<Value> {
        rights::rights(&self.name, self.catalog.as_deref())
    }

    /// Gives its operators the rights to work in these namespaces, and in no others.
    pub fn confine(&self, namespaces: &[&str]) -> Vec<Value> {
        let rights = rights::confined(&self.name, self.catalog.as_deref(), namespaces);
        PLANE.kubectl().apply(&rights::text(&rights)).unwrap();
        rights
    }

    /// Whether its operators have a right, as the authorizer says: what is asked is as in a
    /// SubjectAccessReview.
    pub async fn may(&self, asked: Value) -> bool {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
            "spec": { "user": self.user(), "resourceAttributes": asked },
        });
        let answer =
            self.cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review).await.unwrap();
        answer["status"]["allowed"] == true
    }

    /// A namespace and an organisation of this world that nobody else uses.
    pub async fn scene(self: &Arc<Self>) -> Scene {
        let number = self.scenes.fetch_add(1, SeqCst);
        let namespace = format!("{}-{number}", self.name);
        let manifest = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        self.cluster.create("/api/v1/namespaces", &manifest).await.unwrap();
        Scene { world: self.clone(), namespace, organisation: organisation(number) }
    }

    /// A kind by its name.
    pub fn kind(&self, name: &str) -> &Kind {
        self.kinds.get(name).unwrap_or_else(|| panic!("no kind {name} in {:?}", self.kinds.keys()))
    }

    /// Every kind there is.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// The example of a kind, as everybody finds it, but for its group.
    pub fn example(&self, kind: &str) -> Value {
        let mut example = self.examples.iter().find(|example| example["kind"] == kind).cloned().unwrap();
        let Kind { group, version, .. } = self.kind(kind);
        example["apiVersion"] = format!("{group}/{version}").into();
        example
    }

    /// Its catalog; none: the built-in one.
    pub fn catalog(&self) -> Option<&Path> {
        self.catalog.as_deref()
    }

    /// Its API group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The user that its operators are, for the API server.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{ACCOUNT}", self.name)
    }

    /// What its operators wanted to do and were not allowed to.
    pub fn refusals(&self) -> Vec<String> {
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
pub fn folder(world: &str) -> PathBuf {
    let folder = program::test_folder().join(world);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Copies the files of a folder, changed.
pub fn copy(from: &Path, to: &Path, change: &dyn Fn(&str) -> String) {
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
