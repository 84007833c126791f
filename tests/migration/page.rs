//! The commands of `docs/moving-from-clever-kubernetes-operator.md`, run as they stand there, and
//! `migrate preview` with its evidence.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use harness::program;
use harness::{PLANE, World};

const PAGE: &str = "docs/moving-from-clever-kubernetes-operator.md";
/// Whoever types the commands: an administrator, but not the one that the tests are.
const NAMESPACE: &str = "mover";
const ACCOUNT: &str = "mover";

/// Somebody who reads the page, at a terminal.
pub(super) struct Reader {
    kubeconfig: std::path::PathBuf,
    endpoint: String,
    commands: Vec<String>,
}

impl Reader {
    /// With the rights that the page asks for.
    pub(super) fn new(endpoint: &str) -> Self {
        let kubectl = PLANE.kubectl();
        kubectl.run(&["create", "namespace", NAMESPACE]).unwrap();
        kubectl.run(&["--namespace", NAMESPACE, "create", "serviceaccount", ACCOUNT]).unwrap();
        let account = format!("--serviceaccount={NAMESPACE}:{ACCOUNT}");
        kubectl
            .run(&["create", "clusterrolebinding", "mover", "--clusterrole=cluster-admin", &account])
            .unwrap();
        let text = fs::read_to_string(PAGE).unwrap();
        let commands: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect();
        Self {
            kubeconfig: PLANE.kubeconfig_for(NAMESPACE, ACCOUNT).unwrap(),
            endpoint: endpoint.to_owned(),
            commands,
        }
    }

    /// Types the command of the page that contains these words, and sees it succeed.
    pub(super) fn types(&self, words: &str) -> String {
        let output = self.shell(&self.command(words), true);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same with something left out: what it says when it fails.
    pub(super) fn types_without(&self, words: &str, left_out: &str) -> String {
        let output = self.shell(&self.command(words).replace(left_out, ""), true);
        assert!(!output.status.success(), "{words} without {left_out}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Looks before the move, with or without credentials, and sees what it says and whether anything is in
    /// the way.
    pub(super) fn looks(&self, credentials: bool, arguments: &str) -> (i32, String) {
        let command = format!("{} {arguments}", self.command("migrate preview"));
        let output = self.shell(&command, credentials);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), said)
    }

    /// Nothing is written by looking: not in the cluster, by whoever looks, and not at the cloud.
    pub(super) async fn has_only_looked(&self, world: &World, since: u64) {
        let user = format!("system:serviceaccount:{NAMESPACE}:{ACCOUNT}");
        let events = PLANE.audit_events().unwrap();
        let ours = |event: &&Value| {
            let agent = event["userAgent"].as_str().unwrap_or_default();
            event["user"]["username"] == user.as_str() && agent.starts_with("clever-operator")
        };
        let own: Vec<_> = events.iter().filter(ours).collect();
        let is_read = |event: &Value| ["get", "list", "watch"].iter().any(|verb| event["verb"] == *verb);
        assert!(!own.is_empty() && own.iter().all(|event| is_read(event)), "{own:#?}");
        let log = world.cloud.log(since).await;
        assert!(!log.is_empty() && log.iter().all(|entry| entry["method"] == "GET"), "{log:#?}");
    }

    fn command(&self, words: &str) -> String {
        let found = self.commands.iter().find(|command| command.contains(words));
        found.unwrap_or_else(|| panic!("{PAGE} has no command with {words:?}")).clone()
    }

    fn shell(&self, command: &str, credentials: bool) -> Output {
        let folders = [program::path(), &PLANE.programs().kubectl]
            .map(|program| program.parent().unwrap().display().to_string());
        let path = format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", command]).env("PATH", path).env("KUBECONFIG", &self.kubeconfig);
        shell.env("KUBECACHEDIR", self.kubeconfig.with_extension("cache")).env("RUST_LOG", "error");
        let given =
            [("ENDPOINT", self.endpoint.as_str()), ("TOKEN", "demo-token"), ("SECRET", "demo-secret")];
        let given = given
            .into_iter()
            .chain([("CONSUMER_KEY", "demo-consumer"), ("CONSUMER_SECRET", "demo-consumer-secret")]);
        for (name, value) in given.filter(|_| credentials) {
            shell.env(format!("CLEVER_OPERATOR_API_{name}"), value);
        }
        shell.output().unwrap()
    }
}
