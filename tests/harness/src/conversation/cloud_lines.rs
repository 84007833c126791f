//! What the cloud was asked, from the sandbox's log.

use std::time::Duration;

use serde_json::Value;

use super::{Remark, Said};
use crate::{Scene, cloud};

/// The requests about an organisation: those that name it, or one of its add-ons, or only what it bought.
pub(crate) async fn about(scene: &Scene) -> Vec<Remark> {
    let addons = scene.world.cloud.addons(&scene.organisation).await;
    let text = |addon: &Value, field: &str| addon[field].as_str().unwrap_or_default().to_owned();
    let ids: Vec<_> = addons.iter().flat_map(|addon| [text(addon, "id"), text(addon, "realId")]).collect();
    let own = addons.iter().filter(|addon| addon["parent"].is_null());
    let offers: Vec<_> = own.map(|addon| format!("/{}", text(addon, "provider"))).collect();
    let is_ours = |entry: &Value| {
        let path = entry["path"].as_str().unwrap_or_default();
        if entry["userAgent"] == cloud::TESTER {
            return false;
        }
        path.contains(&scene.organisation)
            || ids.iter().any(|id| path.contains(id))
            || offers.iter().any(|end| path.ends_with(end))
    };
    let log = scene.world.cloud.log(0).await;
    log.into_iter().filter(is_ours).map(remark).collect()
}

pub(crate) fn line(entry: &Value) -> String {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let status = entry["status"].as_u64().map_or("nothing".to_owned(), |status| status.to_string());
    let body = if entry["body"].is_null() { String::new() } else { format!("\n         {}", entry["body"]) };
    format!("cloud  {:6} {} -> {status}{body}\n", text("method"), text("path"))
}

fn remark(entry: Value) -> Remark {
    Remark { at: Duration::from_millis(entry["time"].as_u64().unwrap()), said: Said::Cloud(entry) }
}
