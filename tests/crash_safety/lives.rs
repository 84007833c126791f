//! Lives without trouble, from apply to the end: their requests are the crash points of all others.

use super::holds::{Hold, Moment};
use super::stage::resource;
use super::verdict::{Promise, kept};
use harness::{Resource, Scene};

/// The requests of one life.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) kind: &'static str,
    pub(crate) creation: Vec<Request>,
    pub(crate) deletion: Vec<Request>,
}

/// One request, told apart from others of its operation.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) operation: String,
    /// So many of this operation come before.
    pub(crate) nth: usize,
    pub(crate) writes: bool,
}

impl Request {
    /// Where this request can be held.
    pub(crate) fn held(&self, moment: Moment) -> Hold {
        Hold { operation: self.operation.clone(), skip: self.nth, moment }
    }
}

/// Lives one life, while nobody else does.
pub(crate) async fn live(scene: &Scene, kind: &'static str) -> Life {
    let resource = resource(scene, kind);
    let before = scene.world.cloud.latest().await;
    resource.apply().await;
    kept(&[(&resource, Promise::One)]).await;
    let creation = requests(&resource, before).await;
    let born = scene.world.cloud.latest().await;
    resource.delete().await;
    kept(&[(&resource, Promise::None)]).await;
    Life { kind, creation, deletion: requests(&resource, born).await }
}

async fn requests(resource: &Resource<'_>, since: u64) -> Vec<Request> {
    let log = resource.scene.world.cloud.log(since).await;
    let operations: Vec<_> =
        log.iter().map(|entry| (entry["operation"].as_str().unwrap(), entry["method"] != "GET")).collect();
    let nth =
        |at: usize| operations[..at].iter().filter(|(operation, _)| *operation == operations[at].0).count();
    let request = |(at, (operation, writes)): (usize, &(&str, bool))| Request {
        operation: (*operation).into(),
        nth: nth(at),
        writes: *writes,
    };
    operations.iter().enumerate().map(request).collect()
}
