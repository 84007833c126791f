//! The types that a watch and its reflector share: changes, health, and the forms in which objects are
//! watched.

use std::fmt;
use std::sync::Arc;

use futures::stream::BoxStream;
use kube::Resource;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::core::DynamicResourceScope;

use crate::cluster::kind::Key;
use crate::cluster::watch_failure::WatchFailure;

/// A change of one object. After a gap in the watch, only the difference is reported, not the steps between.
#[derive(Debug, Clone)]
pub enum Change<K> {
    /// The object is new, or has another uid than before.
    Added(Arc<K>),
    /// The object was written.
    Modified {
        /// The object before.
        before: Arc<K>,
        /// The object now.
        after: Arc<K>,
    },
    /// The object is gone; this is its last known state.
    Deleted(Arc<K>),
}

/// Health of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// No list has completed yet.
    Starting,
    /// The cache is in sync with the API server.
    Established,
    /// The last try failed; the cache is unchanged.
    Failing(WatchFailure),
}

/// The form in which objects are watched: whole, or their metadata alone.
pub trait Watched:
    Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>
    + Clone
    + fmt::Debug
    + serde::de::DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Returns whether two copies of one version have the same content. After its definition has changed, an
    /// object may show more fields than before, or fewer.
    fn has_same_content(&self, other: &Self) -> bool;
}

impl Watched for DynamicObject {
    fn has_same_content(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Watched for PartialObjectMeta<DynamicObject> {
    fn has_same_content(&self, _: &Self) -> bool {
        true
    }
}

/// The endless stream of changes of one kind. The cache advances only while it is polled.
pub type Changes<K> = BoxStream<'static, Change<K>>;

impl<K: Watched> Change<K> {
    /// Returns the last known state of the object.
    pub(crate) fn latest(&self) -> &Arc<K> {
        match self {
            Self::Added(object) | Self::Deleted(object) => object,
            Self::Modified { after, .. } => after,
        }
    }

    /// Returns namespace and name of the object.
    pub fn key(&self) -> Key {
        Key::of(self.latest().meta())
    }
}
