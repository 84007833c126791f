//! `import`: manifests for all that exists in an organisation, as the API server and the operator take them.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

use harness::annotations::{DELETION_POLICY, EXTERNAL_ID, MANAGEMENT};
use harness::call::{call, call_with, only_read};
use harness::{PLANE, Settings, World, block_on, expect};

/// The name that the cloud gives to the backups of a search engine.
const PART: &str = "backups";

#[test]
fn an_account_with_all_kinds_becomes_manifests_that_say_what_exists() {
    block_on(async {
        let world = World::with_all_kinds("import-all").await;
        let operator = world.operator("operator", &Settings::default()).await;
        let scene = world.scene().await;
        let kinds: Vec<String> = world.kinds().map(|kind| kind.kind.clone()).collect();
        let resources: Vec<_> = kinds.iter().map(|kind| scene.example(kind)).collect();
        for resource in &resources {
            resource.apply().await;
        }
        let mut owned = Vec::new();
        for resource in &resources {
            owned.push(harness::scene::addon(&resource.until_ready().await));
        }
        operator.stop().await;
        let since = world.cloud.latest().await;
        let arguments = ["import", "--organisation", &scene.organisation, "--namespace", &scene.namespace];
        let said = call(&world, &arguments);
        // The cloud gives one add-on a part whose name does not tell whose it is.
        let left: Vec<_> = said.objects().iter().map(|(_, object)| name(object)).collect();
        assert_eq!(left, [PART], "live resources have all others");
        let left_out = said.out.lines().filter(|line| line.starts_with("# Left out: ")).count();
        let all = world.cloud.live(&scene.organisation).await.len();
        assert_eq!(left_out, all - 1, "{}", said.out);

        // The resources go, and the add-ons stay with the names that people give.
        for (resource, id) in resources.iter().zip(&owned) {
            let clear = json!({ "metadata": { "finalizers": null } });
            resource.delete().await;
            world.cluster.merge(&resource.path(), &clear).await.unwrap();
            resource.wait_gone().await;
            world.cloud.rename(id, &format!("{} of old", resource.name())).await;
            world.cloud.retag(id, &[]).await;
        }
        let said = call(&world, &arguments);
        only_read(&world, since).await;
        let objects = said.objects();
        assert_eq!(objects.len(), all, "{}", said.out);
        assert!(!said.out.contains("# Caution: spec."), "a spec differs from its add-on:\n{}", said.out);
        for (resource, id) in resources.iter().zip(&owned) {
            let named = |object: &Value| object["metadata"]["annotations"][EXTERNAL_ID] == json!(id);
            let (text, object) = objects.iter().find(|(_, object)| named(object)).expect("a manifest");
            assert_eq!(object["kind"], resource.kind.kind);
            assert_eq!(object["metadata"]["annotations"][DELETION_POLICY], "retain");
            says("", &resource.manifest["spec"], &object["spec"], text);
        }
        let names: BTreeSet<String> = objects.iter().map(|(_, object)| name(object)).collect();
        assert_eq!(names.len(), objects.len(), "{names:?}");
        expect("inventory/imported.yaml", &readable(&said.out, &scene.organisation, world.group()));

        let kubectl = PLANE.kubectl();
        kubectl
            .run_with_input(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &said.out)
            .expect("the API server accepts them");
        let list = call(&world, &[&arguments[..], &["--output", "json"]].concat());
        let list: Value = serde_json::from_str(&list.out).unwrap();
        assert_eq!(list["items"], json!(objects.iter().map(|(_, object)| object).collect::<Vec<_>>()));

        // Once applied, they name their add-ons, whether an operator runs or not.
        kubectl.run_with_input(&["apply", "-f", "-"], &said.out).unwrap();
        let said = call(&world, &arguments);
        assert_eq!(said.objects(), [], "{}", said.out);

        // An operator that lets everyone adopt observes them all, and then manages them: nothing is written. A part
        // whose name has the uid of a former resource has to be assigned.
        let settings =
            Settings { adoption: "{ namespaces: { '*': ['*'] } }".into(), ..Settings::frequent_polls() };
        let _operator = world.operator("adopting", &settings).await;
        let imported = objects
            .iter()
            .map(|(_, object)| scene.example(object["kind"].as_str().unwrap()).named(&name(object)));
        let (former, imported): (Vec<_>, Vec<_>) =
            imported.partition(|resource| resource.name().starts_with("kubernetes-"));
        assert_eq!((former.len(), imported.len()), (all - 1 - owned.len(), owned.len() + 1));
        for resource in &former {
            resource.until_ready_is("False", "OwnershipUnproven").await;
        }
        for resource in &imported {
            resource.until_ready_is("True", "Observed").await;
        }
        for resource in &imported {
            resource.annotate(MANAGEMENT, json!("manage")).await;
        }
        for resource in &imported {
            resource.until_ready().await;
        }
        only_read(&world, since).await;
    });
}

#[test]
fn names_are_free_and_what_is_left_out_is_named() {
    block_on(async {
        let world = World::with("import-names", &["PostgreSql", "KV"]).await;
        let scene = world.scene().await;
        let uid = "2f1c3a5e-0000-4000-8000-000000000001";
        let insert = async |provider: &str, name: &str, more: Value| {
            let mut addon = json!({ "owner": scene.organisation, "provider": provider, "name": name });
            addon.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            world.cloud.insert(addon).await
        };
        let live = scene.example("KV").named("orders").apply().await;
        let held = format!("kubernetes::KV::{}", live["metadata"]["uid"].as_str().unwrap());
        insert("kv", &held, json!({})).await;
        insert("kv", "Orders", json!({})).await;
        insert("kv", "orders", json!({})).await;
        insert("postgresql-addon", "Shop", json!({ "plan": "dev" })).await;
        insert("redis-addon", "cache", json!({})).await;
        insert("kv", &format!("kubernetes::KV::{uid}"), json!({})).await;
        insert("kv", "evil\n---\nkind: Secret", json!({})).await;
        let arguments = ["import", "--organisation", &scene.organisation, "--namespace", &scene.namespace];
        let said = call(&world, &arguments);
        let names: BTreeSet<String> = said.objects().iter().map(|(_, object)| name(object)).collect();
        let expected = ["orders-2", "orders-3", "shop", &format!("kubernetes-kv-{uid}"), "evil-kind-secret"];
        assert_eq!(names, expected.iter().map(|name| (*name).to_owned()).collect());
        let (text, shop) = said.objects().into_iter().find(|(_, object)| name(object) == "shop").unwrap();
        assert_eq!(shop["spec"]["instance"]["plan"], "dev");
        assert_eq!(shop["spec"].get("options"), None, "a shared plan has no choice: {text}");
        for words in [
            format!("belongs to KV {}/orders", scene.namespace),
            "(cache), because the catalog has no kind for the product redis-addon".to_owned(),
            format!(
                "# Caution: its name has the uid {uid}, so it may belong to a resource of another cluster"
            ),
        ] {
            assert!(said.out.contains(&words), "{words}: {}", said.out);
        }
        PLANE
            .kubectl()
            .run_with_input(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &said.out)
            .unwrap();

        let said = call(&world, &[&arguments[..], &["--kind", "postgresql", "--manage"]].concat());
        let objects = said.objects();
        assert_eq!(objects.len(), 1, "{}", said.out);
        assert_eq!(objects[0].1["metadata"]["annotations"]["operator.clever-cloud.com/management"], "manage");

        // Without the cluster, nothing is left out.
        let said = call(&world, &[&arguments[..], &["--no-cluster"]].concat());
        assert!(said.out.contains("# Not checked: ") && said.err.contains("not checked: "), "{said:?}");
        assert_eq!(said.objects().len(), 6, "{}", said.out);
        let nowhere = world.folder.join("nowhere.yaml");
        let kubeconfig = std::fs::read_to_string(PLANE.kubeconfig()).unwrap();
        let closed =
            Regex::new("127.0.0.1:[0-9]+").unwrap().replace_all(&kubeconfig, "127.0.0.1:1").into_owned();
        std::fs::write(&nowhere, closed).unwrap();
        let said = call_with(&world, &nowhere, world.catalog(), &arguments);
        assert!(said.err.contains("not checked: ") && said.objects().len() == 6, "{said:?}");

        // The built-in catalog has two kinds of this product.
        let choose = |more: &[&str]| {
            let arguments = [&arguments[..], &["--no-cluster"], more].concat();
            call_with(&world, &nowhere, None, &arguments)
        };
        let said = choose(&["--kind", "postgresql", "--kind", "postgresqls.clever-cloud.com"]);
        let (text, object) = said.objects().remove(0);
        assert_eq!(object["apiVersion"], "api.clever-cloud.com/v1", "{text}");
        assert!(
            text.contains("# Note: choose another kind with `--kind`: postgresqls.clever-cloud.com"),
            "{text}"
        );
        let (text, object) = choose(&["--kind", "postgresqls.clever-cloud.com"]).objects().remove(0);
        assert_eq!(object["apiVersion"], "clever-cloud.com/v1", "{text}");
        assert_eq!(
            object["spec"],
            json!({ "organisation": scene.organisation, "plan": "dev", "region": "par" })
        );

        let said = call(&world, &["import", "--organisation", "orga_99999999-0000-4000-8000-000000000000"]);
        assert!(said.code == 1 && said.err.contains("OrganisationNotFound"), "{said:?}");
        let said = call(&world, &["import"]);
        assert!(said.code == 1 && said.err.contains("--organisation"), "{said:?}");
    });
}

/// Asserts that a spec has every value that was asked for, unless the comments list the field as not shown.
fn says(path: &str, asked: &Value, seen: &Value, text: &str) {
    match asked {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, asked)| says(&format!("{path}.{name}"), asked, &seen[name], text));
        }
        _ if seen.is_null() => assert!(text.contains(&format!("`spec{path}`")), "{path} is missing:\n{text}"),
        // A plan may be written in upper or lower case.
        Value::String(asked) => {
            assert_eq!(seen.as_str().map(str::to_lowercase), Some(asked.to_lowercase()), "{path} in\n{text}")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            assert_eq!(asked, seen, "{path} in\n{text}")
        }
    }
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap().to_owned()
}

/// Short names for ids and times, which differ in each run, and one order.
fn readable(text: &str, organisation: &str, group: &str) -> String {
    let text = text.replace(organisation, "ORG").replace(group, "api.clever-cloud.com");
    let uid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let text = Regex::new(&format!("addon_{uid}")).unwrap().replace_all(&text, "addon_…").into_owned();
    let text = Regex::new(uid).unwrap().replace_all(&text, "UID").into_owned();
    let text = Regex::new("[0-9-]{10}T[0-9:]{8}Z").unwrap().replace_all(&text, "TIME").into_owned();
    let (head, documents) = text.split_once('\n').unwrap();
    let mut documents: Vec<_> = documents.trim_end().split("\n---\n").collect();
    documents.sort_unstable();
    format!("{head}\n{}\n", documents.join("\n---\n"))
}
