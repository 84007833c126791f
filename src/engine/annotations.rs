//! The names that the operator writes into the cluster. They are a contract: what is written under them outlives this version.

/// The annotation that holds the record: the truth about the add-on.
pub(crate) use interpreter::plan::RECORD;

/// The label on a Secret of ours: the uid of the resource it belongs to.
pub(crate) const OWNER: &str = "operator.clever-cloud.com/owner";
/// The annotation on a Secret of ours: a digest of what was written, to notice an edit without reading the cloud.
pub(crate) const DIGEST: &str = "operator.clever-cloud.com/digest";
/// The annotation on a CRD: which installation interprets it.
pub(crate) const CLAIM: &str = "operator.clever-cloud.com/installation";
/// Who writes, as server-side apply records it.
pub(crate) const FIELD_MANAGER: &str = "clever-operator";
/// The Secrets in which a namespace may keep credentials of its own. Of those that are there, the first is in force.
pub(crate) const OVERRIDES: [&str; 3] = ["clever-operator", "clever-kubernetes-operator", "clever-secret"];
/// The key in such a Secret.
pub(crate) const OVERRIDE_KEY: &str = "config";
/// The finalizer on such a Secret while add-ons made with it are there, by the API group of their resources: two operators with different
/// catalogs may need the same Secret, and each knows only of its own resources.
pub(crate) fn hold(group: &str) -> String {
    format!("{group}/credentials")
}
/// The label on a ConfigMap of the operator's namespace whose files join the catalog.
pub(crate) const CATALOG: &str = "operator.clever-cloud.com/catalog=true";
/// The annotation on such a ConfigMap that says what is wrong with it.
pub(crate) const PROBLEMS: &str = "operator.clever-cloud.com/problems";
/// The ConfigMap in which the operator keeps what it has accepted of them.
pub(crate) const ACCEPTED: &str = "clever-operator-accepted-catalog";
