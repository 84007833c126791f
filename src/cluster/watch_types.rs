//! The types that a watch and its reflector share: changes, health, and the forms in which objects are watched.

use std::{fmt, sync::Arc};

use futures::stream::BoxStream;
use kube::{
    Resource,
    api::{ApiResource, DynamicObject, PartialObjectMeta},
    core::DynamicResourceScope,
};

use crate::cluster::kind::Key;
use crate::cluster::trouble::Trouble;

/// What happened to one object. After a gap the differences are reported, not the steps between.
#[derive(Debug, Clone)]
pub enum Change<K> {
    /// It was not there before, or under another uid.
    Appeared(Arc<K>),
    /// It was written.
    Changed {
        /// As it was.
        before: Arc<K>,
        /// As it is.
        after: Arc<K>,
    },
    /// It is gone; this is its last known form.
    Vanished(Arc<K>),
}

/// How a watch fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// No complete list yet.
    Starting,
    /// The cache follows the API server.
    Established,
    /// The last try failed; the cache is as it was before.
    Failing(Trouble),
}

/// A kind whose objects are served in this form: whole, or their metadata alone.
pub trait Watched:
    Resource<DynamicType = ApiResource, Scope = DynamicResourceScope> + Clone + fmt::Debug + serde::de::DeserializeOwned + Send + Sync + 'static
{
    /// Whether two forms of one version show the same: once its definition has changed, an object may show more than before, or less.
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

/// The changes of one kind, without end. The cache moves only while they are taken.
pub type Changes<K> = BoxStream<'static, Change<K>>;

impl<K: Watched> Change<K> {
    /// The object as last known.
    pub fn latest(&self) -> &Arc<K> {
        match self {
            Self::Appeared(object) | Self::Vanished(object) => object,
            Self::Changed { after, .. } => after,
        }
    }

    /// Where the object stands, or stood.
    pub fn key(&self) -> Key {
        Key::of(self.latest().meta())
    }
}
