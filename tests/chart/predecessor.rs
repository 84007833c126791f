//! A release of the previous operator, whose chart has CRDs among its templates. This chart has none there, so an
//! upgrade would delete them, with all resources.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::life::STAGE;
use harness::helm::{CHART, objects};
use harness::{Cluster, Helm, PLANE, block_on, world};

/// The release, its namespace, and the previous Deployment, as its chart calls them.
const OLD: &str = "clever-kubernetes-operator";
const GROUP: &str = "api.clever-cloud.com";
/// Two of its kinds: the plural and the kind.
const KINDS: [[&str; 2]; 2] = [["azimutts", "Azimutt"], ["otoroshis", "Otoroshi"]];
const KEEP: &str = "helm.sh/resource-policy=keep";

#[test]
fn an_upgrade_that_would_delete_crds_is_refused_and_both_ways_out_keep_everything() {
    block_on(async {
        let _stage = STAGE.lock().await;
        let cluster = Cluster::connect().await;
        for helm in [Helm::V4, Helm::V3] {
            let release = Previous::install(helm);
            let before = release.everything(&cluster).await;
            let command = release.refused();
            assert!(KINDS.iter().all(|[plural, _]| command.contains(&definition(plural))), "{command}");
            assert_eq!(release.everything(&cluster).await, before, "{helm:?}: refused");
            assert_eq!(release.helm(&["template", OLD, CHART, "--is-upgrade"]).map(drop), Ok(()));

            // The one way out: another release. Helm 4 takes the annotations of the old one away with it, but the
            // old one still has the CRDs. The new one may change its name.
            release.helm(&["install", "another", CHART]).unwrap();
            assert_eq!(release.everything(&cluster).await, before, "{helm:?}: beside it");
            release.helm(&["upgrade", "another", CHART, "--set", "fullnameOverride=renamed"]).unwrap();
            release.refused();
            release.helm(&["uninstall", "another"]).unwrap();

            // The other one: the command. Some of the CRDs are not all.
            let command = release.refused();
            run(&command.replace(&definition(KINDS[0][0]), ""));
            let left = release.refused();
            assert_eq!(left, format!("kubectl annotate crd {} {KEEP}", definition(KINDS[0][0])));
            run(&left);
            run(&format!("kubectl --namespace {OLD} delete deployment {OLD}"));
            release.helm(&["upgrade", OLD, CHART]).unwrap();
            assert_eq!(release.everything(&cluster).await, before, "{helm:?}: upgraded");
            // Now it is one of this chart, whatever becomes of the annotation.
            run(&command.replace(KEEP, "helm.sh/resource-policy-"));
            release.helm(&["upgrade", OLD, CHART, "--set", "replicas=2"]).unwrap();
            release.helm(&["uninstall", OLD]).unwrap();
            assert_eq!(release.everything(&cluster).await, before, "{helm:?}: uninstalled");
            release.remove();
        }
    });
}

#[test]
fn a_user_who_may_not_read_crds_can_upgrade_a_release_of_this_chart() {
    let _stage = STAGE.blocking_lock();
    let namespace = "without-crds";
    let kubectl = PLANE.kubectl();
    let off = [
        "rbac.create=false",
        "manageCrds=false",
        "deletionProtection.create=false",
        "recordProtection.create=false",
    ]
    .join(",");
    for helm in [Helm::V4, Helm::V3] {
        let install =
            ["install", "limited", CHART, "--namespace", namespace, "--create-namespace", "--set", &off];
        helm.run(&install).unwrap();
        kubectl.run(&["create", "serviceaccount", "user", "--namespace", namespace]).unwrap();
        let subject = format!("--serviceaccount={namespace}:user");
        kubectl
            .run(&[
                "create",
                "rolebinding",
                "user",
                "--namespace",
                namespace,
                "--clusterrole=admin",
                &subject,
            ])
            .unwrap();
        let by = PLANE.kubeconfig_for(namespace, "user").unwrap();
        let limited = PLANE.kubectl_as(namespace, "user").unwrap();
        assert!(limited.run(&["get", "crd"]).unwrap_err().to_string().contains("forbidden"));
        let upgrade = ["upgrade", "limited", CHART, "--namespace", namespace, "--set", &off];
        let as_user = ["--set", "replicas=2", "--kubeconfig", by.to_str().unwrap()];
        helm.run(&[&upgrade[..], &as_user].concat()).unwrap();
        helm.run(&["uninstall", "limited", "--namespace", namespace]).unwrap();
        kubectl.run(&["delete", "serviceaccount,rolebinding", "user", "--namespace", namespace]).unwrap();
    }
}

/// An installation of the previous operator, with a resource and its Secret.
struct Previous {
    helm: Helm,
    chart: PathBuf,
}

impl Previous {
    fn install(helm: Helm) -> Self {
        let chart = world::folder("predecessor").join("chart");
        let _ = fs::remove_dir_all(&chart);
        fs::create_dir_all(chart.join("templates")).unwrap();
        let about = json!({ "apiVersion": "v2", "name": OLD, "version": "0.8.0" });
        fs::write(chart.join("Chart.yaml"), about.to_string()).unwrap();
        fs::write(chart.join("templates/crds.yaml"), text(&KINDS.map(crd))).unwrap();
        fs::write(chart.join("templates/deployment.yaml"), deployment().to_string()).unwrap();
        let release = Self { helm, chart };
        release.remove();
        let path = release.chart.to_str().unwrap();
        release.helm(&["install", OLD, path, "--create-namespace"]).unwrap();
        for [plural, _] in KINDS {
            let crd = format!("crd/{}", definition(plural));
            PLANE.kubectl().run(&["wait", "--for=condition=Established", "--timeout=60s", &crd]).unwrap();
        }
        // Its garbage collector looks for new kinds every 30 s only.
        PLANE.restart_controller_manager().unwrap();
        for kind in KINDS {
            let resource = PLANE.kubectl().run_with_input(&["create", "-o=json", "-f", "-"], &resource(kind));
            let resource: Value = serde_json::from_str(&resource.unwrap()).unwrap();
            PLANE.kubectl().run_with_input(&["create", "-f", "-"], &secret(&resource).to_string()).unwrap();
        }
        release
    }

    fn helm(&self, arguments: &[&str]) -> Result<String, String> {
        self.helm.run(&[arguments, &["--namespace", OLD]].concat())
    }

    /// The command in the refusal of an upgrade to this chart.
    fn refused(&self) -> String {
        let refusal = self.helm(&["upgrade", OLD, CHART]).unwrap_err();
        assert!(refusal.contains("every resource and Secret"), "{refusal}");
        refusal.split('`').find(|part| part.starts_with("kubectl annotate crd")).unwrap().to_owned()
    }

    /// CRDs, resources and Secrets by their uids.
    async fn everything(&self, cluster: &Cluster) -> Vec<Value> {
        let mut found = Vec::new();
        for [plural, _] in KINDS {
            for path in [
                format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", definition(plural)),
                format!("/apis/{GROUP}/v1/namespaces/{OLD}/{plural}/mine"),
                format!("/api/v1/namespaces/{OLD}/secrets/{plural}-secrets"),
            ] {
                let object = cluster.get(&path).await.unwrap_or_else(|| panic!("{path} is gone"));
                assert!(object["metadata"]["deletionTimestamp"].is_null(), "{path} is being deleted");
                found.push(object["metadata"]["uid"].clone());
            }
        }
        found
    }

    /// Removes the CRDs with all resources, so that this chart or another test brings them again.
    fn remove(&self) {
        for [plural, _] in KINDS {
            let crd = definition(plural);
            PLANE.kubectl().run(&["delete", "crd", &crd, "--ignore-not-found", "--timeout=60s"]).unwrap();
        }
        let forget = ["delete", "secret", "--all", "--namespace", OLD];
        PLANE.kubectl().run(&forget).unwrap();
    }
}

fn run(command: &str) {
    let arguments: Vec<_> = command.split_whitespace().skip(1).collect();
    PLANE.kubectl().run(&arguments).unwrap();
}

fn definition(plural: &str) -> String {
    format!("{plural}.{GROUP}")
}

fn crd([plural, kind]: [&str; 2]) -> Value {
    let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": definition(plural) },
        "spec": {
            "group": GROUP,
            "names": { "kind": kind, "plural": plural, "singular": kind.to_lowercase() },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": schema }, "subresources": { "status": {} },
            }],
        },
    })
}

fn deployment() -> Value {
    let labels = json!({ "app": OLD });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": OLD, "labels": labels },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": OLD, "image": "example.test/none" }] },
            },
        },
    })
}

fn resource([_, kind]: [&str; 2]) -> String {
    let metadata = json!({ "name": "mine", "namespace": OLD });
    json!({ "apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata, "spec": {} }).to_string()
}

fn secret(resource: &Value) -> Value {
    let owner = json!({
        "apiVersion": resource["apiVersion"], "kind": resource["kind"], "name": "mine",
        "uid": resource["metadata"]["uid"], "blockOwnerDeletion": true,
    });
    let plural = KINDS.iter().find(|[_, kind]| resource["kind"] == *kind).unwrap()[0];
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": format!("{plural}-secrets"), "namespace": OLD, "ownerReferences": [owner] },
        "stringData": { "PASSWORD": "secret" },
    })
}

/// The documents of a template. Helm reads JSON as YAML.
fn text(documents: &[Value]) -> String {
    let text = documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    assert_eq!(objects(&text).len(), documents.len());
    text
}
