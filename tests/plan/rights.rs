//! A caller with few permissions: the plan is unknown where a read is not permitted, and complete where it needs none.

use harness::{PLANE, Settings, Stage, Users, scenario};
use serde_json::{Value, json};

use crate::asked::{file, grant_user_roles, plan_as};

#[test]
fn what_the_caller_may_not_read_is_unknown() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, operator, scene }| {
        let users = Users::of(&scene.namespace).await;
        let database = scene.example("PostgreSql");
        database.apply_until_ready().await;
        operator.stop().await;
        let resized = scene.example("PostgreSql").with("/instance/plan", json!("xs_sml"));
        let new = scene.example("PostgreSql").named("another");
        let file = file(&world, "few-permissions.yaml", &[resized.manifest, new.manifest]);
        let planned = |user: &str| -> (i32, Value) {
            let kubeconfig = PLANE.kubeconfig_for(&scene.namespace, user).unwrap();
            let said = plan_as(&world, &kubeconfig, &file, &["-o", "json"]);
            (said.code, serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}")))
        };

        let (code, nothing) = planned("view");
        assert_eq!((code, &nothing["summary"]["unknown"]), (1, &json!(2)), "{nothing:#}");
        let one = &nothing["resources"][0];
        assert!(one["message"].as_str().unwrap().contains("cannot get resource"), "{one:#}");

        grant_user_roles(&world);
        let kinds = [(world.group().to_owned(), database.kind.plural.clone())];
        users.until_they_may_use(&kinds).await;
        let (code, viewed) = planned("view");
        assert_eq!((code, &viewed["summary"]["unknown"]), (1, &json!(2)), "{viewed:#}");
        let one = &viewed["resources"][0];
        assert_eq!((&one["object"], &one["checkedBy"]), (&json!("change"), &json!("catalog")), "{one:#}");
        assert!(one["message"].as_str().unwrap().contains("secrets"), "{one:#}");
        assert!(one["notes"][0].as_str().unwrap().contains("no dry run"), "{one:#}");

        let (code, edited) = planned("edit");
        assert_eq!(code, 2, "{edited:#}");
        let actions: Vec<_> =
            edited["resources"].as_array().unwrap().iter().map(|one| one["action"].clone()).collect();
        assert_eq!(actions, ["change", "create"], "{edited:#}");
        let notes = |one: &Value| one["notes"].to_string();
        let without_keys = "The keys of the operator's records cannot be read";
        assert!(notes(&edited["resources"][0]).contains(without_keys), "its record is signed: {edited:#}");
        assert!(!notes(&edited["resources"][1]).contains(without_keys), "it has no record: {edited:#}");
        let not_checked = edited["notChecked"].as_array().unwrap();
        for words in ["the id of the cluster", &kinds[0].1] {
            let is_named = not_checked.iter().any(|item| item.as_str().unwrap().contains(words));
            assert!(is_named, "{words}: {edited:#}");
        }
    });
}
