//! A release that is limited to some namespaces: with Roles, and of the cluster nothing but the definitions,
//! and with nothing to do with any other namespace.

use serde_json::json;

use super::extend::{self, with_gadgets};
use super::life::{
    STAGE, cloud, is_creation_of_optional, living, optional_definitions, values, without_definitions,
};
use harness::{Cluster, Helm, PLANE, Release, block_on, eventually, examples, used};

const NAME: &str = "limited";
const WATCHED: [&str; 2] = ["team-a", "team-b"];
const OTHER: &str = "team-c";

#[test]
fn limited_to_namespaces_it_works_there_with_roles_and_makes_definitions() {
    block_on(async {
        let _stage = STAGE.lock().await;
        let cloud = cloud().await;
        let cluster = Cluster::connect().await;
        for namespace in WATCHED.iter().chain([&OTHER]) {
            PLANE.kubectl().run(&["create", "namespace", namespace]).unwrap();
        }
        let mut values = with_gadgets(values(cloud.url()), &cloud);
        values["watchNamespaces"] = json!(WATCHED);
        let (release, _) = Release::install(Helm::V4, NAME, &values).await;
        without_definitions();
        optional_definitions();
        let pod = release.pod(0).await;
        pod.until("readinessProbe").await;
        PLANE.restart_controller_manager().unwrap();

        let forgotten = std::fs::read_to_string("examples/postgresql.yaml").unwrap();
        PLANE.kubectl().run_with_input(&["apply", "--namespace", OTHER, "-f", "-"], &forgotten).unwrap();
        for namespace in WATCHED {
            examples::come(namespace);
            examples::every_kind_of_write(&cluster, namespace).await;
            examples::go(namespace);
        }
        let mut pod = pod;
        for namespace in WATCHED {
            pod = extend::block_on(&cluster, &cloud, &release, pod, (&values, namespace)).await;
        }
        eventually("an account without add-ons", async || living(&cloud).await.is_empty().then_some(()))
            .await;

        let user = release.user().await;
        let events = PLANE.audit_events_with(&[&format!("\"{user}\""), OTHER]).unwrap();
        assert!(events.is_empty(), "of {OTHER} it knows nothing: {events:#?}");
        // The roles for users are ClusterRoles, because Kubernetes aggregates no others. Nothing binds them
        // to the operator.
        let of_the_cluster: Vec<_> = used::bound(&release.manifest())
            .into_iter()
            .filter(|object| object["kind"] == "ClusterRole")
            .collect();
        let rules: Vec<_> =
            of_the_cluster.iter().flat_map(|role| role["rules"].as_array().unwrap().clone()).collect();
        assert!(
            rules.iter().all(|rule| rule["resources"] == json!(["customresourcedefinitions"])),
            "{rules:#?}"
        );
        let mut unused: Vec<_> = release.unused_rights().await.iter().map(ToString::to_string).collect();
        unused.retain(|right| !is_creation_of_optional(right));
        assert_eq!(unused, [""; 0], "granted and never used");
        assert_eq!(release.refused().await, [""; 0], "every right that it needs is given");
        pod.stop(&cluster).await;
        release.uninstall();
    });
}
