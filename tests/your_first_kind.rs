//! `docs/your-first-kind.md`, played: every command as it stands there, in its order, in one shell, and what each says.
//!
//! The port is another one, for others may use that of the page; `…` in what is said stands for anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports, reason = "shared with other tests, of which each uses a part")]
mod harness;

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use harness::PLANE;
use harness::operator::PROGRAM;
use harness::world::{copy, folder};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use regex::Regex;

const PAGE: &str = "docs/your-first-kind.md";
const PORT: &str = "127.0.0.1:9000";
const FILES: &str = "examples/your-first-kind";
/// Whoever types the commands: an administrator, in a namespace of their own.
const READER: &str = "first-kind";
/// Before what each command says.
const MARK: &str = "=== command ";

/// A command of the page, and what it is said to answer; empty: whatever it answers.
struct Step {
    command: String,
    answer: String,
}

#[test]
fn the_page_does_what_it_says() {
    let steps = steps(&fs::read_to_string(PAGE).unwrap());
    assert!(steps.len() > 15);
    let shelf = folder("page");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    copy(Path::new(FILES), &shelf.join(FILES), &|text| text.replace(PORT, &port));
    build_the_service();
    let script = steps.iter().enumerate().map(|(at, step)| line(at, &step.command.replace(PORT, &port))).collect::<String>();
    let said = play(&shelf, &script);
    let mut wrong = String::new();
    for (at, step) in steps.iter().enumerate() {
        let answer = between(&said, at).replace(&port, PORT);
        if !is_as_said(&step.answer, &answer) {
            wrong += &format!("$ {}\nthe page says:\n{}\nbut it was:\n{answer}\n", step.command, step.answer);
        }
    }
    let operator = fs::read_to_string(shelf.join("clever-operator.log")).unwrap_or_default();
    assert!(wrong.is_empty(), "{wrong}\nthe operator said:\n{operator}");
}

#[test]
fn the_files_of_the_page_are_those_of_the_examples() {
    let page = fs::read_to_string(PAGE).unwrap();
    for file in ["catalog/databases.yaml", "catalog/database.yaml", "my-first-database.yaml"] {
        let text = fs::read_to_string(Path::new(FILES).join(file)).unwrap();
        assert!(page.contains(&format!("`{file}`:\n\n```yaml\n{text}```\n")), "{PAGE} does not show {file} as it is");
    }
}

#[test]
fn an_answer_fits_only_where_the_page_leaves_room() {
    assert!(is_as_said("", "anything") && is_as_said("a …\nb", "a 5s\nb\n") && is_as_said("a.b", "a.b"));
    assert!(!is_as_said("a.b", "axb") && !is_as_said("a", "a\nb") && !is_as_said("a …", "b 5s"));
}

fn steps(page: &str) -> Vec<Step> {
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let steps = blocks.flat_map(|block| block.split("$ ").skip(1).map(step).collect::<Vec<_>>());
    steps.collect()
}

fn step(text: &str) -> Step {
    let (command, answer) = text.split_once('\n').unwrap();
    Step { command: command.to_owned(), answer: answer.trim_end().to_owned() }
}

/// A command in the script. What goes on in the background says what it says to a file, and a command that fails ends the page.
fn line(at: usize, command: &str) -> String {
    let told = match command.strip_suffix(" &") {
        Some(background) => format!("{background} > {}.log 2>&1 &", name(background)),
        None => format!("{command} || exit 1"),
    };
    format!("echo '{MARK}{at}'\n{told}\n")
}

fn name(command: &str) -> &str {
    command.split(' ').next().unwrap_or_default()
}

fn between(said: &str, at: usize) -> String {
    let after = said.split(&format!("{MARK}{at}\n")).nth(1).unwrap_or("(it was not reached)");
    after.split(MARK).next().unwrap().to_owned()
}

fn is_as_said(page: &str, answer: &str) -> bool {
    let lines: Vec<_> = page.lines().map(|line| line.split('…').map(regex::escape).collect::<Vec<_>>().join(".*")).collect();
    page.is_empty() || Regex::new(&format!(r"\A{}\s*\z", lines.join(r"\n"))).unwrap().is_match(answer)
}

/// Runs the script as its reader would, and ends whatever it left running.
fn play(shelf: &Path, script: &str) -> String {
    let said = shelf.join("said.txt");
    let log = fs::File::create(&said).unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", script]).current_dir(shelf).env("PATH", path()).env("KUBECONFIG", reader());
    shell.env("KUBECACHEDIR", shelf.join("cache")).env("KUBERC", "off").env("HOME", shelf).env("RUST_LOG", "info");
    shell.env("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0").env("CLEVER_OPERATOR_OPERATOR_CHECK", "5s");
    shell.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
    let mut shell = Ended(shell.spawn().unwrap());
    shell.0.wait().unwrap();
    fs::read_to_string(said).unwrap()
}

/// A shell and all that it has started.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Fails only where all of it has ended already.
        let _ = killpg(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// `cargo test` alone builds no program of another package.
fn build_the_service() {
    let target = Path::new(PROGRAM).ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "clever-sandbox", "--target-dir"]).arg(target);
    assert!(cargo.status().unwrap().success());
}

/// The programs that the page names, as they were just built.
fn path() -> String {
    let programs = [PathBuf::from(PROGRAM), PLANE.programs().kubectl.clone()];
    let folders: Vec<_> = programs.iter().map(|program| program.parent().unwrap().display().to_string()).collect();
    format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap())
}

fn reader() -> PathBuf {
    let kubectl = PLANE.kubectl();
    kubectl.run(&["create", "namespace", READER]).unwrap();
    kubectl.run(&["--namespace", READER, "create", "serviceaccount", READER]).unwrap();
    let account = format!("--serviceaccount={READER}:{READER}");
    kubectl.run(&["create", "clusterrolebinding", READER, "--clusterrole=cluster-admin", &account]).unwrap();
    PLANE.kubeconfig_for(READER, READER).unwrap()
}
