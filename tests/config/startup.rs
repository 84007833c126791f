//! What the binary says before it needs a cluster: to who has told it nothing, and to who only wants to see
//! its CRDs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FULL: [(&str, &str); 4] = [
    ("CLEVER_OPERATOR_API_TOKEN", "S3CRET"),
    ("CLEVER_OPERATOR_API_SECRET", "S3CRET"),
    ("CLEVER_OPERATOR_API_CONSUMER_KEY", "S3CRET"),
    ("CLEVER_OPERATOR_API_CONSUMER_SECRET", "S3CRET"),
];

/// Nothing listens on the port of `discard`.
const UNREACHABLE: &str = r#"
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
clusters: [{ name: nowhere, cluster: { server: "http://127.0.0.1:9" } }]
users: [{ name: nobody, user: {} }]
"#;

#[test]
fn what_is_missing_is_named_with_both_places_where_it_can_be_written() {
    let answer = operator(&[], &[]);
    let text = stderr(&answer);
    assert_eq!(answer.status.code(), Some(2), "{text}");
    for name in ["token", "secret", "consumerKey", "consumerSecret"] {
        assert!(text.contains(&format!("write `{name}` in `[api]`")), "{text}");
    }
    for (variable, _) in FULL {
        assert!(text.contains(&format!("set {variable}")), "{text}");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_before_anything_starts() {
    let file = scratch("refused").join("config.toml");
    fs::write(&file, "[api]\ntoken = \"\"\ntokn = \"S3CRET\"\n").unwrap();
    let answer = operator(&["--config", file.to_str().unwrap()], &FULL);
    let text = stderr(&answer);
    assert_eq!(answer.status.code(), Some(2), "{text}");
    assert!(
        text.contains("config.toml:2: `api.token` is empty")
            && text.contains("config.toml:3: `api.tokn` is unknown"),
        "{text}"
    );
    assert!(!text.contains("S3CRET"), "{text}");
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let answer = operator(&["-c", "/nowhere/config.yaml"], &FULL);
    assert_eq!(answer.status.code(), Some(2));
    assert!(stderr(&answer).contains("/nowhere/config.yaml: cannot be read"), "{}", stderr(&answer));
}

#[test]
fn a_variable_that_resembles_a_known_one_is_named_at_the_start() {
    let misspelt = ("CLEVER_OPERATOR_OPERATOR_POLL_INTERVALL", "S3CRET");
    let listen = ("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0");
    let answer = operator(&[], &[&FULL[..], &[misspelt, listen]].concat());
    let text = stderr(&answer);
    let line = text.lines().find(|line| line.contains(misspelt.0)).unwrap_or_else(|| panic!("{text}"));
    assert!(
        line.contains("WARN") && line.contains("did you mean CLEVER_OPERATOR_OPERATOR_POLL_INTERVAL?"),
        "{line}"
    );
    assert!(!text.contains("S3CRET"), "{text}");
}

#[test]
fn crds_are_shown_without_credentials_and_without_a_cluster() {
    let answer = operator(&["crd", "view"], &[]);
    let text = stdout(&answer);
    assert!(answer.status.success(), "{}", stderr(&answer));
    assert_eq!(text.split("---\n").count(), always_on(), "one document for each add-on");
    assert!(text.split("---\n").all(|document| {
        document.starts_with("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n")
    }));
}

#[test]
fn a_kind_is_found_by_every_name_it_has() {
    let expected = stdout(&operator(&["crd", "view", "PostgreSql"], &[]));
    assert!(expected.contains("\n  name: postgresqls.api.clever-cloud.com\n"), "{expected}");
    for name in ["postgresql", "postgresqls", "pg", "POSTGRESQL", "postgresqls.api.clever-cloud.com"] {
        assert_eq!(stdout(&operator(&["custom-resource-definition", "v", name], &[])), expected, "{name}");
    }
}

#[test]
fn an_optional_kind_is_printed_by_its_name_or_with_all() {
    let flat = stdout(&operator(&["crd", "view", "PostgreSQL"], &[]));
    assert!(flat.contains("\n  name: postgresqls.clever-cloud.com\n"), "{flat}");
    for name in ["postgresqls.clever-cloud.com", "flat-postgresql"] {
        assert_eq!(stdout(&operator(&["crd", "view", name], &[])), flat, "{name}");
    }
    let all = stdout(&operator(&["crd", "view", "--all"], &[]));
    assert_eq!(all.split("---\n").count(), files_in("catalog/addons"));
    assert!(
        all.contains(&flat)
            && !stdout(&operator(&["crd", "view"], &[])).contains("\n  name: postgresqls.clever-cloud.com\n")
    );
}

#[test]
fn an_unknown_kind_is_answered_with_the_nearest() {
    let answer = operator(&["crd", "view", "keyclock"], &[]);
    assert_eq!(answer.status.code(), Some(2));
    assert_eq!(stderr(&answer), "error: unknown kind `keyclock`; did you mean `keycloak`?\n");
}

#[test]
fn generated_files_replace_what_was_generated_before_and_nothing_else() {
    let folder = scratch("generated");
    fs::write(folder.join("mine.yaml"), "kind: Mine\n").unwrap();
    let generate = || assert!(operator(&["crd", "generate", folder.to_str().unwrap()], &[]).status.success());
    generate();
    let kustomization = fs::read_to_string(folder.join("kustomization.yaml")).unwrap();
    fs::write(folder.join("stale.yaml"), &kustomization).unwrap();
    fs::create_dir(folder.join("staleKinds")).unwrap();
    fs::write(folder.join("staleKinds/kustomization.yaml"), &kustomization).unwrap();
    generate();
    assert!(
        folder.join("mine.yaml").exists()
            && !folder.join("stale.yaml").exists()
            && !folder.join("staleKinds").exists()
    );
    let listed: Vec<_> = kustomization.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(listed.len(), files_in("catalog/addons"));
    assert!(listed.iter().all(|name| folder.join(name).is_file()), "{kustomization}");
}

#[test]
fn the_committed_crds_are_those_of_this_catalog() {
    let folder = scratch("committed");
    assert!(operator(&["crd", "generate", folder.to_str().unwrap()], &[]).status.success());
    let (made, committed) = (texts(&folder), texts(&root().join("generated-crds")));
    let names = made.keys().chain(committed.keys()).collect::<BTreeSet<_>>();
    let different: Vec<_> =
        names.into_iter().filter(|name| made.get(*name) != committed.get(*name)).collect();
    assert!(
        different.is_empty(),
        "generated-crds is not what the catalog becomes; run `make generate`: {different:?}"
    );
}

/// Every file of a folder and of the folders in it, by its path there.
fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut texts = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = PathBuf::from(path.file_name().unwrap());
        match path.is_dir() {
            true => {
                texts.extend(self::texts(&path).into_iter().map(|(inside, text)| (name.join(inside), text)))
            }
            false => drop(texts.insert(name, fs::read_to_string(path).unwrap())),
        }
    }
    texts
}

#[test]
fn a_catalog_from_a_folder_becomes_the_same_crds_as_the_one_built_in() {
    let folder = root().join("catalog");
    let built_in = stdout(&operator(&["crd", "view", "--all"], &[]));
    assert_eq!(
        stdout(&operator(
            &["--catalog", folder.to_str().unwrap(), "--without-built-in", "crd", "view", "--all"],
            &[]
        )),
        built_in
    );
}

#[test]
fn a_catalog_with_an_error_is_shown_where_it_is_wrong_and_yields_no_half_answer() {
    let folder = scratch("broken");
    for part in ["apis", "addons"] {
        fs::create_dir_all(folder.join(part)).unwrap();
        for entry in fs::read_dir(root().join("catalog").join(part)).unwrap().map(|entry| entry.unwrap()) {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(
                folder.join(part).join(entry.file_name()),
                text.replace("$.listed.region", "$.lisstedd.region"),
            )
            .unwrap();
        }
    }
    let answer = operator(&["crd", "view", "--without-built-in", "--catalog", folder.to_str().unwrap()], &[]);
    let text = stderr(&answer);
    assert_eq!((answer.status.code(), stdout(&answer).as_str()), (Some(2), ""), "{text}");
    assert!(
        text.contains("error[") && text.contains("apis/clever-cloud.yaml:") && text.contains("lisstedd"),
        "{text}"
    );
}

#[test]
fn told_to_stop_it_ends_by_itself_and_well_even_without_a_cluster() {
    let kubeconfig = scratch("stopped").join("kubeconfig");
    fs::write(&kubeconfig, UNREACHABLE).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    command
        .arg("--kubeconfig")
        .arg(&kubeconfig)
        .env_clear()
        .envs(FULL)
        .env("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0");
    let mut operator = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(operator.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let starting =
        lines.find(|line| line.contains(r#""message":"starting operator""#)).expect("it says that it starts");
    assert!(starting.contains(r#""listen":"127.0.0.1:"#), "{starting}");
    assert!(Command::new("kill").args(["-TERM", &operator.id().to_string()]).status().unwrap().success());
    let rest: Vec<_> = lines.collect();
    assert!(rest.iter().any(|line| line.contains(r#""message":"shutting down;"#)), "{rest:#?}");
    assert!(operator.wait().unwrap().success(), "{rest:#?}");
    assert!(!rest.iter().any(|line| line.contains("S3CRET")), "{rest:#?}");
}

fn operator(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.output().unwrap()
}

fn stdout(answer: &Output) -> String {
    String::from_utf8(answer.stdout.clone()).unwrap()
}

fn stderr(answer: &Output) -> String {
    String::from_utf8(answer.stderr.clone()).unwrap()
}

/// Kinds of the catalog that are not optional.
fn always_on() -> usize {
    files_in("catalog/addons") - 2
}

fn files_in(folder: &str) -> usize {
    fs::read_dir(root().join(folder)).unwrap().count()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder of this test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config_at_start").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
