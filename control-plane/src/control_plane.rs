//! Starts the servers in their order, waits until they serve, and ends them in the opposite order.
//! What they are told is in `servers`; how a process is kept is in `process`.

use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::kubectl::Kubectl;
use crate::process::{Process, ProcessSpec};
use crate::programs::Programs;
use crate::servers::{self, Layout};
use crate::temp_dir::TempDir;
use crate::wait;
use crate::{audit, kubeconfig};

/// A control plane of one's own, on loopback, with RBAC and an audit log. Dropping it ends and removes everything.
///
/// Held in a `static` it is never dropped; the kernel then ends its servers with the process (on Linux), and the next
/// control plane removes the folder.
#[derive(Debug)]
pub struct ControlPlane {
    // Dropped from top to bottom: each server goes before the one it needs.
    controller_manager: Mutex<Process>,
    api_server: Mutex<Process>,
    etcd: Process,
    programs: Programs,
    layout: Layout,
    token: String,
    folder: TempDir,
}

/// The process ids of the servers, for those who want to send them signals.
#[derive(Clone, Copy, Debug)]
pub struct Pids {
    /// Of etcd.
    pub etcd: u32,
    /// Of the API server; another one after a restart.
    pub kube_apiserver: u32,
    /// Of the controller manager; another one after a restart.
    pub kube_controller_manager: u32,
}

impl ControlPlane {
    /// Finds (or builds, which takes minutes) the programs and starts them: see [`ControlPlane::start_with`].
    ///
    /// # Errors
    /// When a program is neither found nor built, or a server does not come up.
    pub fn start() -> Result<Self> {
        Self::start_with(&Programs::find()?)
    }

    /// Starts a control plane; it is ready when this returns: the namespace `default` and its service account exist.
    ///
    /// # Errors
    /// When a server ends or does not become ready; the message holds the end of its log.
    pub fn start_with(programs: &Programs) -> Result<Self> {
        let mut tries_left = 2;
        loop {
            match start_once(programs) {
                // A port was free when it was chosen and is not any more.
                Err(error) if tries_left > 0 && format!("{error:#}").contains("address already in use") => tries_left -= 1,
                outcome => return outcome,
            }
        }
    }

    /// The address of the API server.
    pub fn server(&self) -> String {
        self.layout.server()
    }

    /// The kubeconfig of a cluster administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.layout.kubeconfig
    }

    /// The administrator's bearer token, for clients without a kubeconfig.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The programs this control plane runs on.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The servers' process ids.
    pub fn pids(&self) -> Pids {
        Pids {
            etcd: self.etcd.pid(),
            kube_apiserver: lock(&self.api_server).pid(),
            kube_controller_manager: lock(&self.controller_manager).pid(),
        }
    }

    /// kubectl as a cluster administrator.
    pub fn kubectl(&self) -> Kubectl {
        Kubectl::new(&self.programs.kubectl, &self.layout.kubeconfig)
    }

    /// kubectl with the rights of a service account, and no others.
    ///
    /// # Errors
    /// When there is no such service account.
    pub fn kubectl_as(&self, namespace: &str, service_account: &str) -> Result<Kubectl> {
        Ok(Kubectl::new(&self.programs.kubectl, &self.kubeconfig_for(namespace, service_account)?))
    }

    /// A kubeconfig with a fresh token of a service account, good for a day.
    ///
    /// # Errors
    /// When there is no such service account.
    pub fn kubeconfig_for(&self, namespace: &str, service_account: &str) -> Result<PathBuf> {
        let token = self.kubectl().run(&["create", "token", service_account, "--namespace", namespace, "--duration=24h"])?;
        let text = kubeconfig::text(&self.server(), &self.layout.authority, service_account, token.trim());
        let path = self.folder.join(&format!("{namespace}.{service_account}.kubeconfig"));
        fs::write(&path, text)?;
        Ok(path)
    }

    /// The file in which the API server records requests, one JSON object per line (`audit.k8s.io/v1`).
    pub fn audit_log(&self) -> &Path {
        &self.layout.audit_log
    }

    /// All requests so far: writes with what was asked and answered, reads with what they were about.
    ///
    /// A request is in it when its answer has ended; a watch also when it begins (stage `ResponseStarted`).
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn audit_events(&self) -> Result<Vec<Value>> {
        self.audit_events_with(&[])
    }

    /// As [`Self::audit_events`], of those alone whose JSON holds these texts: a log that is long takes long to read.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn audit_events_with(&self, texts: &[&str]) -> Result<Vec<Value>> {
        audit::events(&self.layout.audit_log, texts)
    }

    /// Freezes the API server: connections stay open and nothing is answered.
    ///
    /// # Errors
    /// When it is not running.
    pub fn pause_api_server(&self) -> Result<()> {
        lock(&self.api_server).pause()
    }

    /// Lets a paused API server go on where it was.
    ///
    /// # Errors
    /// When it is not running.
    pub fn resume_api_server(&self) -> Result<()> {
        lock(&self.api_server).resume()
    }

    /// Ends the API server as a crash would: connections break, and new ones are refused.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn stop_api_server(&self) -> Result<()> {
        Ok(lock(&self.api_server).stop()?)
    }

    /// Starts the API server again on the same port and store, ending a running one first.
    ///
    /// # Errors
    /// As for [`ControlPlane::start_with`].
    pub fn restart_api_server(&self) -> Result<()> {
        let mut api_server = lock(&self.api_server);
        api_server.stop()?;
        *api_server = Process::start(&servers::kube_apiserver(&self.programs, &self.layout), self.folder.path())?;
        wait_until_ready(&mut api_server, &self.layout, &self.kubectl())
    }

    /// Starts the controller manager anew, so that it knows the custom resources of this moment.
    ///
    /// Its garbage collector looks for new kinds only every 30 s, and collects nothing that an unknown kind owns.
    ///
    /// # Errors
    /// When it cannot be ended or started.
    pub fn restart_controller_manager(&self) -> Result<()> {
        let mut controller_manager = lock(&self.controller_manager);
        controller_manager.stop()?;
        *controller_manager = Process::start(&servers::kube_controller_manager(&self.programs, &self.layout), self.folder.path())?;
        Ok(())
    }
}

fn lock(process: &Mutex<Process>) -> MutexGuard<'_, Process> {
    // A panic elsewhere says nothing about the process.
    process.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start_once(programs: &Programs) -> Result<ControlPlane> {
    let folder = TempDir::create()?;
    let layout = Layout::new(&folder)?;
    let token = write_files(&layout)?;
    let run = |launch: ProcessSpec| Process::start(&launch, folder.path());
    let mut etcd = run(servers::etcd(programs, &layout))?;
    let mut api_server = run(servers::kube_apiserver(programs, &layout))?;
    let kubectl = Kubectl::new(&programs.kubectl, &layout.kubeconfig);
    // An API server without its store ends too; the store's own words are the better ones.
    wait_until_ready(&mut api_server, &layout, &kubectl).or_else(|error| etcd.check().and(Err(error)))?;
    let mut controller_manager = run(servers::kube_controller_manager(programs, &layout))?;
    wait_until_populated(&mut controller_manager, &kubectl)?;
    let (controller_manager, api_server) = (Mutex::new(controller_manager), Mutex::new(api_server));
    Ok(ControlPlane { controller_manager, api_server, etcd, programs: programs.clone(), layout, token, folder })
}

/// Writes what the servers read when they start, and returns the administrator's token.
fn write_files(layout: &Layout) -> Result<String> {
    let token = random_token()?;
    fs::write(&layout.audit_policy, audit::POLICY)?;
    fs::write(&layout.tokens, format!("{token},admin,admin,system:masters\n"))?;
    fs::write(&layout.kubeconfig, kubeconfig::text(&layout.server(), &layout.authority, "admin", &token))?;
    Ok(token)
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).context("reading /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn wait_until_ready(api_server: &mut Process, layout: &Layout, kubectl: &Kubectl) -> Result<()> {
    wait::until("the API server is ready", || {
        api_server.check()?;
        // Connecting is cheap and kubectl is not: asked only when somebody listens.
        let listens = TcpStream::connect((Ipv4Addr::LOCALHOST, layout.api_server_port)).is_ok();
        Ok((listens && kubectl.run(&["get", "--raw", "/readyz"]).is_ok()).then_some(()))
    })
}

fn wait_until_populated(controller_manager: &mut Process, kubectl: &Kubectl) -> Result<()> {
    wait::until("the controller manager has made the service account `default`", || {
        controller_manager.check()?;
        Ok(kubectl.run(&["get", "serviceaccount", "default", "--namespace", "default"]).ok().map(drop))
    })
}
