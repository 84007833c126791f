//! The program `control-plane`: a command line for the library.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use control_plane::{Build, ControlPlane, Helms, ProgramName, Programs};
use nix::sys::signal::{SigSet, Signal};
use serde_json::json;

/// Run a Kubernetes control plane on loopback, without nodes
#[derive(Parser)]
enum CliCommand {
    /// Find programs and print their paths; building missing ones takes minutes
    Ensure {
        /// Programs to find; `helm` finds helm 4 and helm 3
        #[arg(value_name = "PROGRAM", value_enum, default_values = EnsuredProgram::ALL)]
        programs: Vec<EnsuredProgram>,
        /// Build missing programs in less than half the time, without optimization and without the
        /// controllers of kube-controller-manager that the control plane does not need
        #[arg(long)]
        light: bool,
    },
    /// Start a control plane, print its addresses and credentials as one line of JSON, and run until SIGINT
    /// or SIGTERM
    Run {
        /// Also write the administrator's kubeconfig to this file
        #[arg(long, value_name = "FILE")]
        kubeconfig_out: Option<PathBuf>,
        /// Also stop at the end of stdin, for callers that may be killed
        #[arg(long)]
        until_eof: bool,
        /// Build missing programs as `ensure --light` does
        #[arg(long)]
        light: bool,
    },
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum EnsuredProgram {
    Etcd,
    KubeApiserver,
    KubeControllerManager,
    Kubectl,
    Helm,
}

impl EnsuredProgram {
    const ALL: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "helm"];

    /// Returns the program of the control plane; helm is none.
    fn name(self) -> Option<ProgramName> {
        match self {
            EnsuredProgram::Etcd => Some(ProgramName::Etcd),
            EnsuredProgram::KubeApiserver => Some(ProgramName::KubeApiserver),
            EnsuredProgram::KubeControllerManager => Some(ProgramName::KubeControllerManager),
            EnsuredProgram::Kubectl => Some(ProgramName::Kubectl),
            EnsuredProgram::Helm => None,
        }
    }
}

fn main() -> Result<()> {
    match CliCommand::parse() {
        CliCommand::Ensure { programs, light } => ensure(&programs, variant(light)),
        CliCommand::Run { kubeconfig_out, until_eof, light } => {
            let programs = Programs::find_or_build(variant(light))?;
            run(&programs, kubeconfig_out, until_eof)
        }
    }
}

fn variant(light: bool) -> Build {
    if light { Build::Light } else { Build::Full }
}

fn ensure(programs: &[EnsuredProgram], variant: Build) -> Result<()> {
    let names: Vec<ProgramName> = programs.iter().filter_map(|program| program.name()).collect();
    let mut paths = Programs::find_some(&names, variant)?;
    if programs.contains(&EnsuredProgram::Helm) {
        let Helms { helm4, helm3 } = Helms::find()?;
        paths.extend([helm4, helm3]);
    }
    for path in paths {
        println!("{}", path.display());
    }
    Ok(())
}

fn run(programs: &Programs, kubeconfig_out: Option<PathBuf>, until_eof: bool) -> Result<()> {
    let end = shutdown_channel(until_eof)?;
    let control_plane = ControlPlane::start_with(programs)?;
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
