//! Resource that a mark names, and the text of the mark.

/// Begin of the text that names a resource.
pub(super) const RESOURCE: &str = "kubernetes:";
/// Resource that a mark names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedResource<'a> {
    /// The id of the cluster.
    pub cluster: &'a str,
    /// The uid of the namespace; empty for a cluster-scoped resource.
    pub namespace_uid: &'a str,
    /// The CRD: `databases.example.com`.
    pub crd: &'a str,
    /// The namespace; empty for a cluster-scoped resource.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl<'a> MarkedResource<'a> {
    /// Returns the text of the mark. No part can contain a colon.
    pub fn text(&self) -> String {
        let Self { cluster, namespace_uid, crd, namespace, name } = self;
        format!("{RESOURCE}{cluster}:{namespace_uid}:{crd}:{namespace}:{name}")
    }

    /// Returns the resource that a text names; `None` for any other text: users of the cloud account can set tags, and
    /// messages repeat these names.
    pub fn read(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.strip_prefix(RESOURCE)?.split(':').collect();
        match parts.as_slice() {
            [cluster, namespace_uid, crd, namespace, name] if parts.iter().all(|part| is_name(part)) => {
                Some(Self { cluster, namespace_uid, crd, namespace, name })
            }
            _ => None,
        }
    }

    /// Returns the place of the resource, by which marks are compared. The uid of a namespace is unique in all clusters,
    /// so the id of the cluster, which may change, counts only for a cluster-scoped resource.
    pub(super) fn place(&self) -> String {
        let Self { cluster, namespace_uid, crd, namespace, name } = self;
        let scope = if namespace_uid.is_empty() { cluster } else { namespace_uid };
        format!("{scope}:{crd}:{namespace}:{name}")
    }

    /// Returns the resource for messages, as seen from the cluster with this id.
    pub fn described(&self, cluster: &str) -> String {
        let Self { crd, namespace, name, .. } = self;
        let place = if namespace.is_empty() { (*name).to_owned() } else { format!("{namespace}/{name}") };
        let kind = crd.split('.').next().unwrap_or_default();
        if self.cluster == cluster {
            format!("`{kind} {place}`")
        } else {
            format!("`{kind} {place}` of the cluster `{}`", self.cluster)
        }
    }
}

/// Returns true for what Kubernetes accepts as a name or a uid, and for the empty part of a cluster-scoped resource.
fn is_name(part: &str) -> bool {
    const MAX_LEN: usize = 253;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    part.len() <= MAX_LEN && part.chars().all(is_plain)
}
