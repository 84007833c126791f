//! What is refused or has to wait, and how its author hears of it: names that are taken, definitions of
//! others, rights that are missing, changes that would break what lives.

use serde_json::{Value, json};

use super::shelf::Shelf;
use harness::{PLANE, Settings, block_on, eventually, kinds};

#[test]
fn a_name_that_is_taken_in_the_cluster_is_told_and_not_fought_over() {
    block_on(async {
        let shelf = Shelf::new("taken").await;
        let other = foreign("things", "Thing", &["gdg"], &shelf.group);
        let path = definition(&format!("things.{}", shelf.group));
        shelf.world.cluster.apply(&path, &other).await.unwrap();
        let _operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        shelf.until_problem("\"gdg\" is already in use").await;
        shelf.until_event("\"gdg\" is already in use").await;
        shelf.put(&shelf.gadget(&[("shortNames: [gdg]", "shortNames: [gad]")])).await;
        shelf.make("red", json!({ "colour": "red" })).await;
        shelf.until_ready_is("red", "True", "InSync").await;
        shelf.until_accepted().await;
    });
}

#[test]
fn a_definition_of_somebody_else_is_left_as_it_is_until_it_is_handed_over() {
    block_on(async {
        let shelf = Shelf::new("foreign").await;
        let path = definition(&shelf.definition());
        let theirs = foreign("gadgets", "Gadget", &[], &shelf.group);
        let before = shelf.world.cluster.apply(&path, &theirs).await.unwrap();
        let _operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        let said =
            shelf.until_problem("a CRD of this name exists that does not belong to this operator").await;
        // Nor is it claimed by whoever waits for it, a while later.
        shelf.until_problem("the CRD does not belong to this installation yet").await;
        let now = shelf.world.cluster.get(&path).await.unwrap();
        assert!(now["spec"] == before["spec"] && now["metadata"]["annotations"].is_null(), "{now:#}");

        let claim = json!({ "operator.clever-cloud.com/installation": format!("{}/clever-operator", shelf.world.name) });
        assert!(said.contains(&format!("{}/clever-operator", shelf.world.name)), "{said}");
        shelf.world.cluster.merge(&path, &json!({ "metadata": { "annotations": claim } })).await.unwrap();
        shelf.make("red", json!({ "colour": "red" })).await;
        shelf.until_ready_is("red", "True", "InSync").await;
        shelf.until_accepted().await;
    });
}

#[test]
fn a_second_installation_refuses_a_kind_that_another_one_has_claimed() {
    block_on(async {
        let shelf = Shelf::new("second").await;
        let path = definition(&shelf.definition());
        let mut claimed = foreign("gadgets", "Gadget", &[], &shelf.group);
        claimed["metadata"]["annotations"] =
            json!({ "operator.clever-cloud.com/installation": "elsewhere/clever-operator" });
        shelf.world.cluster.apply(&path, &claimed).await.unwrap();
        let operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        shelf.until_problem("the installation `elsewhere/clever-operator` manages this kind").await;
        let told = async || {
            Some(operator.ask("/readyz").await)
                .filter(|(code, page)| *code == 503 && page.contains("elsewhere/clever-operator"))
        };
        eventually("a page that says why it is not ready", told).await;
    });
}

#[test]
fn without_the_right_to_make_definitions_or_the_task_it_waits_for_them_and_says_so() {
    block_on(async {
        let settings = Settings { arguments: &[], ..Settings::frequent_polls() };
        let shelf = Shelf::told("waits", settings, &str::to_owned).await;
        let operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        shelf.until_problem("the CRD is not installed").await;
        PLANE
            .kubectl()
            .apply(&kinds::printed(Some(&shelf.folder()), &["crd", "view", &shelf.definition()]))
            .unwrap();
        shelf.make("red", json!({ "colour": "red" })).await;
        shelf.until_ready_is("red", "True", "InSync").await;
        shelf.until_accepted().await;
        operator.stop().await;
    });
}

#[test]
fn a_right_that_is_missing_is_named_as_the_rule_to_add_and_used_as_soon_as_it_is_there() {
    block_on(async {
        let shelf = Shelf::new("rightless").await;
        PLANE.kubectl().run(&["delete", "clusterrolebinding", "rightless-gadgets"]).unwrap();
        let operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        shelf
            .until_problem(r#"apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"]"#)
            .await;
        assert!(operator.log().contains("customresourcedefinitions"), "the log says so, too");
        shelf.allow("rightless");
        shelf.make("red", json!({ "colour": "red" })).await;
        shelf.until_ready_is("red", "True", "InSync").await;
        shelf.until_accepted().await;
    });
}

#[test]
fn a_change_that_would_break_what_lives_waits_for_the_word_that_it_asks_for() {
    block_on(async {
        let shelf = Shelf::new("breaking").await;
        let operator = shelf.operator().await;
        shelf.put(&shelf.gadget(&[])).await;
        shelf.make("red", json!({ "colour": "red", "size": 7 })).await;
        shelf.until_ready_is("red", "True", "InSync").await;

        let narrower = ("maximum: 9", "maximum: 6");
        shelf.put(&shelf.gadget(&[narrower])).await;
        let said = shelf.until_problem("acceptBreaking: ").await;
        shelf.until_state(&operator, "last-accepted").await;
        let (_, rest) = said.split_once("`acceptBreaking: ").unwrap();
        let (word, _) = rest.split_once('`').unwrap();
        assert!(
            shelf.world.cluster.merge(&shelf.at("red"), &json!({ "spec": { "size": 8 } })).await.is_ok(),
            "as accepted before"
        );

        let word = format!("addon: gadget\nacceptBreaking: {word}");
        shelf.put(&shelf.gadget(&[narrower, ("addon: gadget", &word)])).await;
        shelf.until_state(&operator, "in-force").await;
        shelf.until_accepted().await;
        // Another value each time: the API server keeps accepting a value that it took before the bound was
        // served.
        let mut size = 8;
        let refused = async || {
            size = if size == 8 { 9 } else { 8 };
            shelf.world.cluster.merge(&shelf.at("red"), &json!({ "spec": { "size": size } })).await.err()
        };
        eventually("a bound that holds", refused).await;
    });
}

#[test]
fn an_entry_that_takes_the_kind_of_a_built_in_one_is_refused_and_the_built_in_one_goes_on() {
    block_on(async {
        let shelf = Shelf::new("builtin").await;
        let operator = shelf.operator().await;
        let group = format!("group: {}", shelf.world.group());
        let same = shelf.gadget(&[
            (&format!("group: {}", shelf.group), &group),
            ("kind: Gadget", "kind: KV"),
            (", shortNames: [gdg]", ""),
        ]);
        shelf.put(&same).await;
        shelf.until_problem("CAT071").await;
        let resource = shelf.scene.example("KV");
        resource.apply_until_ready().await;
        resource.delete_until_gone().await;
        let (_, page) = operator.ask("/catalog").await;
        let page: Value = serde_json::from_str(&page).unwrap();
        assert!(
            page["problems"].as_array().unwrap().iter().any(|problem| problem["code"] == "CAT071"),
            "{page:#}"
        );
        let (_, metrics) = operator.ask("/metrics").await;
        assert!(
            metrics
                .contains("clever_operator_catalog_problems{file=\"shop/gadget.yaml\",severity=\"error\"}"),
            "{metrics}"
        );
    });
}

fn definition(name: &str) -> String {
    format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")
}

/// A definition that nobody of ours has made.
fn foreign(plural: &str, kind: &str, short: &[&str], group: &str) -> Value {
    let schema =
        json!({ "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": { "kind": kind, "plural": plural, "singular": kind.to_lowercase(), "shortNames": short },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": schema }],
        },
    })
}
