//! The life of a release: installed, tested, upgraded, uninstalled, installed again. The pods are started
//! from what helm has made.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::extend::{self, with_gadgets};
use super::users::is_for_users;
use harness::cloud::Files;
use harness::examples::PATIENCE;
use harness::helm::{CHART, objects};
use harness::release::credentials;
use harness::{Cloud, Cluster, Helm, PLANE, Release, block_on, eventually, examples, kinds, world};

/// As the public documentation page has it; there, `values.yaml` is the chart's own, in which four values are
/// to be written.
const COMMAND: &str = "helm install clever-operator -n clever-operator --create-namespace -f values.yaml .";
const NAME: &str = "clever-operator";
/// Where the page finds the chart.
const PLACE: &str = "deployments/kubernetes/helm";

/// Two operators must not work in one namespace: who starts pods is alone.
pub(super) static STAGE: Mutex<()> = Mutex::const_new(());

#[test]
fn installed_as_the_page_says_it_works_and_what_it_made_outlives_it() {
    block_on(async {
        let _stage = STAGE.lock().await;
        let cloud = cloud().await;
        let cluster = Cluster::connect().await;
        let values = with_gadgets(values(cloud.url()), &cloud);
        let said = install_as_the_page_says(&values);
        assert!(said.contains("helm test clever-operator") && !said.contains("no credentials"), "{said}");
        without_definitions();
        optional_definitions();

        // What a pod needs in order to be harmless is judged by the API server.
        PLANE
            .kubectl()
            .run(&["label", "namespace", NAME, "pod-security.kubernetes.io/enforce=restricted"])
            .unwrap();
        let release = Release::named(Helm::V4, NAME).await;
        let pod = release.pod(0).await;
        pod.until("livenessProbe").await;
        pod.until("readinessProbe").await;
        PLANE.restart_controller_manager().unwrap();
        let (said, printed) = release.test().await;
        assert!(said.is_ok() && printed.contains("\"ready\":true"), "{said:?} {printed}");

        examples::come("default");
        a_new_token_needs_no_restart(&cloud, &cluster, &release, values.clone()).await;
        let values = rotated(values);
        let pod = extend::block_on(&cluster, &cloud, &release, pod, (&values, "default")).await;
        let addons = living(&cloud).await;
        pod.stop(&cluster).await;
        let (said, printed) = release.test().await;
        assert!(said.is_err() && printed.contains("no operator answers"), "{said:?} {printed}");
        assert_eq!(release.refused().await, [""; 0], "every right that it needs is given");

        release.uninstall();
        everything_stays(&cluster, &cloud, &addons).await;
        let (release, _) = Release::install(Helm::V3, NAME, &values).await;
        let pod = release.pod(0).await;
        pod.until("readinessProbe").await;
        assert_eq!(living(&cloud).await, addons, "it goes on with what is there");
        examples::go("default");
        eventually("an account without add-ons", async || living(&cloud).await.is_empty().then_some(()))
            .await;

        assert_eq!(release.refused().await, [""; 0], "every right that it needs is given");
        let mut unused: Vec<_> = release.unused_rights().await.iter().map(ToString::to_string).collect();
        // One rule lists all CRDs, and the operator creates none of an optional kind.
        unused.retain(|right| !is_creation_of_optional(right));
        assert_eq!(unused, [""; 0], "granted and never used");
        pod.stop(&cluster).await;
        release.uninstall();
    });
}

#[test]
fn an_upgrade_from_the_values_of_before_ends_where_an_installation_does() {
    // Helm writes definitions that are not there, and another test counts who has made them.
    let _stage = STAGE.blocking_lock();
    for (helm, name) in [(Helm::V4, "previous-4"), (Helm::V3, "previous-3")] {
        let old = world::folder(name).join("chart");
        world::copy(Path::new(CHART), &old, &str::to_owned);
        fs::copy("tests/chart/previous-values.yaml", old.join("values.yaml")).unwrap();
        let run = |arguments: &[&str]| helm.run(&[arguments, &["--namespace", name]].concat()).unwrap();
        let entry = ["--set-file", r"catalog.entries.library\.yaml=tests/catalogs/crud/library.yaml"];
        run(&[
            ["install", name, old.to_str().unwrap(), "--create-namespace", "--set", "replicas=2"].as_slice(),
            &entry,
        ]
        .concat());
        // What the release was installed with, the chart's old defaults among it, and nothing of the new
        // ones.
        run(&["upgrade", name, CHART, "--reuse-values"]);
        let selected = [
            "--selector=operator.clever-cloud.com/catalog=true",
            r"--output=jsonpath={.items[0].data.library\.yaml}",
        ];
        let kept =
            PLANE.kubectl().run(&[["get", "configmap", "--namespace", name].as_slice(), &selected].concat());
        assert_eq!(
            kept.unwrap(),
            fs::read_to_string("tests/catalogs/crud/library.yaml").unwrap(),
            "an entry is kept to the letter"
        );
        let reused = objects(&run(&["get", "manifest", name]));
        assert!(
            reused.iter().any(is_for_users),
            "values of before know nothing of the roles for users, which are on"
        );
        run(&[
            "upgrade",
            name,
            CHART,
            "--values",
            "tests/chart/previous-values.yaml",
            "--reset-values",
            "--set",
            "replicas=2",
        ]);
        let upgraded = in_order(&run(&["get", "manifest", name]));
        let fresh = run(&["template", name, CHART, "--no-hooks", "--set", "replicas=2"]);
        assert_eq!(upgraded, in_order(&fresh), "{helm:?}");
        run(&["uninstall", name]);
    }
}

/// A cloud whose account has the organisation of the examples.
pub(super) async fn cloud() -> Cloud {
    let cloud = Cloud::start(Files::default()).await;
    let mut accounts = cloud.accounts().await;
    accounts["accounts"][0]["organisations"].as_array_mut().unwrap().push(json!(examples::ORGANISATION));
    cloud.set_accounts(accounts).await;
    cloud
}

/// Takes all definitions away: so an upgrade finds those that it brings, for helm adds none to a release that
/// is there.
pub(super) fn without_definitions() {
    let built_in = format!("{CHART}/crds");
    let all = [["-f", built_in.as_str()], ["crd", "gadgets.shop.example.test"]];
    // All at once: each takes its time.
    for some in &all {
        PLANE
            .kubectl()
            .run(&[["delete", "--ignore-not-found", "--wait=false"].as_slice(), some].concat())
            .unwrap();
    }
    for some in &all {
        until_deleted(some);
    }
}

/// Installs the CRDs of the optional kinds, as a user does who adds them to a release that is there: the
/// operator creates none of them.
pub(super) fn optional_definitions() {
    for name in ["postgresqls", "redis"] {
        let file = format!("{CHART}/crds/{name}.clever-cloud.com.yaml");
        PLANE.kubectl().run(&["apply", "--server-side", "-f", &file]).unwrap();
    }
}

/// Whether a right is that to create the CRD of an optional kind.
pub(super) fn is_creation_of_optional(right: &str) -> bool {
    right.starts_with("create customresourcedefinitions.")
        && right.ends_with(".clever-cloud.com")
        && !right.contains(".api.")
}

/// Waits until CRDs that are being deleted are gone, and gives the API server a reason to look at them again.
///
/// Its finalizer of CRDs does not try again after a conflict with its own write of the condition `Terminating`:
/// it waits for a change of something else, or for its next resync, minutes later (`crd_finalizer.go`,
/// `updateCustomResourceDefinition`). The first attempt fails where the storage of a CRD that was just written
/// is initialised anew, so that one of many may be caught by that.
fn until_deleted(definitions: &[&str]) {
    let run = |verb: &[&str], rest: &[&str]| PLANE.kubectl().run(&[verb, definitions, rest].concat());
    let wait = || run(&["wait", "--for=delete", "--timeout=10s"], &[]);
    for attempt in 0..12 {
        if wait().is_ok() {
            return;
        }
        // Those that are gone meanwhile are refused, which does not keep the others from being written.
        let _ = run(&["annotate", "--overwrite"], &[&format!("tests.example.test/attempt={attempt}")]);
    }
    wait().unwrap();
}

/// With a port of its own, for `helm test` asks the Service's.
pub(super) fn values(endpoint: &str) -> Value {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut values = credentials(endpoint);
    values["config"]["organisation"] = json!(examples::ORGANISATION);
    values["config"]["operator"] =
        json!({ "listen": format!("127.0.0.1:{port}"), "listLag": "1s", "creationWindow": "5s" });
    values["service"] = json!({ "port": port });
    values
}

/// Runs the page's command in the page's folder (a copy, for it is edited), in which the values are written.
fn install_as_the_page_says(values: &Value) -> String {
    assert!(
        include_str!("../deployment/commands.txt").lines().any(|line| line == COMMAND),
        "the page says something else"
    );
    let folder = world::folder("page").join("helm");
    world::copy(Path::new(PLACE), &folder, &str::to_owned);
    let mut own: Value =
        serde_yaml::from_str(&fs::read_to_string(folder.join("values.yaml")).unwrap()).unwrap();
    merge(&mut own, values);
    fs::write(folder.join("values.yaml"), serde_yaml::to_string(&own).unwrap()).unwrap();
    let programs = world::folder("page").join("programs");
    let _ = fs::remove_dir_all(&programs);
    fs::create_dir_all(&programs).unwrap();
    std::os::unix::fs::symlink(Helm::V4.program(), programs.join("helm")).unwrap();
    let mut command = Helm::V4.command_as("sh");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = command.args(["-c", COMMAND]).current_dir(folder).env("PATH", path).output().unwrap();
    let [said, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{complaint}");
    said
}

fn merge(into: &mut Value, from: &Value) {
    match (into.as_object_mut(), from.as_object()) {
        (Some(into), Some(from)) => {
            from.iter().for_each(|(key, value)| merge(into.entry(key).or_insert_with(|| json!({})), value))
        }
        _ => *into = from.clone(),
    }
}

/// The cloud takes another token from now on, the Secret says so, and the pod goes on with it.
async fn a_new_token_needs_no_restart(cloud: &Cloud, cluster: &Cluster, release: &Release, values: Value) {
    let template = release.deployment().await["spec"]["template"].clone();
    let mut accounts = cloud.accounts().await;
    accounts["accounts"][0]["oauth"]["token"] = json!("rotated-token");
    cloud.set_accounts(accounts).await;
    release.upgrade_exactly(&rotated(values)).unwrap();
    assert_eq!(release.deployment().await["spec"]["template"], template, "no pod would be replaced");
    examples::every_kind_of_write(cluster, "default").await;
    // The cloud refuses the old one: nothing new would come of it.
    let another = fs::read_to_string("examples/redis.yaml").unwrap().replace("name: my-", "name: another-");
    assert!(another.contains("name: another-"), "{another}");
    for arguments in [
        ["apply", "-f", "-"].as_slice(),
        &["wait", "--for=condition=Ready", PATIENCE, "-f", "-"],
        &["delete", PATIENCE, "-f", "-"],
    ] {
        PLANE.kubectl().run_with_input(arguments, &another).unwrap();
    }
}

fn rotated(mut values: Value) -> Value {
    values["config"]["token"] = json!("rotated-token");
    values
}

/// The ids of the add-ons that nobody has deleted.
pub(super) async fn living(cloud: &Cloud) -> Vec<Value> {
    let mut ids: Vec<_> =
        cloud.live(examples::ORGANISATION).await.iter().map(|addon| addon["id"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    ids
}

/// Definitions, resources, their Secrets and add-ons.
async fn everything_stays(cluster: &Cluster, cloud: &Cloud, addons: &[Value]) {
    assert_eq!(living(cloud).await, addons);
    for crd in kinds::documents(&kinds::crds(None)) {
        let name = crd["metadata"]["name"].as_str().unwrap();
        assert!(
            cluster
                .get(&format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"))
                .await
                .is_some(),
            "{name}"
        );
    }
    for example in kinds::documents(&examples::all()) {
        let kind = example["kind"].as_str().unwrap();
        let group = example["apiVersion"].as_str().unwrap().split('/').next().unwrap();
        let name = example["metadata"]["name"].as_str().unwrap();
        PLANE.kubectl().run(&["get", &format!("{}.{group}", kind.to_lowercase()), name]).unwrap();
        PLANE.kubectl().run(&["get", "secret", &format!("{name}-secrets")]).unwrap();
    }
}

/// The objects of what helm prints, in an order of their own.
fn in_order(printed: &str) -> Vec<Value> {
    let mut objects = objects(printed);
    objects.sort_by_key(Value::to_string);
    objects
}
