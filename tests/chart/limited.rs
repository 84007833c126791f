//! A release that is limited to some namespaces: with Roles alone, all of which are used, and with nothing to do with any other namespace.

use serde_json::json;

use super::life::{STAGE, cloud, living, values};
use crate::harness::{Cluster, Helm, PLANE, Release, eventually, examples, play};

const NAME: &str = "limited";
const WATCHED: [&str; 2] = ["team-a", "team-b"];
const OTHER: &str = "team-c";

/// Granted, and not used in this story: each with the reason why it is needed.
const RARE: [(&str, &str); 3] = [
    ("create configmaps in limited", "the first accepted entry of a catalog in a ConfigMap"),
    ("patch configmaps in limited", "what became of such an entry is annotated"),
    ("create events.events.k8s.io in limited", "what is wrong with such an entry"),
];

#[test]
fn limited_to_namespaces_it_works_there_with_roles_alone() {
    play(async {
        let _stage = STAGE.lock().await;
        let cloud = cloud().await;
        let cluster = Cluster::connect().await;
        for namespace in WATCHED.iter().chain([&OTHER]) {
            PLANE.kubectl().run(&["create", "namespace", namespace]).unwrap();
        }
        PLANE.kubectl().run(&["apply", "--server-side", "-k", "generated-crds/flatKinds"]).unwrap();
        let mut values = values(cloud.url());
        values["watchNamespaces"] = json!(WATCHED);
        let (release, _) = Release::install(Helm::V4, NAME, &values).await;
        let pod = release.pod(0).await;
        pod.until("readinessProbe").await;

        let forgotten = std::fs::read_to_string("examples/postgresql.yaml").unwrap();
        PLANE.kubectl().run_with_input(&["apply", "--namespace", OTHER, "-f", "-"], &forgotten).unwrap();
        for namespace in WATCHED {
            examples::come(namespace);
            examples::every_kind_of_write(&cluster, namespace).await;
            examples::go(namespace);
        }
        eventually("an account without add-ons", async || living(&cloud).await.is_empty().then_some(())).await;

        let user = release.user().await;
        let events = PLANE.audit_events_with(&[&format!("\"{user}\""), OTHER]).unwrap();
        assert!(events.is_empty(), "of {OTHER} it knows nothing: {events:#?}");
        assert!(release.manifest().iter().all(|object| !object["kind"].as_str().unwrap().starts_with("Cluster")));
        let unused: Vec<_> = release.unused_rights().await.iter().map(ToString::to_string).collect();
        assert_eq!(unused, RARE.map(|(right, _)| right), "granted and never used; take it away, or explain it in RARE");
        let refused = release.refused().await;
        let is_of_definitions = |refused: &String| refused.contains("/customresourcedefinitions/");
        assert!(refused.iter().all(is_of_definitions), "every right that it needs is given: {refused:#?}");
        pod.stop(&cluster).await;
        release.uninstall();
    });
}
