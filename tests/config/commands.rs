//! What `config check`, `configmap generate` and `secret generate` print: a folder for each case below
//! `tests/config/command-cases`.
//!
//! `command` is what is asked for, `environment` the variables, `home` and `here` the folder of the user, if
//! there is one, and the working directory. `expected` is all that is printed and the exit code;
//! `UPDATE_EXPECTED=1 cargo test --test config` rewrites it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// The names of the kinds on the command line of the operator of before.
const NAMES_OF_BEFORE: [&str; 14] = [
    "postgresql",
    "redis",
    "mysql",
    "mongodb",
    "pulsar",
    "config-provider",
    "elasticsearch",
    "kv",
    "metabase",
    "keycloak",
    "matomo",
    "otoroshi",
    "azimutt",
    "cellar",
];

/// Cases that the operator would start with.
const USABLE: [&str; 2] = ["several-places", "letters-that-need-care"];

#[test]
fn every_case_is_answered_as_expected() {
    harness::cases::check(cases(), |case| {
        let command = fs::read_to_string(case.join("command")).unwrap();
        let answer = operator(case, &command.split_whitespace().collect::<Vec<_>>());
        let actual = format!(
            "{}--- stderr\n{}--- exit code {}\n",
            stdout(&answer),
            stderr(&answer),
            answer.status.code().unwrap()
        );
        let generates = command.split_whitespace().any(|word| ["generate", "g"].contains(&word));
        assert!(generates || !actual.contains("S3CRET"), "{} shows a secret:\n{actual}", case.display());
        actual
    });
}

#[test]
fn what_is_generated_says_the_same_as_what_it_was_made_from() {
    for case in USABLE.map(|name| folder().join(name)) {
        let before = gist(&operator(&case, &["config", "check"]));
        for kind in ["configmap", "secret"] {
            let object = serde_yaml::from_str(&stdout(&operator(&case, &[kind, "generate"]))).unwrap();
            assert_eq!(
                gist(&read_again("generated", &text_of(&object))),
                before,
                "{} as {kind}",
                case.display()
            );
        }
    }
}

#[test]
fn what_may_not_be_read_is_named_and_what_may_not_be_entered_is_not_there() {
    let root = scratch("forbidden");
    fs::create_dir_all(root.join("home/.config/clever-operator")).unwrap();
    fs::write(root.join("home/.config/clever-operator/config.toml"), "[api]\ntoken = \"S3CRET\"\n").unwrap();
    fs::create_dir_all(root.join("here")).unwrap();
    fs::write(root.join("here/config.yaml"), "api: { token: S3CRET }\n").unwrap();
    let mode =
        |path: &str, mode| fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    mode("home/.config", 0o000);
    mode("here/config.yaml", 0o000);
    let mut check = command(&root, &["config", "check"]);
    // Nothing is forbidden to root.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        check.uid(65534);
    }
    let answer = check.output().unwrap();
    mode("home/.config", 0o700);
    let (seen, refused) = (stdout(&answer), stderr(&answer));
    assert!(
        seen.contains("../home/.config/clever-operator/config.toml")
            && seen.contains("folder not accessible"),
        "{seen}"
    );
    assert!(refused.contains("config.yaml: cannot be read: Permission denied"), "{refused}");
    assert_eq!((answer.status.code(), refused.matches("cannot be read").count()), (Some(2), 1), "{refused}");
}

#[test]
fn a_kind_has_the_name_it_had_on_the_command_line_of_before() {
    for name in NAMES_OF_BEFORE {
        let answer = operator(&scratch("names"), &["crd", "view", name]);
        let text = stdout(&answer);
        assert!(answer.status.success(), "{name}: {}", stderr(&answer));
        assert_eq!(text.matches("kind: CustomResourceDefinition").count(), 1, "{name}");
        assert!(text.contains("group: api.clever-cloud.com"), "{name}: {text}");
    }
}

#[test]
fn the_options_are_spelt_as_they_were() {
    let root = scratch("options");
    let version = stdout(&operator(&root, &["-V"]));
    assert!(
        version.starts_with("clever-operator ") && version == stdout(&operator(&root, &["--version"])),
        "{version}"
    );
    fs::write(root.join("c.toml"), "[api]\ntoken = \"S3CRET\"\n").unwrap();
    for options in [
        ["-vvv", "-c", "c.toml", "-k", "nowhere", "-t"],
        ["--verbose", "--config", "c.toml", "--kubeconfig", "nowhere", "--check"],
    ] {
        let answer = operator(&root, &options);
        assert!(answer.status.success(), "{options:?}: {}", stderr(&answer));
        assert!(!stdout(&answer).contains("S3CRET") && !stderr(&answer).contains("S3CRET"), "{options:?}");
    }
}

/// The configured and the effective values, without their sources.
fn gist(answer: &Output) -> Vec<String> {
    assert!(answer.status.success(), "{}", stderr(answer));
    let text = stdout(answer);
    let (_, told) = text.split_once("\n\n").unwrap();
    told.lines().map(|line| line.split("  from ").next().unwrap().to_owned()).collect()
}

fn read_again(test: &str, text: &str) -> Output {
    let root = scratch(test);
    fs::write(root.join("again.toml"), text).unwrap();
    operator(&root, &["config", "check", "--config", "again.toml"])
}

/// The text in a ConfigMap or a Secret.
fn text_of(object: &Value) -> String {
    let text = object["data"]["config.toml"].as_str().unwrap();
    match object["kind"].as_str().unwrap() {
        "Secret" => String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap(),
        _ => text.to_owned(),
    }
}

fn operator(case: &Path, arguments: &[&str]) -> Output {
    command(case, arguments).output().unwrap()
}

fn command(case: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    let here = case.join("here");
    // Relative, so that what is printed is as wide on every machine.
    let (here, home) = if here.exists() { (here.as_path(), "../home") } else { (case, "home") };
    command.args(arguments).env_clear().current_dir(here);
    command.envs(here.join(home).exists().then_some(("HOME", home)));
    let environment = fs::read_to_string(case.join("environment")).unwrap_or_default();
    command.envs(environment.lines().filter_map(|line| line.split_once('=')));
    command
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 9, "the cases are gone");
    cases
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/command-cases")
}

fn stdout(answer: &Output) -> String {
    String::from_utf8(answer.stdout.clone()).unwrap()
}

fn stderr(answer: &Output) -> String {
    String::from_utf8(answer.stderr.clone()).unwrap()
}

/// An empty folder of this test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config_commands").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
