//! One exhibit: a file of `tests/migration/objects`, and the objects it becomes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::NAMESPACE;
use super::definitions::{self, Definition, GROUP};
use harness::Cluster;
use harness::cloud::organisation;

/// The organisation of another account of the sandbox.
pub(crate) const FOREIGN: &str = "orga_99999999-8888-4777-8666-555555555555";

/// What a file says. What it does not say is as it usually was.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exhibit {
    /// The release that left it.
    pub(crate) from: String,
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default = "museum")]
    pub(crate) namespace: String,
    spec: Value,
    /// At the cloud, the one that the status names last if there are several.
    #[serde(default)]
    pub(crate) addons: Vec<Addon>,
    /// Absent: the first add-on, or the one that is `named`. Null: there is none.
    #[serde(default, deserialize_with = "told")]
    status: Option<Option<Named>>,
    /// Absent: as that operator wrote it. Null: there is none.
    #[serde(default, deserialize_with = "told")]
    secret: Option<Option<Extras>>,
    #[serde(default = "yes")]
    finalizer: bool,
    #[serde(default)]
    pub(crate) deleted: bool,
}

/// An add-on at the cloud.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addon {
    number: u64,
    plan: Option<Value>,
    version: Option<String>,
    region: Option<String>,
    options: Option<Value>,
    env: Option<Value>,
    owner: Option<String>,
    name: Option<String>,
    #[serde(default)]
    named: bool,
    /// It was there once.
    #[serde(default)]
    gone: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Named {
    addon: u64,
}

/// What users put into a Secret besides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Extras {
    data: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// An exhibit in the cluster.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) exhibit: Exhibit,
    pub(crate) definition: Definition,
    pub(crate) uid: String,
}

/// What is put into the cloud.
pub(crate) struct Insertion {
    pub(crate) number: u64,
    pub(crate) owner: String,
    pub(crate) gone: bool,
    pub(crate) body: Value,
}

/// The organisation that a file calls so.
pub(crate) fn owner(word: &str) -> String {
    match word {
        "FIRST" => organisation(1),
        "SECOND" => organisation(2),
        "THEIRS" => FOREIGN.to_owned(),
        _ => "orga_ffffffff-0000-4000-8000-000000000000".to_owned(),
    }
}

fn museum() -> String {
    NAMESPACE.to_owned()
}

fn yes() -> bool {
    true
}

/// Tells null from absent.
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(source: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(source).map(Some)
}

fn id(number: u64) -> String {
    format!("addon_00000000-0000-4000-8000-{number:012}")
}

impl Exhibit {
    pub(crate) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let mut exhibit: Self =
            serde_yaml::from_str(&text).unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()));
        if exhibit.name.is_empty() {
            exhibit.name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        }
        let word = exhibit.spec["organisation"].as_str().unwrap().to_owned();
        exhibit.spec["organisation"] = owner(&word).into();
        exhibit
    }
}

impl Placed {
    pub(crate) async fn create(cluster: &Cluster, exhibit: Exhibit) -> Self {
        let definition =
            definitions::all().into_iter().find(|definition| definition.kind == exhibit.kind).unwrap();
        let mut placed = Self { exhibit, definition, uid: String::new() };
        let collection = placed.path().rsplit_once('/').unwrap().0.to_owned();
        let created = cluster.create(&collection, &placed.manifest()).await.unwrap();
        placed.uid = created["metadata"]["uid"].as_str().unwrap().to_owned();
        placed
    }

    pub(crate) fn name(&self) -> &str {
        &self.exhibit.name
    }

    /// Kind and name, as tables show it.
    pub(crate) fn title(&self) -> String {
        format!("{} {}/{}", self.exhibit.kind, self.exhibit.namespace, self.exhibit.name)
    }

    pub(crate) fn path(&self) -> String {
        let (version, plural) = (self.definition.version(), &self.definition.plural);
        format!(
            "/apis/{GROUP}/{version}/namespaces/{}/{plural}/{}",
            self.exhibit.namespace, self.exhibit.name
        )
    }

    pub(crate) fn secret_path(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets/{}-secrets", self.exhibit.namespace, self.exhibit.name)
    }

    /// As users wrote it, and as that operator had made it since.
    pub(crate) fn manifest(&self) -> Value {
        let Exhibit { kind, name, spec, .. } = &self.exhibit;
        let finalizers: Vec<_> =
            self.exhibit.finalizer.then(|| self.definition.finalizer()).into_iter().collect();
        let api = format!("{GROUP}/{}", self.definition.version());
        json!({ "apiVersion": api, "kind": kind, "metadata": { "name": name, "finalizers": finalizers }, "spec": spec })
    }

    /// The number of the add-on that the status names.
    pub(crate) fn status_number(&self) -> Option<u64> {
        let addons = &self.exhibit.addons;
        let usual = || addons.iter().find(|addon| addon.named).or(addons.first()).map(|addon| addon.number);
        self.exhibit.status.as_ref().map_or_else(usual, |status| status.as_ref().map(|named| named.addon))
    }

    pub(crate) fn status(&self, outputs: &[(String, String)]) -> Value {
        let mut status = json!({ "addon": self.status_number().map(id) });
        for (field, output) in &self.definition.urls {
            status[field] =
                outputs.iter().find(|(name, _)| name == output).map(|(_, value)| value.clone()).into();
        }
        status
    }

    pub(crate) fn insertions(&self, created: impl Fn(u64) -> u128) -> Vec<Insertion> {
        let insertion = |addon: &Addon| {
            let owner = addon
                .owner
                .as_deref()
                .map_or_else(|| self.exhibit.spec["organisation"].as_str().unwrap().to_owned(), self::owner);
            let mut body = json!({
                "owner": owner, "provider": self.definition.provider, "id": id(addon.number), "realId": id(addon.number).replace("addon", "real"), "region": addon.region.as_deref().unwrap_or("par"),
                "name": addon.name.clone().unwrap_or_else(|| self.addon_name()), "createdAt": u64::try_from(created(addon.number)).unwrap(),
            });
            let given = [("plan", addon.plan.clone()), ("version", addon.version.clone().map(Value::from))];
            for (field, value) in
                given.into_iter().chain([("options", addon.options.clone()), ("env", addon.env.clone())])
            {
                value.into_iter().for_each(|value| body[field] = value);
            }
            Insertion { number: addon.number, owner, gone: addon.gone, body }
        };
        self.exhibit.addons.iter().map(insertion).collect()
    }

    pub(crate) fn addon_name(&self) -> String {
        format!("kubernetes::{}::{}", self.exhibit.kind, self.uid)
    }

    /// The Secret as that operator wrote it, and what users added since.
    pub(crate) fn secret(&self, outputs: &[(String, String)]) -> Option<Value> {
        let extras = self.exhibit.secret.clone().unwrap_or_else(|| Some(Extras::default()))?;
        let Exhibit { kind, name, spec, .. } = &self.exhibit;
        let variables = spec["variables"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()));
        let own: BTreeMap<_, _> =
            if self.definition.variables { variables.collect() } else { outputs.iter().cloned().collect() };
        let data: BTreeMap<_, _> = own.into_iter().chain(extras.data).collect();
        Some(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {
                "name": format!("{name}-secrets"), "labels": extras.labels, "annotations": extras.annotations,
                "ownerReferences": [{
                    "apiVersion": format!("{GROUP}/{}", self.definition.version()), "kind": kind, "name": name, "uid": self.uid,
                    "blockOwnerDeletion": true,
                }],
            },
            "stringData": data,
        }))
    }

    /// One of the many that it recorded.
    pub(crate) fn event(&self) -> Value {
        let Exhibit { kind, name, namespace, .. } = &self.exhibit;
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": format!("{name}-{}-upsertfinalizer-1780000000", kind.to_lowercase()) },
            "involvedObject": { "apiVersion": format!("{GROUP}/{}", self.definition.version()), "kind": kind, "name": name, "namespace": namespace, "uid": self.uid },
            "action": "UpsertFinalizer", "reason": "UpsertFinalizer", "type": "Normal", "count": 1,
            "message": format!("Create finalizer '{}'", self.definition.finalizer()),
            "firstTimestamp": "2026-06-10T08:00:00Z", "lastTimestamp": "2026-06-10T08:00:00Z", "eventTime": "2026-06-10T08:00:00.000000Z",
            "reportingComponent": "clever-kubernetes-operator", "reportingInstance": "clever-kubernetes-operator/0.8.0",
            "source": { "component": "clever-kubernetes-operator" },
        })
    }
}
