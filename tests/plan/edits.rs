//! Edits of a resource with an add-on: changed, refused, deleted.

use harness::annotations::{EXTERNAL_ID, PAUSED};
use harness::call::{call_with, only_read};
use harness::scene::addon;
use harness::{PLANE, Settings, Stage, scenario};
use serde_json::{Value, json};

use crate::asked::{expected_writes, file, plan, planned, sent_writes};

#[test]
fn an_edit_is_planned_as_a_change_with_the_requests_that_follow() {
    scenario(&["PostgreSql", "ConfigProvider"]).settings(Settings::default()).run(
        async |Stage { world, operator, scene }| {
            let (database, variables) = (scene.example("PostgreSql"), scene.example("ConfigProvider"));
            for resource in [&database, &variables] {
                let file = file(&world, "created.yaml", std::slice::from_ref(&resource.manifest));
                PLANE.kubectl().run(&["apply", "-f", file.to_str().unwrap()]).unwrap();
                resource.until_ready().await;
            }
            let resized = scene.example("PostgreSql").with("/instance/plan", json!("xs_sml"));
            let edited = scene.example("ConfigProvider").with("/variables", json!({ "A": "hidden-value" }));
            let manifests = [resized.manifest.clone(), edited.manifest.clone()];
            let file = file(&world, "edited.yaml", &manifests);
            let since = world.cloud.latest().await;
            let (code, plan_of_edit) = planned(&world, &file);
            only_read(&world, since).await;
            assert_eq!(code, 2, "{plan_of_edit:#}");
            let [of_database, of_variables] = plan_of_edit["resources"].as_array().unwrap().as_slice() else {
                panic!("{plan_of_edit:#}")
            };
            let resize = json!([{ "field": "spec.instance.plan", "from": "xxs_sml", "to": "xs_sml", "confidential": false }]);
            assert_eq!((&of_database["action"], &of_database["fields"]), (&json!("change"), &resize), "{of_database:#}");
            let price = &of_database["price"];
            assert_eq!((&price["before"], &price["after"], &price["currency"]), (&json!(5.25), &json!(26.25), &json!("EUR")));
            assert_eq!(of_variables["action"], "change", "{of_variables:#}");
            assert!(!plan_of_edit.to_string().contains("hidden-value"), "{plan_of_edit:#}");

            for (resource, plan_of_one) in [(&resized, of_database), (&edited, of_variables)] {
                let since = world.cloud.latest().await;
                resource.apply().await;
                let live = resource.until_ready().await;
                let ids = |text: &String| {
                    ["addon", "realId"].iter().fold(text.clone(), |text, key| {
                        let word = if *key == "addon" { "<id.addon>" } else { "<id.real>" };
                        text.replace(live["status"][key].as_str().unwrap(), word)
                    })
                };
                let shape = |text: &String| text.split_once(" [").map_or(text.clone(), |(shape, _)| format!("{shape} null"));
                let expected: Vec<_> = expected_writes(plan_of_one).iter().map(ids).collect();
                let sent: Vec<_> = sent_writes(&scene, &live, since).await.iter().map(shape).collect();
                assert_eq!(expected, sent);
            }

            for (name, pointer, value, [reason, object], words) in refusals() {
                let manifest = scene.example("PostgreSql").with("/instance/plan", json!("xs_sml"));
                let manifest = manifest.with(pointer, value).named(name).manifest;
                let (code, refused) = planned(&world, &crate::asked::file(&world, "refused.yaml", &[manifest]));
                let one = &refused["resources"][0];
                let found = (code, &one["action"], &one["reason"], &one["object"]);
                let expected = (1, &json!("refused"), &json!(reason), &json!(object));
                assert_eq!(found, expected, "{words}: {one:#}");
                assert!(one["message"].as_str().unwrap().contains(words), "{words}: {one:#}");
            }

            let both = scene.example("PostgreSql").with("/instance/plan", json!("s_sml"));
            let both = both.with("/options/encryption", json!(false)).manifest;
            let (code, half) = planned(&world, &crate::asked::file(&world, "half.yaml", &[both]));
            let one = &half["resources"][0];
            assert_eq!((code, &one["action"]), (1, &json!("change")), "{one:#}");
            assert!(one["refusals"][0].as_str().unwrap().contains("spec.options.encryption"), "{one:#}");

            let mut thief = scene.example("PostgreSql").named("thief").manifest;
            let held = addon(&database.live().await.unwrap());
            thief["metadata"]["annotations"] = json!({ EXTERNAL_ID: held });
            let (code, stolen) = planned(&world, &crate::asked::file(&world, "stolen.yaml", &[thief]));
            let one = &stolen["resources"][0];
            assert_eq!((code, &one["action"], &one["reason"]), (1, &json!("refused"), &json!("OwnedByOther")), "{one:#}");
            assert_eq!(expected_writes(one), [""; 0], "{one:#}");

            let mut elsewhere = scene.example("PostgreSql").manifest;
            elsewhere["metadata"]["namespace"] = json!("not-yet");
            let (code, unchecked) = planned(&world, &crate::asked::file(&world, "new.yaml", &[elsewhere.clone()]));
            let one = &unchecked["resources"][0];
            assert_eq!((code, &one["action"], &one["checkedBy"]), (2, &json!("create"), &json!("catalog")), "{one:#}");
            assert!(one["notes"][0].as_str().unwrap().contains("not-yet does not exist yet"), "{one:#}");
            elsewhere["apiVersion"] = json!("api.clever-cloud.com/v1");
            elsewhere["spec"]["options"]["version"] = json!("seventeen");
            let file_of_built_in = crate::asked::file(&world, "built-in.yaml", &[elsewhere]);
            let arguments = ["plan", "-f", file_of_built_in.to_str().unwrap(), "-o", "json"];
            let said = call_with(&world, PLANE.kubeconfig(), None, &arguments);
            let unserved: Value = serde_json::from_str(&said.out).unwrap();
            let one = &unserved["resources"][0];
            assert_eq!((said.code, &one["reason"], &one["checkedBy"]), (1, &json!("Invalid"), &json!("catalog")), "{one:#}");
            assert!(one["message"].as_str().unwrap().contains("spec.options.version"), "{one:#}");

            let mut paused = scene.example("PostgreSql").with("/instance/plan", json!("s_sml")).manifest;
            paused["metadata"]["annotations"] = json!({ PAUSED: "true" });
            let owner = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "an-owner" });
            paused["metadata"]["ownerReferences"] = json!([owner]);
            let (code, waiting) = planned(&world, &crate::asked::file(&world, "paused.yaml", &[paused]));
            let one = &waiting["resources"][0];
            let found = (code, &one["action"], &one["reason"], &waiting["summary"]["waits"]);
            assert_eq!(found, (2, &json!("waits"), &json!("Paused"), &json!(1)), "{one:#}");
            let is_owner = |change: &Value| change["field"] == "metadata.ownerReferences";
            assert!(one["fields"].as_array().unwrap().iter().any(is_owner), "{one:#}");

            operator.stop().await;
            database.delete().await;
            let (code, deleted) = planned(&world, &file);
            let one = &deleted["resources"][0];
            assert_eq!((code, &one["action"]), (2, &json!("delete")), "{one:#}");
            assert!(expected_writes(one)[0].starts_with("DELETE /v2/organisations/"), "{one:#}");
            let text = plan(&world, &file, &[]).out;
            assert!(text.contains("remove the finalizer"), "{text}");
        },
    );
}

/// Name and edit of a manifest; the reason and what becomes of the object; and words of the message.
fn refusals() -> [(&'static str, &'static str, Value, [&'static str; 2], &'static str); 7] {
    let stranger = json!("orga_99999999-0000-4000-8000-000000000000");
    [
        (
            "my-database",
            "/instance/plan",
            json!("gigantic"),
            ["Immutable", "change"],
            "the cloud offers no such plan",
        ),
        ("another", "/instance/plan", json!("gigantic"), ["NotOffered", "create"], "`gigantic`"),
        (
            "my-database",
            "/options/encryption",
            json!(false),
            ["Immutable", "change"],
            "cannot be changed after creation",
        ),
        (
            "my-database",
            "/organisation",
            stranger.clone(),
            ["Invalid", "refused"],
            "organisation cannot be changed",
        ),
        ("another", "/instance/region", json!(7), ["Invalid", "refused"], "spec.instance.region"),
        ("another", "/organisation", stranger, ["OrganisationNotFound", "create"], "organisation"),
        ("Not A Name", "/instance/plan", json!("xs_sml"), ["Invalid", "refused"], "Not A Name"),
    ]
}
