//! `docs/your-first-kind.md` and the pages of tasks, played: every command as it stands there, in its order,
//! in one shell, and what each says.
//!
//! The port is another one, for others may use that of the page; `…` in what is said stands for anything.
//! What only looks is typed again until it shows what the page says, as its reader would do: what was done
//! just before needs a moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use harness::PLANE;
use harness::program;
use harness::world::{copy, folder};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use regex::Regex;
use tokio::time::{Instant, sleep};

const PAGE: &str = "docs/your-first-kind.md";
const PORT: &str = "127.0.0.1:9000";
const FILES: &str = "examples/your-first-kind";
/// Whoever types the commands: an administrator, in a namespace of their own.
const READER: &str = "first-kind";
/// The pages that need a running operator with the built-in kinds, in the order in which a user reads them.
const TASKS: [&str; 5] = ["create", "change", "troubleshoot", "namespaces", "delete"];
/// The namespace of their reader.
const USER: &str = "tasks";
/// The commands that start this operator, with the sandbox as its cloud. Its list does not lag.
const BEFORE_TASKS: &str = "$ kubectl apply --server-side --kustomize ROOT/generated-crds
$ clever-sandbox --listen 127.0.0.1:9000 &
$ curl --silent --retry 5 --retry-connrefused http://127.0.0.1:9000/_sandbox/settings
$ export CLEVER_OPERATOR_API_ENDPOINT=http://127.0.0.1:9000 CLEVER_OPERATOR_OPERATOR_LIST_LAG=2s
$ export CLEVER_OPERATOR_API_TOKEN=demo-token CLEVER_OPERATOR_API_SECRET=demo-secret
$ export CLEVER_OPERATOR_API_CONSUMER_KEY=demo-consumer CLEVER_OPERATOR_API_CONSUMER_SECRET=demo-consumer-secret
$ export CLEVER_OPERATOR_API_ORGANISATION=orga_11111111-2222-4333-8444-555555555555
$ clever-operator &
";
/// After what each command says, before how it ended.
const MARK: &str = "=== ended with ";
/// How the commands begin that change nothing.
const LOOKS: [&str; 4] = ["kubectl get ", "kubectl describe ", "kubectl explain ", "curl --silent "];
/// How long a reader looks again, and how often.
const PATIENCE: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_millis(500);

/// A command of the page, and what it is said to answer; empty: whatever it answers.
struct Step {
    command: String,
    answer: String,
}

#[tokio::test]
async fn the_page_does_what_it_says() {
    let steps = steps(&fs::read_to_string(PAGE).unwrap());
    assert!(steps.len() > 20);
    play(READER, steps).await;
}

#[tokio::test]
async fn the_pages_of_tasks_do_what_they_say() {
    let pages = TASKS.map(|page| fs::read_to_string(format!("docs/{page}.md")).unwrap());
    let before = BEFORE_TASKS.replace("ROOT", env!("CARGO_MANIFEST_DIR"));
    let files = pages.iter().flat_map(|page| files(page)).map(|(file, text)| Step {
        command: format!("cat > {file} <<'END'\n{text}END"),
        answer: String::new(),
    });
    let before = steps(&format!("```console\n{before}```")).into_iter().chain(files);
    let all: Vec<_> = before.chain(pages.iter().flat_map(|page| steps(page))).collect();
    assert!(all.len() > 35);
    play(USER, all).await;
}

/// Types all commands in one shell, whose user has a namespace of this name.
async fn play(reader: &str, steps: Vec<Step>) {
    let shelf = folder(reader);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    copy(Path::new(FILES), &shelf.join(FILES), &|text| text.replace(PORT, &port));
    build_the_service();
    let mut shell = Shell::start(&shelf, reader);
    for Step { command, answer } in steps {
        let command = command.replace(PORT, &port);
        if let Err(otherwise) = shell.follow(&command, &answer.replace(PORT, &port)).await {
            let operator = fs::read_to_string(shelf.join("clever-operator.log")).unwrap_or_default();
            panic!(
                "$ {command}\nthe page says:\n{answer}\nbut it was:\n{otherwise}\nthe operator said:\n{operator}"
            );
        }
    }
}

#[test]
fn the_files_of_the_page_are_those_of_the_examples() {
    let page = fs::read_to_string(PAGE).unwrap();
    for file in ["catalog/databases.yaml", "catalog/database.yaml", "my-first-database.yaml"] {
        let text = fs::read_to_string(Path::new(FILES).join(file)).unwrap();
        assert!(
            page.contains(&format!("`{file}`:\n\n```yaml\n{text}```\n")),
            "{PAGE} does not show {file} as it is"
        );
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

/// The files that a page shows, each after its name.
fn files(page: &str) -> Vec<(&str, &str)> {
    let named = Regex::new(r"(?m)^`([a-z.-]+)`:\n\n```[a-z]+\n((?s:.*?))```").unwrap();
    named.captures_iter(page).map(|found| found.extract()).map(|(_, [file, text])| (file, text)).collect()
}

fn step(text: &str) -> Step {
    let (command, answer) = text.split_once('\n').unwrap();
    Step { command: command.to_owned(), answer: answer.trim_end().to_owned() }
}

fn is_as_said(page: &str, answer: &str) -> bool {
    let lines: Vec<_> =
        page.lines().map(|line| line.split('…').map(regex::escape).collect::<Vec<_>>().join(".*")).collect();
    page.is_empty() || Regex::new(&format!(r"\A{}\s*\z", lines.join(r"\n"))).unwrap().is_match(answer)
}

/// One shell, in which the whole page is typed.
struct Shell {
    child: Ended,
    said: BufReader<ChildStdout>,
    shelf: PathBuf,
}

impl Shell {
    fn start(shelf: &Path, user: &str) -> Self {
        let mut shell = Command::new("bash");
        shell
            .args(["-o", "pipefail"])
            .current_dir(shelf)
            .env("PATH", path())
            .env("KUBECONFIG", reader(user))
            .env_remove("POD_NAMESPACE");
        shell
            .env("KUBECACHEDIR", shelf.join("cache"))
            .env("KUBERC", "off")
            .env("HOME", shelf)
            .env("RUST_LOG", "info");
        shell
            .env("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0")
            .env("CLEVER_OPERATOR_OPERATOR_POLL_INTERVAL", "5s");
        let mut child =
            Ended(shell.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn().unwrap());
        let said = BufReader::new(child.0.stdout.take().unwrap());
        Self { child, said, shelf: shelf.to_owned() }
    }

    /// Types a command until it says this, or once if it does something; or tells what it said otherwise.
    async fn follow(&mut self, command: &str, answer: &str) -> Result<(), String> {
        let given_up = Instant::now() + PATIENCE;
        loop {
            let (said, succeeded) = self.type_in(command);
            if succeeded && is_as_said(answer, &said) {
                return Ok(());
            }
            if Instant::now() > given_up || !only_looks(command) {
                return Err(said);
            }
            sleep(AGAIN).await;
        }
    }

    /// What a command says, and whether it succeeded. What goes on in the background says it to a file.
    fn type_in(&mut self, command: &str) -> (String, bool) {
        let told = match command.strip_suffix(" &") {
            Some(background) => {
                format!("{background} > {}/{}.log 2>&1 &", self.shelf.display(), name(background))
            }
            None => command.to_owned(),
        };
        let typed = format!("{{ {told}\n}} < /dev/null 2>&1\nprintf '\\n{MARK}%s\\n' $?\n");
        self.child.0.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
        let mut said = String::new();
        let mut line = String::new();
        while self.said.read_line(&mut line).unwrap() > 0 {
            if let Some(ended) = line.strip_prefix(MARK) {
                return (said, ended == "0\n");
            }
            said.push_str(&std::mem::take(&mut line));
        }
        (said, false)
    }
}

fn name(command: &str) -> &str {
    command.split(' ').next().unwrap_or_default()
}

fn only_looks(command: &str) -> bool {
    LOOKS.iter().any(|look| command.starts_with(look))
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
    let target = program::path().ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "clever-sandbox", "--target-dir"]).arg(target);
    assert!(cargo.status().unwrap().success());
}

/// The programs that the page names, as they were just built.
fn path() -> String {
    let programs = [program::path().to_owned(), PLANE.programs().kubectl.clone()];
    let folders: Vec<_> =
        programs.iter().map(|program| program.parent().unwrap().display().to_string()).collect();
    format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap())
}

/// An administrator with a namespace of the same name.
fn reader(name: &str) -> PathBuf {
    let kubectl = PLANE.kubectl();
    kubectl.run(&["create", "namespace", name]).unwrap();
    kubectl.run(&["--namespace", name, "create", "serviceaccount", name]).unwrap();
    let account = format!("--serviceaccount={name}:{name}");
    kubectl.run(&["create", "clusterrolebinding", name, "--clusterrole=cluster-admin", &account]).unwrap();
    let file = PLANE.kubeconfig_for(name, name).unwrap();
    let path = file.display().to_string();
    kubectl.run(&["config", "set-context", "--current", "--namespace", name, "--kubeconfig", &path]).unwrap();
    file
}
