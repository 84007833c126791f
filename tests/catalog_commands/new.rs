//! `catalog new`: what it prints for each product of a cloud is a sound file, and who asks for something else
//! hears what there is.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clever_sandbox::{Config, Sandbox};

const ORGANISATION: &str = "orga_11111111-2222-4333-8444-555555555555";

#[tokio::test(flavor = "multi_thread")]
async fn every_product_on_offer_becomes_a_file_that_is_taken() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let folder = scratch("products");
    let providers = providers(sandbox.url());
    assert!(providers.len() > 15, "{providers:?}");
    for provider in providers {
        let answer = new(sandbox.url(), &[&provider]);
        assert!(answer.status.success(), "{provider}: {}", stderr(&answer));
        let text = stdout(&answer);
        assert!(text.contains(&format!("\nprovider: {provider}\n")) && text.contains("# today: "), "{text}");
        fs::write(folder.join("new.yaml"), text).unwrap();
        let checked = operator(&["catalog", "check", folder.to_str().unwrap()]);
        assert!(checked.status.success(), "{provider}: {}{}", stdout(&checked), stderr(&checked));
        assert!(stdout(&checked).contains("and 20 kinds are valid"), "{provider}: {}", stdout(&checked));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_chosen_today_stands_beside_the_field() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let text = stdout(&new(sandbox.url(), &["postgresql-addon"]));
    expect("a-database.yaml", &text);
    expect("one-plan.yaml", &stdout(&new(sandbox.url(), &["addon-pulsar"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_something_else_hears_what_there_is() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let answer = new(sandbox.url(), &["postgresql"]);
    let text = stderr(&answer);
    assert_eq!(answer.status.code(), Some(2), "{text}");
    assert!(
        text.contains(
            "`postgresql` is not on offer; did you mean `postgresql-addon`?\nThe products on offer are: "
        ) && text.contains("addon-pulsar"),
        "{text}"
    );
    let text = stderr(&new(sandbox.url(), &["postgresql-addon", "--api", "other"]));
    assert!(text.contains("unknown API `other`; the APIs are `clever-cloud`"), "{text}");
}

#[test]
fn without_credentials_it_says_what_to_write() {
    let answer = operator(&["catalog", "new", "postgresql-addon"]);
    assert!(!answer.status.success());
    assert!(stderr(&answer).contains("write `token` in `[api]`"), "{}", stderr(&answer));
}

#[test]
fn an_api_of_ones_own_needs_no_cloud() {
    let folder = scratch("api");
    let answer =
        operator(&["catalog", "new", "--api-file", "library", "--endpoint", "https://library.example.test"]);
    assert!(answer.status.success(), "{}", stderr(&answer));
    fs::write(folder.join("library.yaml"), stdout(&answer)).unwrap();
    let checked = operator(&["catalog", "check", folder.to_str().unwrap(), "--without-built-in"]);
    assert!(checked.status.success(), "{}{}", stdout(&checked), stderr(&checked));
    let refused = operator(&["catalog", "new", "--api-file", "Library!", "--endpoint", "library"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("Write an address that begins with `https://`."),
        "{}",
        stderr(&refused)
    );
}

/// What the sandbox sells, in the words of who asked for something that nobody sells.
fn providers(url: &str) -> Vec<String> {
    let text = stderr(&new(url, &["nothing-like-it"]));
    let listed = text
        .lines()
        .find_map(|line| line.strip_prefix("The products on offer are: "))
        .unwrap_or_else(|| panic!("{text}"));
    listed.split(", ").map(str::to_owned).collect()
}

fn new(url: &str, arguments: &[&str]) -> Output {
    let told = [
        ("ENDPOINT", url),
        ("TOKEN", "demo-token"),
        ("SECRET", "demo-secret"),
        ("CONSUMER_KEY", "demo-consumer"),
    ];
    let mut command = command(&[&["catalog", "new"], arguments].concat());
    command.envs(told.map(|(name, value)| (format!("CLEVER_OPERATOR_API_{name}"), value)));
    command
        .env("CLEVER_OPERATOR_API_CONSUMER_SECRET", "demo-consumer-secret")
        .env("CLEVER_OPERATOR_API_ORGANISATION", ORGANISATION);
    command.output().unwrap()
}

fn operator(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Told nothing by whoever runs the tests.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    command.args(arguments).env_clear().env("HOME", "/nowhere");
    command
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalog_new").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn expect(file: &str, actual: &str) {
    let path = Path::new("tests/catalog_commands/new").join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, actual).unwrap();
    }
    assert_eq!(
        actual,
        fs::read_to_string(&path).unwrap_or_default(),
        "{file} (if this is right: UPDATE_EXPECTED=1)"
    );
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
