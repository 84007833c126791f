//! Names of annotations, labels, finalizers and objects that the operator writes to the cluster. They are a
//! contract: objects written under them outlive this version.

/// The annotation that holds the record, the authoritative state of the add-on.
pub(crate) use interpreter::plan::RECORD;

/// The recommended label that names the manager of an object.
pub(crate) use interpreter::resource::MANAGED_BY;

/// The label on a managed Secret: the uid of the resource it belongs to.
pub(crate) use interpreter::resource::OWNER;

/// The annotation that holds the authentication code of the record.
pub(crate) use interpreter::reconcile::RECORD_CODE;

/// The Secret in the operator's namespace that holds the keys of the authentication codes …
pub(crate) const RECORD_KEYS: &str = "clever-operator-record-keys";
/// … and its key: one key per line, the first one signs, all verify.
pub(crate) const RECORD_KEYS_FIELD: &str = "keys";
/// The annotation on a managed Secret: a digest of the written content, to detect an edit without reading the
/// cloud.
pub(crate) const DIGEST: &str = "operator.clever-cloud.com/digest";
/// The annotation on a managed Secret: the time of the read behind its content, in RFC 3339.
pub(crate) const OUTPUTS_READ: &str = "operator.clever-cloud.com/outputs-read-at";
/// The annotation on a CRD: the installation that reconciles its kind.
pub(crate) const CLAIM: &str = "operator.clever-cloud.com/installation";
/// The operator's name as field manager, as reporter of events, and in the `managed-by` label.
pub(crate) const FIELD_MANAGER: &str = "clever-operator";
/// Names of the Secrets that may hold namespace credentials, in order of precedence: the first that exists is
/// in use.
pub(crate) const OVERRIDES: [&str; 3] = ["clever-operator", "clever-kubernetes-operator", "clever-secret"];
/// The key of such a Secret that holds the configuration.
pub(crate) const OVERRIDE_KEY: &str = "config";
/// The finalizer on such a Secret while add-ons created with it exist. It contains the API group of their
/// resources: two operators with different catalogs may need the same Secret, and each knows only its own
/// resources.
pub(crate) fn credentials_finalizer(group: &str) -> String {
    format!("{group}/credentials")
}
/// The label selector of ConfigMaps in the operator's namespace whose files extend the catalog.
pub(crate) const CATALOG: &str = "operator.clever-cloud.com/catalog=true";
/// The annotation on such a ConfigMap that lists its problems.
pub(crate) const PROBLEMS: &str = "operator.clever-cloud.com/problems";
/// The ConfigMap that stores the last accepted version of their files.
pub(crate) const ACCEPTED: &str = "clever-operator-accepted-catalog";
