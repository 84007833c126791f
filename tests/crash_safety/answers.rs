//! Answers that are lost, cut, late or wrong, before and after the effect, while the operator lives; and a
//! list that lags.

use serde_json::{Value, json};

use super::holds::{Hold, Moment, hold, release, unmet};
use super::stage::{quick, resource, scenes, stage, wired};
use super::verdict::{Promise, kept};
use harness::{Settings, block_on};

/// What is asked, and whether the answer is lost before or after the effect.
const ASKED: [(&str, &str); 7] = [
    ("providers", "after"),
    ("list", "after"),
    ("create", "before"),
    ("create", "after"),
    ("env", "after"),
    ("delete", "before"),
    ("delete", "after"),
];

/// What becomes of the answer.
fn answers() -> [Value; 6] {
    [
        json!("truncated"),
        json!("reset"),
        json!("hang"),
        json!({ "status": 503, "body": { "id": -500, "message": "try again", "type": "error" } }),
        json!({ "status": 502, "html": "<html><body>Bad Gateway</body></html>" }),
        json!({ "status": 200, "html": "<html><body>Maintenance</body></html>" }),
    ]
}

#[test]
fn whatever_becomes_of_one_answer_there_is_one_add_on_and_then_none() {
    block_on(async {
        let world = stage("answers").await;
        world.cloud.set(json!({ "listLag": 1000, "lingering": 0 })).await;
        let _operator = world.operator("operator", &quick()).await;
        let answers = answers();
        let troubles: Vec<_> =
            ASKED.iter().flat_map(|asked| answers.iter().map(move |answer| (asked, answer))).collect();
        let scenes = scenes(&world, u32::try_from(troubles.len()).unwrap()).await;
        let resources: Vec<_> = scenes.iter().map(|scene| resource(scene, "PostgreSql")).collect();
        for (resource, ((operation, kind), answer)) in resources.iter().zip(troubles) {
            // What is offered is asked for without naming an organisation in the path: whoever asks meets
            // that trouble.
            let path = if *operation == "providers" {
                "*".to_owned()
            } else {
                format!("*{}*", resource.scene.organisation)
            };
            world
                .cloud
                .fault(json!({ "operation": operation, "kind": kind, "path": path, "answer": answer }))
                .await;
            resource.apply().await;
        }
        let found =
            kept(&resources.iter().map(|resource| (resource, Promise::One)).collect::<Vec<_>>()).await;
        assert!(found.iter().all(|found| found == "one of 1 ever made"), "{found:?}");
        for resource in &resources {
            resource.delete().await;
        }
        kept(&resources.iter().map(|resource| (resource, Promise::None)).collect::<Vec<_>>()).await;
        assert_eq!(unmet(&world.cloud).await, json!([]), "every trouble was met");
    });
}

#[test]
fn a_record_whose_write_got_no_answer_counts_all_the_same() {
    block_on(async {
        let world = stage("unheard").await;
        let (_operator, wire) = wired(
            &world,
            "operator",
            &Settings { request_timeout: "60s", creation_window: "30s", ..quick() },
        )
        .await;
        let scenes = scenes(&world, 1).await;
        let database = resource(&scenes[0], "PostgreSql");
        let create = Hold { operation: "create".into(), skip: 0, moment: Moment::Done };
        let held = hold(&world.cloud, &create, async || drop(database.apply().await)).await;
        wire.go_deaf();
        release(&world.cloud, [held]).await;
        let addons = world.cloud.live(&database.scene.organisation).await;
        let id = addons[0]["id"].as_str().unwrap();
        database
            .until("with its record", |object| object["metadata"]["annotations"].to_string().contains(id))
            .await;
        wire.cut_off();
        assert_eq!(kept(&[(&database, Promise::One)]).await, ["one of 1 ever made"]);
        database.delete().await;
        kept(&[(&database, Promise::None)]).await;
    });
}
