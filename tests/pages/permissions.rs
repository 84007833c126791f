//! The rules that `docs/rights.md` lists are those that are given: by the deployed manifests, by the page's
//! own, and by `crd role`.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use interpreter::catalog::Addon;
use interpreter::crd::{self, Definitions, RecordWriters};
use interpreter::plan::{DELETION_PROTECTION, RECORD};
use interpreter::reconcile::RECORD_CODE;
use serde_json::Value;

const OWN: &str = "clever-operator-system";

/// Where, API group, resources, names, verbs.
type Rule = [String; 5];

#[test]
fn in_the_whole_cluster_the_rules_are_those_of_the_manifests() {
    let shelf = clever_operator::cli::built_in();
    let role = crd::cluster_role("kinds", addons(&shelf), Definitions::Claimed);
    let deployed = documents(&read("deployments/kubernetes/operator.yaml"));
    assert_eq!(listed("## Cluster-wide"), given(deployed.iter().chain([&role]), &shelf));
}

#[test]
fn in_some_namespaces_the_rules_are_those_of_the_page_and_none_is_of_the_cluster() {
    let shelf = clever_operator::cli::built_in();
    let role = crd::role("kinds", Some("team-a"), addons(&shelf));
    let page = page();
    let blocks: Vec<Value> = page
        .split("```yaml\n")
        .skip(1)
        .flat_map(|block| documents(block.split("\n```").next().unwrap()))
        .collect();
    let mut deployed = documents(&read("deployments/kubernetes/operator.yaml"));
    deployed.retain(|object| object["kind"] == "Role");
    let rules = given(deployed.iter().chain(&blocks).chain([&role]), &shelf);
    assert_eq!(listed("## Selected namespaces"), rules);
    assert!(!rules.iter().any(|rule| rule[0] == "ClusterRole"));
}

#[test]
fn who_applies_definitions_may_create_them_by_their_names_alone() {
    let shelf = clever_operator::cli::built_in();
    let [claims, applies] = [Definitions::Claimed, Definitions::Applied].map(|definitions| {
        let role = crd::cluster_role("kinds", addons(&shelf), definitions);
        role["rules"].as_array().unwrap().clone()
    });
    let (last_claims, last_applies) = (claims.last().unwrap(), applies.last().unwrap());
    assert_eq!(claims[..claims.len() - 1], applies[..applies.len() - 1]);
    assert_eq!(last_claims["resourceNames"], last_applies["resourceNames"]);
    assert_eq!(last_claims["resourceNames"].as_array().unwrap().len(), shelf.catalog.addons.len());
    assert_eq!(last_applies["verbs"], serde_json::json!(["get", "patch", "create"]));
    assert!(page().contains("With `--manage-crds`, CRDs have the verb `create`, too"));
}

#[test]
fn what_crd_role_prints_can_be_for_some_namespaces_and_have_another_name() {
    let shelf = clever_operator::cli::built_in();
    let two = ["--namespaced", "--namespace", "team-a", "--namespace", "team-b", "--name", "ours"];
    let roles = ["team-a", "team-b"].map(|namespace| crd::role("ours", Some(namespace), addons(&shelf)));
    assert_eq!(printed(&two).map(|text| documents(&text)), Ok(roles.to_vec()));
    let here = crd::role("clever-operator-kinds", None, addons(&shelf));
    assert!(here["metadata"].get("namespace").is_none());
    assert_eq!(printed(&["--namespaced"]).map(|text| documents(&text)), Ok(vec![here]));
    let applies = crd::cluster_role("clever-operator-kinds", addons(&shelf), Definitions::Applied);
    assert_eq!(printed(&["--manage-crds"]).map(|text| documents(&text)), Ok(vec![applies]));
    for contradiction in [["--namespaced", "--manage-crds"], ["--namespace", "team-a"]] {
        assert!(
            printed(&contradiction).is_err_and(|said| said.contains("--namespaced")),
            "{contradiction:?}"
        );
    }
}

#[test]
fn the_rules_for_users_are_those_that_the_page_lists_and_the_program_prints() {
    let shelf = clever_operator::cli::built_in();
    let roles = crd::user_roles("clever-operator", addons(&shelf));
    assert_eq!(listed("## Users"), given(roles.iter(), &shelf));
    assert_eq!(printed_by("user-roles", &[]).map(|text| documents(&text)), Ok(roles.to_vec()));
    let named = crd::user_roles("ours", addons(&shelf));
    assert_eq!(
        printed_by("user-roles", &["--name", "ours"]).map(|text| documents(&text)),
        Ok(named.to_vec())
    );
}

#[test]
fn the_printed_policy_is_that_of_the_catalog() {
    let shelf = clever_operator::cli::built_in();
    let namespaces = ["a".to_owned(), "b".to_owned()];
    let own = RecordWriters { operator: [OWN, "clever-operator"], namespaces: &[] };
    let limited = RecordWriters { operator: ["home", "other"], namespaces: &namespaces };
    let options = ["--service-account", "home:other", "--namespace", "a", "--namespace", "b"];
    for (name, writers, options) in [("clever-operator", own, &[][..]), ("ours", limited, &options)] {
        let mut policies = crd::deletion_policy(name, DELETION_PROTECTION, addons(&shelf)).to_vec();
        policies.extend(crd::record_policy(name, [RECORD, RECORD_CODE], writers, addons(&shelf)));
        let printed = printed_by("policy", &[&["--name", name], options].concat());
        assert_eq!(printed.map(|text| documents(&text)), Ok(policies));
    }
    for wrong in ["home", ":other", "home:"] {
        let said = printed_by("policy", &["--service-account", wrong]);
        assert!(said.is_err_and(|said| said.contains("NAMESPACE:NAME")), "{wrong}");
    }
}

fn printed(arguments: &[&str]) -> Result<String, String> {
    printed_by("role", arguments)
}

fn printed_by(command: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_clever-operator"))
        .args(["crd", command])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The rows of the table in a section of the page.
fn listed(section: &str) -> BTreeSet<Rule> {
    let page = page();
    let section = page.split(section).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| scope "));
    let cells = |row: &str| {
        row.split('|').skip(1).take(5).map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>()
    };
    rows.map(|row| cells(row).try_into().unwrap()).collect()
}

/// The rules of the roles among these objects, in the page's words.
fn given<'a>(
    objects: impl Iterator<Item = &'a Value>,
    shelf: &clever_operator::cli::LoadedCatalog,
) -> BTreeSet<Rule> {
    let roles = objects.filter(|object| object["kind"] == "ClusterRole" || object["kind"] == "Role");
    let rules =
        roles.flat_map(|role| role["rules"].as_array().unwrap().iter().map(move |rule| (place(role), rule)));
    rules.map(|(place, rule)| worded(place, rule, shelf)).collect()
}

fn place(role: &Value) -> String {
    let label = |role: &&str| format!("rbac.authorization.k8s.io/aggregate-to-{role}");
    let added_to =
        ["view", "edit", "admin"].into_iter().filter(|to| role["metadata"]["labels"][label(to)] == "true");
    match added_to.collect::<Vec<_>>() {
        roles if roles.is_empty() => place_of_the_operator(role),
        roles => roles.join(", "),
    }
}

fn place_of_the_operator(role: &Value) -> String {
    match role["metadata"]["namespace"].as_str() {
        None => "ClusterRole".to_owned(),
        Some(OWN) => "own namespace".to_owned(),
        Some(_) => "each namespace".to_owned(),
    }
}

fn worded(place: String, rule: &Value, shelf: &clever_operator::cli::LoadedCatalog) -> Rule {
    let texts = |field: &str| {
        rule[field].as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect::<Vec<_>>()
    };
    let (groups, resources, names, verbs) =
        (texts("apiGroups"), texts("resources"), texts("resourceNames"), texts("verbs").join(", "));
    let of_group: Vec<_> = addons(shelf).filter(|addon| groups == [addon.resource.group.as_str()]).collect();
    if !of_group.is_empty() {
        let suffix =
            if resources.iter().all(|resource| resource.ends_with("/status")) { "/status" } else { "" };
        let kinds: BTreeSet<_> =
            of_group.iter().map(|addon| format!("{}{suffix}", addon.resource.plural)).collect();
        assert_eq!(resources.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), kinds);
        return [place, "of each kind".to_owned(), format!("each kind{suffix}"), names.join(", "), verbs];
    }
    let group = groups
        .iter()
        .map(|group| if group.is_empty() { "\"\"" } else { group })
        .collect::<Vec<_>>()
        .join(", ");
    let names =
        if resources == ["customresourcedefinitions"] { "of each kind".to_owned() } else { names.join(", ") };
    [place, group, resources.join(", "), names, verbs]
}

fn addons(shelf: &clever_operator::cli::LoadedCatalog) -> impl Iterator<Item = &Addon> {
    shelf.catalog.addons.values().map(AsRef::as_ref)
}

fn documents(yaml: &str) -> Vec<Value> {
    yaml.split("\n---\n").map(|document| serde_yaml::from_str(document).unwrap()).collect()
}

fn page() -> String {
    read("docs/rights.md")
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}
