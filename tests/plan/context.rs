//! The context of the kubeconfig: the current one, or the one that an option names.

use std::fs;

use harness::{PLANE, Settings, Stage, scenario};
use serde_json::{Value, json};

use crate::asked::{file, plan_as};

#[test]
fn an_option_picks_the_context() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, scene, .. }| {
        let text = fs::read_to_string(PLANE.kubeconfig()).unwrap();
        let mut kubeconfig: Value = serde_json::from_str(&text).unwrap();
        let here = kubeconfig["current-context"].as_str().unwrap().to_owned();
        let user = kubeconfig["contexts"][0]["context"]["user"].clone();
        let mut add = |list: &str, item: Value| kubeconfig[list].as_array_mut().unwrap().push(item);
        add("clusters", json!({ "name": "away", "cluster": { "server": "https://127.0.0.1:1" } }));
        add("contexts", json!({ "name": "away", "context": { "cluster": "away", "user": user } }));
        kubeconfig["current-context"] = json!("away");
        let path = world.folder.join("two-contexts.kubeconfig");
        fs::write(&path, kubeconfig.to_string()).unwrap();

        let file = file(&world, "one.yaml", &[scene.example("PostgreSql").manifest]);
        let said = plan_as(&world, &path, &file, &["--context", &here]);
        assert_eq!(said.code, 2, "{said:?}");
        assert_eq!(plan_as(&world, &path, &file, &[]).code, 1, "the current context leads nowhere");
        let said = plan_as(&world, &path, &file, &["--context", "elsewhere"]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        let words = format!("has no context `elsewhere`; it has {here}, away");
        assert!(said.err.contains(&words), "{said:?}");
    });
}
