//! Helm releases that contain CRDs of the kinds. Helm deletes such a CRD with the release, or when the release
//! changes to another chart, and Kubernetes then deletes every resource of the kind.

use std::collections::BTreeSet;

use kube::api::DynamicObject;
use parking_lot::Mutex;

/// The annotation in which Helm keeps the name of the release that an object belongs to …
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
/// … and the one with the namespace of that release.
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// The annotation with which an upgrade of the release keeps the object. An uninstallation ignores it: Helm
/// then reads the manifest that it stored with the release, not the object in the cluster.
const RESOURCE_POLICY: &str = "helm.sh/resource-policy";

/// A release of Helm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HelmRelease {
    namespace: String,
    name: String,
}

/// The releases that were reported, each with the CRD: a report is made once.
#[derive(Debug, Default)]
pub(crate) struct ReportedReleases {
    reported: Mutex<BTreeSet<(String, HelmRelease)>>,
}

impl HelmRelease {
    /// Returns the release whose upgrade may delete this CRD; `None` if the CRD belongs to no release, or is
    /// kept.
    pub(crate) fn that_may_delete(crd: &DynamicObject) -> Option<Self> {
        let annotations = crd.metadata.annotations.as_ref()?;
        let is_kept = annotations.get(RESOURCE_POLICY).is_some_and(|policy| policy == "keep");
        let name = annotations.get(RELEASE_NAME).filter(|_| !is_kept)?.clone();
        let namespace = annotations.get(RELEASE_NAMESPACE).cloned().unwrap_or_default();
        Some(Self { namespace, name })
    }

    /// Describes the danger for these CRDs, and how to avoid it.
    pub(crate) fn warning(&self, crds: &[String]) -> String {
        let Self { namespace, name } = self;
        let [noun, them, kind] =
            if crds.len() == 1 { ["CRD", "it", "kind"] } else { ["CRDs", "them", "kinds"] };
        format!(
            "the Helm release {name} in the namespace {namespace} contains the {noun} {}. If that release is uninstalled, or upgraded to \
             a chart without {them}, Helm deletes {them}, and Kubernetes deletes every resource and Secret of the {kind}. Let upgrades keep \
             {them}: `kubectl annotate crd {} {RESOURCE_POLICY}=keep`. Do not uninstall that release: make Helm forget it \
             (docs/moving-from-clever-kubernetes-operator.md).",
            crds.join(", "),
            crds.join(" "),
        )
    }
}

impl ReportedReleases {
    /// Logs the release that may delete this CRD, once for each release.
    pub(crate) fn report(&self, definition: &str, crd: &DynamicObject) {
        let Some(release) = HelmRelease::that_may_delete(crd) else { return };
        if self.reported.lock().insert((definition.to_owned(), release.clone())) {
            let reason = release.warning(&[definition.to_owned()]);
            tracing::warn!(definition, reason, "Helm may delete the CRD and all its resources");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn release_of(annotations: &Value) -> Option<HelmRelease> {
        let crd = json!({ "metadata": { "annotations": annotations } });
        HelmRelease::that_may_delete(&serde_json::from_value(crd).unwrap())
    }

    #[test]
    fn a_release_may_delete_a_crd_with_its_annotations_that_is_not_kept() {
        let release = HelmRelease { namespace: "home".into(), name: "old".into() };
        let mut annotations = json!({ RELEASE_NAME: "old", RELEASE_NAMESPACE: "home" });
        assert_eq!(release_of(&annotations), Some(release));
        annotations[RESOURCE_POLICY] = json!("keep");
        assert_eq!(release_of(&annotations), None);
        assert_eq!(release_of(&json!({ "other": "annotation" })), None);
        assert_eq!(release_of(&Value::Null), None);
    }
}
