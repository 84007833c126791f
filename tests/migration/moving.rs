//! The move itself, from the first look to the end of every resource.

use serde_json::json;

use super::page::Reader;
use super::seen::{self, all, at_rest, can_go_back, cloud_writes, is_kept, spec_is_never_written, table};
use crate::previous_operator::{self, Placed, owner};
use harness::cloud::Files;
use harness::world::{GROUP, Making};
use harness::{Cloud, Cluster, PLANE, Settings, World, block_on, expect};

#[test]
fn what_the_operator_of_old_leaves_goes_on_as_it_is() {
    block_on(async {
        let cluster = Cluster::connect().await;
        let cloud = Cloud::start(Files::default()).await;
        let placed = previous_operator::place(&cluster, previous_operator::exhibits()).await;
        previous_operator::furnish(&cluster, &cloud, &placed).await;
        previous_operator::half_delete(&cluster, &placed).await;
        cluster
            .create("/api/v1/namespaces", &json!({ "metadata": { "name": OLD_NAMESPACE } }))
            .await
            .unwrap();
        let deployments = format!("/apis/apps/v1/namespaces/{OLD_NAMESPACE}/deployments");
        cluster.create(&deployments, &previous_operator::predecessor(1)).await.unwrap();
        let before = all(&cluster, &placed).await;

        let reader = Reader::new(cloud.url());
        let (code, said) = reader.looks(false, "");
        assert!(
            code == 1
                && said.contains("runs another operator")
                && said.contains("it has no `status.conditions`"),
            "{said}"
        );
        reader.types("--replicas=0");
        let refused = reader.types_without("crd view |", "--force-conflicts");
        assert!(refused.contains("conflict"), "{refused}");
        reader.types("crd view |");
        let world =
            World::around("museum-operator", cloud, Making { group: GROUP.into(), ..Making::default() })
                .await;
        let begun = world.cloud.latest().await;
        let (code, said) = reader.looks(true, "");
        assert_eq!(code, 1, "{said}");
        expect("migration/dry-run.txt", &seen::readable(&said));
        let (_, said) = reader.looks(true, "--output json");
        let told: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(told["resources"].as_array().unwrap().len(), placed.len(), "{said}");
        let assignments = seen::readable(&told["assignments"].to_string());
        assert_eq!(assignments, r#"[{"addon":"addon-36","resource":"postgresql museum/renamed"}]"#);
        reader.has_only_looked(&world, begun).await;

        let begun = world.cloud.latest().await;
        let operator = world.operator("first", &settings()).await;
        at_rest(&operator, &cluster, &placed).await;
        let after = all(&cluster, &placed).await;
        expect("migration/expected.txt", &table(&placed, &after));
        expect("migration/asked.txt", &cloud_writes(&world, begun).await);
        let shown = reader.types("xargs kubectl get");
        let there = placed.iter().zip(&after).filter(|(_, seen)| seen.object.is_some());
        assert!(there.into_iter().all(|(one, _)| shown.contains(one.name())), "{shown}");
        is_kept(&placed, &before, &after);
        spec_is_never_written(&world, &placed);
        let warned = operator.log().matches("Helm may delete the CRD").count();
        assert_eq!(warned, previous_operator::definitions::all().len(), "once for each CRD");
        operator.stop().await;

        previous_operator::install("0.8");
        can_go_back(&placed, &before, &all(&cluster, &placed).await);
        reader.types("--replicas=1");
        reader.types("--replicas=0");
        reader.types("crd view |");

        let begun = world.cloud.latest().await;
        let operator = world.operator("second", &settings()).await;
        at_rest(&operator, &cluster, &placed).await;
        let after = all(&cluster, &placed).await;
        expect("migration/expected.txt", &table(&placed, &after));
        assert_eq!(
            cloud_writes(&world, begun).await,
            "",
            "nothing is written at the cloud when it comes back"
        );
        is_kept(&placed, &before, &after);

        delete_all(&cluster, &placed).await;
        expect("migration/left.txt", &left(&world).await);
        clean_up(&cluster, &reader).await;
    });
}

/// Where the page has the old operator.
const OLD_NAMESPACE: &str = "clever-kubernetes-operator-system";
/// What waits until the credentials of its namespace are mended.
const OVERRIDDEN: &str = "/under-a-broken-override";
const MENDED: &str = "[api]\ntoken = \"demo-token\"\nsecret = \"demo-secret\"\n\
                      consumerKey = \"demo-consumer\"\nconsumerSecret = \"demo-consumer-secret\"\n";
/// What cannot be let go, and why.
const HELD: [(&str, &str); 2] =
    [("/failed-organisation", "OrganisationNotFound"), ("/failed-access", "Unauthorized")];

fn settings() -> Settings {
    Settings { creation_window: "2s", request_timeout: "5s", ..Settings::default() }
}

/// What Helm remembers goes, and nothing else; then the old operator.
async fn clean_up(cluster: &Cluster, reader: &Reader) {
    let secrets = format!("/api/v1/namespaces/{OLD_NAMESPACE}/secrets");
    let labels = json!({ "owner": "helm", "name": "clever-kubernetes-operator", "status": "deployed", "version": "1" });
    let name = "sh.helm.release.v1.clever-kubernetes-operator.v1";
    let release = json!({ "metadata": { "name": name, "labels": labels }, "type": "helm.sh/release.v1", "stringData": { "release": "" } });
    cluster.create(&secrets, &release).await.unwrap();
    reader.types("delete secret");
    cluster.wait_gone(&format!("{secrets}/{name}")).await;
    reader.types("delete deployment");
    let definitions = PLANE.kubectl().run(&["get", "crd", "-o", "name"]).unwrap();
    assert!(
        previous_operator::definitions::all()
            .iter()
            .all(|definition| definitions.contains(&definition.name())),
        "{definitions}"
    );
}

async fn delete_all(cluster: &Cluster, placed: &[Placed]) {
    for one in placed {
        if cluster.get(&one.path()).await.is_some() {
            cluster.delete(&one.path()).await;
        }
    }
    for one in placed {
        // Nobody but a person can say that nothing came of it: the cloud does not show what is there.
        if let Some((_, reason)) = HELD.iter().find(|(name, _)| one.title().ends_with(name)) {
            seen::held(cluster, one, reason).await;
            cluster.merge(&one.path(), &json!({ "metadata": { "finalizers": null } })).await.unwrap();
        }
        if one.title().ends_with(OVERRIDDEN) {
            seen::held(cluster, one, "CredentialsInvalid").await;
            let secret =
                format!("/api/v1/namespaces/{}/secrets/clever-kubernetes-operator", one.exhibit.namespace);
            cluster.merge(&secret, &json!({ "stringData": { "config": MENDED } })).await.unwrap();
        }
        cluster.wait_gone(&one.path()).await;
        cluster.wait_gone(&one.secret_path()).await;
    }
}

/// The add-ons that nobody has deleted.
async fn left(world: &World) -> String {
    let mut lines = Vec::new();
    for word in ["FIRST", "SECOND"] {
        for addon in world.cloud.live(&owner(word)).await {
            lines.push(seen::readable(&format!(
                "{word} {} {}\n",
                addon["id"].as_str().unwrap(),
                json!(addon["tags"])
            )));
        }
    }
    lines.sort();
    lines.concat()
}
