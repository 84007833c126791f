//! helm, in each version that people use, with the chart of this tree and with folders of its own. Knows
//! nothing of what is installed.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use control_plane::Helms;
use serde_json::Value;

use super::{PLANE, kinds, world};

/// The chart.
pub const CHART: &str = "charts/clever-operator";

static HELMS: LazyLock<Helms> = LazyLock::new(|| Helms::find().unwrap());

/// One version of helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helm {
    /// Of today.
    V4,
    /// Of before.
    V3,
}

impl Helm {
    /// What it prints. The error is what it complains of.
    pub fn run(self, arguments: &[&str]) -> Result<String, String> {
        self.run_with_input(arguments, "")
    }

    fn run_with_input(self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that ends without reading says why, which is the better error.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let [said, complaint] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
        if status.success() { Ok(said) } else { Err(complaint) }
    }

    /// The objects of the chart with these values; hooks included, and what is in `crds/` not.
    pub fn template(self, name: &str, namespace: &str, values: &Value) -> Result<String, String> {
        self.run_with_input(
            &["template", name, CHART, "--namespace", namespace, "--values", "-"],
            &values.to_string(),
        )
    }

    /// It, on the control plane of this process, as its administrator.
    pub fn command(self) -> Command {
        self.command_as(self.program())
    }

    /// Another program in the same surroundings, such as a shell in which helm is called.
    pub fn command_as(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("KUBECONFIG", PLANE.kubeconfig());
        for (variable, folder) in
            [("HELM_CACHE_HOME", "cache"), ("HELM_CONFIG_HOME", "config"), ("HELM_DATA_HOME", "data")]
        {
            command.env(variable, world::folder("helm").join(folder));
        }
        command
    }

    /// Where it is.
    pub fn program(self) -> &'static Path {
        match self {
            Self::V4 => &HELMS.helm4,
            Self::V3 => &HELMS.helm3,
        }
    }
}

/// The documents of what helm prints, parsed; comments alone are none.
pub fn objects(printed: &str) -> Vec<Value> {
    let documents = printed.split("\n---\n").map(|document| document.trim_start_matches("---\n"));
    let holds_something =
        |document: &&str| document.lines().any(|line| !line.is_empty() && !line.starts_with('#'));
    documents.filter(holds_something).flat_map(kinds::documents).collect()
}

/// Values as a file.
pub fn values_file(name: &str, values: &Value) -> PathBuf {
    let path = world::folder("helm").join(format!("{name}.values.json"));
    std::fs::write(&path, values.to_string()).unwrap();
    path
}
