//! A kind that no build knew, in a release: installed with it, edited, broken, restarted, taken away. Nothing
//! is built, and but for the one time that is meant, no pod is started again.

use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Cloud, Cluster, PLANE, Pod, Release, eventually};

const SHOP: &str = include_str!("../catalog_updates/catalog/shop.yaml");
const GADGET: &str = include_str!("../catalog_updates/catalog/gadget.yaml");
/// Where the ConfigMap of a release's entries stands.
const GROUP: &str = "shop.example.test";
const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.shop.example.test";
const PROBLEMS: &str = "/metadata/annotations/operator.clever-cloud.com~1problems";
/// An option that the entry does not have at first.
const WEIGHT: &str = "  weight: { description: How heavy it is., type: integer, minimum: 0, optional: true, send: weight, \
                      observed: $.listed.weight, absent: 0, changes: edit }\n";

/// The values of a release with an entry for gadgets.
pub(super) fn with_gadgets(mut values: Value, cloud: &Cloud) -> Value {
    values["config"]["apis"] = json!({ "shop": { "endpoint": cloud.url(), "key": "demo-key" } });
    values["catalog"] = json!({ "entries": { "shop.yaml": SHOP, "gadget.yaml": gadget() } });
    values
}

/// Plays it with resources in this namespace; the pod that runs at the end.
pub(super) async fn block_on(
    cluster: &Cluster,
    cloud: &Cloud,
    release: &Release,
    pod: Pod,
    (values, namespace): (&Value, &str),
) -> Pod {
    let story = Story { cluster, cloud, namespace };
    story.make("red", json!({ "colour": "red" })).await;
    story.until_ready_is("red", "True", "InSync").await;

    // The entry is edited: the new option works, in the pod that runs.
    let heavier = gadget()
        .replace("changes:\n  edit:", &format!("{WEIGHT}\nchanges:\n  edit:"))
        .replace("[colour, size]", "[colour, size, weight]");
    let edited = with_entry(values, &heavier);
    release.upgrade(&edited).unwrap();
    story.weigh(3).await;

    // It is broken: the last good form goes on, and its author hears of it.
    let broken = heavier.replace("type: integer, minimum: 0", "type: integr, minimum: 0");
    release.upgrade(&with_entry(values, &broken)).unwrap();
    let shelf = shelf(release);
    let what = "an annotation with file, line, column and remedy";
    let said = eventually(what, async || cluster.get(&shelf).await?.pointer(PROBLEMS).cloned()).await;
    let said = said.as_str().unwrap();
    let line = 1 + broken.lines().position(|line| line.contains("integr,")).unwrap();
    let place = format!("{}/gadget.yaml:{line}:", shelf.rsplit('/').next().unwrap());
    assert!(said.contains(&place) && said.contains("Did you mean `integer`?"), "{said}");
    let event = async || {
        let name = shelf.rsplit('/').next().unwrap();
        cluster
            .events(&release.namespace, name)
            .await
            .into_iter()
            .find(|event| event.contains(&place) && event.contains("Did you mean"))
    };
    eventually("an event that says the same", event).await;
    story.weigh(4).await;

    // Also over a restart.
    pod.stop(cluster).await;
    let pod = release.pod(1).await;
    story.weigh(5).await;
    story.until_ready_is("red", "True", "InSync").await;

    // It is taken away: what lives can be deleted.
    let mut without = values.clone();
    without["catalog"] = json!({ "entries": {} });
    release.upgrade(&without).unwrap();
    story.until_ready_is("red", "False", "KindRemoved").await;
    cluster.delete(&story.at("red")).await;
    cluster.wait_gone(&story.at("red")).await;
    assert!(story.sold().await.is_empty());
    assert!(cluster.get(DEFINITION).await.is_some(), "a definition is never deleted");
    release.upgrade(values).unwrap();
    story.make("again", json!({ "colour": "blue" })).await;
    story.until_ready_is("again", "True", "InSync").await;
    cluster.delete(&story.at("again")).await;
    cluster.wait_gone(&story.at("again")).await;
    pod
}

struct Story<'a> {
    cluster: &'a Cluster,
    cloud: &'a Cloud,
    namespace: &'a str,
}

impl Story<'_> {
    fn at(&self, name: &str) -> String {
        format!("/apis/{GROUP}/v1/namespaces/{}/gadgets/{name}", self.namespace)
    }

    /// Applies a gadget, as soon as its kind is served.
    async fn make(&self, name: &str, spec: Value) {
        let object = json!({ "apiVersion": format!("{GROUP}/v1"), "kind": "Gadget", "metadata": { "name": name }, "spec": spec });
        eventually("a gadget that is taken", async || self.cluster.apply(&self.at(name), &object).await.ok())
            .await;
    }

    async fn until_ready_is(&self, name: &str, status: &str, reason: &str) {
        let holds = |object: &Value| {
            let ready = condition(object, "Ready");
            ready["status"] == status
                && ready["reason"] == reason
                && ready["observedGeneration"] == object["metadata"]["generation"]
        };
        let what = format!("{name} told as {status}/{reason}");
        eventually(&what, async || self.cluster.get(&self.at(name)).await.filter(holds)).await;
    }

    /// Edits the new option, and waits until the service has it.
    async fn weigh(&self, weight: u32) {
        let patch = json!({ "spec": { "weight": weight } });
        let taken = async || {
            self.cluster
                .merge(&self.at("red"), &patch)
                .await
                .ok()
                .filter(|object| object["spec"]["weight"] == weight)
        };
        eventually("an option that is not pruned", taken).await;
        eventually("an option that is sent", async || {
            (self.sold().await.first()?["weight"] == weight).then_some(())
        })
        .await;
    }

    async fn sold(&self) -> Vec<Value> {
        let client = reqwest::Client::builder().build().unwrap();
        let answer = client
            .get(format!("{}/crud/gadgets", self.cloud.url()))
            .header("X-Api-Key", "demo-key")
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

fn gadget() -> String {
    GADGET.replace("GROUP", GROUP)
}

fn with_entry(values: &Value, gadget: &str) -> Value {
    let mut values = values.clone();
    values["catalog"]["entries"]["gadget.yaml"] = json!(gadget);
    values
}

fn shelf(release: &Release) -> String {
    let selected = [
        "get",
        "configmap",
        "--namespace",
        &release.namespace,
        "--selector=operator.clever-cloud.com/catalog=true",
    ];
    let name = PLANE
        .kubectl()
        .run(&[selected.as_slice(), &["--output=jsonpath={.items[0].metadata.name}"]].concat())
        .unwrap();
    format!("/api/v1/namespaces/{}/configmaps/{name}", release.namespace)
}
