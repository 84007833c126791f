//! Runs kubectl against one cluster as one user.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// kubectl with a kubeconfig and a discovery cache of its own. The user's cache is keyed by host and port,
/// which another control plane may have used before.
#[derive(Clone, Debug)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(crate) fn new(program: &Path, kubeconfig: &Path) -> Self {
        Kubectl { program: program.to_owned(), kubeconfig: kubeconfig.to_owned() }
    }

    /// Runs kubectl and returns its stdout.
    ///
    /// # Errors
    /// Fails if kubectl does; the message contains its stderr.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with_input(arguments, "")
    }

    /// Applies a manifest (YAML or JSON) server-side.
    ///
    /// # Errors
    /// As for [`Kubectl::run`].
    pub fn apply(&self, manifest: &str) -> Result<String> {
        self.run_with_input(&["apply", "--server-side", "-f", "-"], manifest)
    }

    /// Like [`Kubectl::run`], with `input` on stdin.
    ///
    /// # Errors
    /// As for [`Kubectl::run`].
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = self.spawn(arguments)?;
        // If kubectl exits without reading, its stderr has the better error.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("kubectl {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        String::from_utf8(output.stdout).context("the output of kubectl is not UTF-8")
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
            .with_context(|| format!("cannot start {}", self.program.display()))
    }
}
