//! What is promised of a resource, judged by the cloud's state and the API server's objects.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use harness::Resource;
use harness::scene::condition;

/// How long all resources together may take to be as promised: generous, for machines that are busy.
const PATIENCE: Duration = Duration::from_mins(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Exactly one add-on, recorded, handed over, Ready.
    One,
    /// No add-on, no Secret, no resource.
    None,
}

/// Waits until every promise is kept, or for very long; what was found of each: `one add-on of 1 ever made`,
/// or what is amiss.
pub(crate) async fn verdicts(promised: &[(&Resource<'_>, Promise)]) -> Vec<Result<String, String>> {
    let begun = Instant::now();
    loop {
        let mut verdicts = Vec::new();
        for (resource, promise) in promised {
            verdicts.push(verdict(resource, *promise).await);
        }
        if verdicts.iter().all(Result::is_ok) || begun.elapsed() > PATIENCE {
            return verdicts;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The same, where nothing may be amiss.
pub(crate) async fn kept(promised: &[(&Resource<'_>, Promise)]) -> Vec<String> {
    let verdicts = verdicts(promised).await;
    let named = verdicts.into_iter().zip(promised).map(|(verdict, (resource, promise))| {
        verdict.unwrap_or_else(|amiss| panic!("{} was promised {promise:?}: {amiss}", resource.path()))
    });
    named.collect()
}

/// What is found of one resource now. Its organisation must be its own.
async fn verdict(resource: &Resource<'_>, promise: Promise) -> Result<String, String> {
    let scene = resource.scene;
    let all = scene.world.cloud.addons(&scene.organisation).await;
    let (own, children): (Vec<_>, Vec<_>) = all.iter().partition(|addon| addon["parent"].is_null());
    let live: Vec<_> = own.iter().filter(|addon| is_live(addon)).collect();
    let orphans =
        |parent: &str| children.iter().filter(|child| is_live(child) && child["parent"] != parent).count();
    let object = resource.live().await;
    let secret = scene.world.cluster.get(&resource.secret()).await;
    match (promise, live.as_slice(), &object) {
        (Promise::One, [addon], Some(object)) if orphans(&text(&addon["id"])) == 0 => {
            is_kept(addon, object, secret.as_ref())?
        }
        (Promise::None, [], None) if orphans("") == 0 && secret.is_none() => (),
        _ => {
            return Err(format!(
                "{} live of {}, resource {object:?}, Secret {}",
                live.len(),
                own.len(),
                secret.is_some()
            ));
        }
    }
    let found = if live.is_empty() { "none" } else { "one" };
    Ok(format!("{found} of {} ever made", own.len()))
}

fn is_kept(addon: &Value, object: &Value, secret: Option<&Value>) -> Result<(), String> {
    let ready = condition(object, "Ready");
    if ready["status"] != "True" || ready["observedGeneration"] != object["metadata"]["generation"] {
        return Err(format!("not Ready: {ready}"));
    }
    let id = text(&addon["id"]);
    let annotations = &object["metadata"]["annotations"];
    let record = annotations.as_object().into_iter().flatten().find(|(name, _)| name.ends_with("/record"));
    if !record.is_some_and(|(_, record)| text(record).contains(&id))
        || object["status"]["addon"] != addon["id"]
    {
        return Err(format!("{id} is live, and this is told: {annotations} {}", object["status"]));
    }
    let given: BTreeMap<_, _> = addon["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["name"]), text(&one["value"])))
        .collect();
    let handed = secret.map(decoded).unwrap_or_default();
    if handed == given { Ok(()) } else { Err(format!("the Secret holds {handed:?} instead of {given:?}")) }
}

fn decoded(secret: &Value) -> BTreeMap<String, String> {
    let plain =
        |value: &Value| String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    secret["data"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect()
}

fn is_live(addon: &Value) -> bool {
    addon["deletedAt"].is_null()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
