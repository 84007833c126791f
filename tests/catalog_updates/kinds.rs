//! The life of a kind that is added at run time.

use serde_json::json;

use super::shelf::Shelf;
use harness::{PLANE, block_on, eventually};

#[test]
fn a_kind_is_added_edited_broken_and_taken_away_while_the_operator_runs() {
    block_on(async {
        let shelf = Shelf::new("extending").await;
        let operator = shelf.operator().await;

        shelf.put(&shelf.gadget(&[])).await;
        shelf.make("red", json!({ "colour": "red" })).await;
        shelf.until_ready_is("red", "True", "InSync").await;
        assert_eq!(shelf.sold().await[0]["colour"], "red");
        shelf.until_state(&operator, "in-force").await;
        shelf.until_accepted().await;

        // A new option works, and what was there goes on.
        let weight = (
            "changes:\n  edit:",
            "  weight: { description: How heavy it is., type: integer, minimum: 0, optional: true, send: weight, observed: $.listed.weight, absent: 0, changes: edit }\n\nchanges:\n  edit:",
        );
        let covered = ("covers: [colour, size]", "covers: [colour, size, weight]");
        let wider = shelf.gadget(&[weight, covered]);
        shelf.put(&wider).await;
        let heavy = json!({ "spec": { "weight": 3 } });
        let path = shelf.at("red");
        let cluster = &shelf.world.cluster;
        let taken =
            async || cluster.merge(&path, &heavy).await.ok().filter(|object| object["spec"]["weight"] == 3);
        eventually("a new option that is not pruned", taken).await;
        eventually("a new option that is sent", async || {
            (shelf.sold().await[0]["weight"] == 3).then_some(())
        })
        .await;
        shelf.until_ready_is("red", "True", "InSync").await;

        // What breaks leaves the last good form in force, and says where the mistake is.
        shelf
            .put(&wider.replace("type: integer, minimum: 0, optional", "type: integr, minimum: 0, optional"))
            .await;
        let said = shelf.until_problem("CAT007").await;
        assert!(said.contains("shop/gadget.yaml:15:"), "{said}");
        shelf.until_event("shop/gadget.yaml:15:").await;
        shelf.until_state(&operator, "last-accepted").await;
        cluster.merge(&path, &json!({ "spec": { "weight": 4 } })).await.unwrap();
        eventually("the last good form at work", async || {
            (shelf.sold().await[0]["weight"] == 4).then_some(())
        })
        .await;

        // Also over a restart.
        operator.stop().await;
        let operator = shelf.operator().await;
        shelf.until_state(&operator, "last-accepted").await;
        cluster.merge(&path, &json!({ "spec": { "weight": 5 } })).await.unwrap();
        eventually("the last good form after a restart", async || {
            (shelf.sold().await[0]["weight"] == 5).then_some(())
        })
        .await;
        shelf.until_ready_is("red", "True", "InSync").await;

        // What is gone can still be deleted, and no more.
        cluster.delete(&shelf.path()).await;
        shelf.until_state(&operator, "delete-only").await;
        shelf.until_ready_is("red", "False", "KindRemoved").await;
        let (_, metrics) = operator.ask("/metrics").await;
        assert!(
            metrics.contains(&format!("delete_only_resources{{kind=\"{}\"}} 1", shelf.definition())),
            "{metrics}"
        );
        shelf.make("late", json!({ "colour": "blue" })).await;
        shelf.until_ready_is("late", "False", "KindRemoved").await;
        assert_eq!(shelf.sold().await.len(), 1, "nothing new is made");
        cluster.delete(&shelf.at("late")).await;
        cluster.delete(&path).await;
        cluster.wait_gone(&path).await;
        assert!(shelf.sold().await.is_empty());
        eventually("an end of the kind", async || shelf.entry(&operator).await.is_null().then_some(())).await;
        let definition =
            format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", shelf.definition());
        assert!(cluster.get(&definition).await.is_some(), "definitions are never deleted");
        assert_eq!(shelf.world.refusals(), [""; 0], "every right that it needs is given");
        let _ = PLANE.server();
    });
}
