//! The program `control-plane`: a command line for the library.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use clap::Parser;
use control_plane::{ControlPlane, Helms, Programs};
use nix::sys::signal::{SigSet, Signal};
use serde_json::json;

/// Run a Kubernetes control plane on loopback, without nodes
#[derive(Parser)]
enum CliCommand {
    /// Find etcd, kube-apiserver, kube-controller-manager, kubectl and helm (4 and 3); building missing ones
    /// takes minutes
    Ensure,
    /// Start a control plane, print its addresses and credentials as one line of JSON, and run until SIGINT
    /// or SIGTERM
    Run {
        /// Also write the administrator's kubeconfig to this file
        #[arg(long, value_name = "FILE")]
        kubeconfig_out: Option<PathBuf>,
        /// Also stop at the end of stdin, for callers that may be killed
        #[arg(long)]
        until_eof: bool,
    },
}

fn main() -> Result<()> {
    match CliCommand::parse() {
        CliCommand::Ensure => ensure(),
        CliCommand::Run { kubeconfig_out, until_eof } => run(kubeconfig_out, until_eof),
    }
}

fn ensure() -> Result<()> {
    let Programs { etcd, kube_apiserver, kube_controller_manager, kubectl } = Programs::find()?;
    let Helms { helm4, helm3 } = Helms::find()?;
    for path in [etcd, kube_apiserver, kube_controller_manager, kubectl, helm4, helm3] {
        println!("{}", path.display());
    }
    Ok(())
}

fn run(kubeconfig_out: Option<PathBuf>, until_eof: bool) -> Result<()> {
    let programs = Programs::find()?;
    let end = shutdown_channel(until_eof)?;
    let control_plane = ControlPlane::start_with(&programs)?;
    if let Some(file) = kubeconfig_out {
        std::fs::copy(control_plane.kubeconfig(), &file)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    print_connection_info(&control_plane)?;
    end.recv().context("the threads that wait for a signal have ended")
}

fn print_connection_info(control_plane: &ControlPlane) -> Result<()> {
    let pids = control_plane.pids();
    let line = json!({
        "kubeconfig": control_plane.kubeconfig(),
        "server": control_plane.server(),
        "token": control_plane.token(),
        "kubectl": control_plane.programs().kubectl,
        "auditLog": control_plane.audit_log(),
        "pids": {
            "etcd": pids.etcd,
            "kubeApiserver": pids.kube_apiserver,
            "kubeControllerManager": pids.kube_controller_manager,
        },
    });
    writeln!(io::stdout(), "{line}").context("cannot write to stdout")
}

/// Returns a channel that receives a message when the program must stop. Must be called before other threads
/// start, so that they inherit the blocked signals and only one thread receives them.
fn shutdown_channel(until_eof: bool) -> Result<mpsc::Receiver<()>> {
    let (end, ended) = mpsc::channel();
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
    signals.thread_block().context("cannot block signals")?;
    let by_signal = end.clone();
    thread::spawn(move || signals.wait().map(|_| by_signal.send(())));
    if until_eof {
        thread::spawn(move || io::stdin().read_to_end(&mut Vec::new()).map(|_| end.send(())));
    }
    Ok(ended)
}
