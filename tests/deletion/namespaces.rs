//! Deletion of a namespace deletes the add-ons of its resources.

use futures::future::join_all;

use harness::{Resource, Stage, scenario};

const KINDS: [&str; 4] = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];

#[test]
fn namespace_deletion_deletes_its_add_ons() {
    scenario(&KINDS).run(async |Stage { world, scene, .. }| {
        let resources = KINDS.map(|kind| scene.example(kind));
        join_all(resources.iter().map(Resource::apply_until_ready)).await;

        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        world.cluster.delete(&namespace).await;
        world.cluster.wait_gone(&namespace).await;
        scene.wait_empty().await;
    });
}
