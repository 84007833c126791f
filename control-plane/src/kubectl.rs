//! Runs kubectl against one cluster as one user. Knows nothing of what it is asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// kubectl with its kubeconfig, and with a discovery cache of its own: the user's is keyed by host and port, which
/// here mean another cluster every time.
#[derive(Clone, Debug)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(crate) fn new(program: &Path, kubeconfig: &Path) -> Self {
        Kubectl { program: program.to_owned(), kubeconfig: kubeconfig.to_owned() }
    }

    /// What kubectl prints.
    ///
    /// # Errors
    /// When kubectl fails: the message is its stderr.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with_input(arguments, "")
    }

    /// Creates or changes the objects of a manifest (YAML or JSON), server-side.
    ///
    /// # Errors
    /// As for [`Kubectl::run`].
    pub fn apply(&self, manifest: &str) -> Result<String> {
        self.run_with_input(&["apply", "--server-side", "-f", "-"], manifest)
    }

    /// Like [`Kubectl::run`], with something to read from stdin.
    ///
    /// # Errors
    /// As for [`Kubectl::run`].
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = self.spawn(arguments)?;
        // A kubectl that ends without reading says why on stderr, which is the better error.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("kubectl {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        String::from_utf8(output.stdout).context("kubectl printed something that is not UTF-8")
    }

    fn spawn(&self, arguments: &[&str]) -> Result<Child> {
        Command::new(&self.program)
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", self.kubeconfig.with_extension("cache"))
            .env("KUBERC", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))
    }
}
