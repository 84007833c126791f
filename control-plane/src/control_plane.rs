//! Starts the servers in order, waits until they are ready, and stops them in reverse order.

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

/// A control plane on loopback, with RBAC and an audit log. Dropping it stops the servers and removes their
/// files.
///
/// A control plane in a `static` is never dropped. The kernel then kills its servers with the process (on
/// Linux), and the next control plane removes the files.
#[derive(Debug)]
pub struct ControlPlane {
    // Dropped from top to bottom: each server stops before the server that it depends on.
    controller_manager: Mutex<Process>,
    api_server: Mutex<Process>,
    etcd: Process,
    programs: Programs,
    layout: Layout,
    token: String,
    folder: TempDir,
}

/// The process ids of the servers, for sending signals.
#[derive(Clone, Copy, Debug)]
pub struct Pids {
    /// Process id of etcd.
    pub etcd: u32,
    /// Process id of the API server; changes with a restart.
    pub kube_apiserver: u32,
    /// Process id of the controller manager; changes with a restart.
    pub kube_controller_manager: u32,
}

impl ControlPlane {
    /// Finds or builds the programs, which can take minutes, and starts them. See
    /// [`ControlPlane::start_with`].
    ///
    /// # Errors
    /// Fails if a program can be neither found nor built, or a server does not become ready.
    pub fn start() -> Result<Self> {
        Self::start_with(&Programs::find()?)
    }

    /// Starts a control plane and waits until the namespace `default` and its service account exist.
    ///
    /// # Errors
    /// Fails if a server exits or does not become ready. If it exits, the message contains the end of its
    /// log.
    pub fn start_with(programs: &Programs) -> Result<Self> {
        let mut tries_left = 2;
        loop {
            match start_once(programs) {
                // The port was taken after it was chosen.
                Err(error) if tries_left > 0 && format!("{error:#}").contains("address already in use") => {
                    tries_left -= 1
                }
                outcome => return outcome,
            }
        }
    }

    /// Returns the URL of the API server.
    pub fn server(&self) -> String {
        self.layout.server()
    }

    /// Returns the path of the cluster administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.layout.kubeconfig
    }

    /// Returns the administrator's bearer token, for clients without a kubeconfig.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the programs of this control plane.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Returns the process ids of the servers.
    pub fn pids(&self) -> Pids {
        Pids {
            etcd: self.etcd.pid(),
            kube_apiserver: lock(&self.api_server).pid(),
            kube_controller_manager: lock(&self.controller_manager).pid(),
        }
    }

    /// Returns kubectl as the cluster administrator.
    pub fn kubectl(&self) -> Kubectl {
        Kubectl::new(&self.programs.kubectl, &self.layout.kubeconfig)
    }

    /// Returns kubectl with the permissions of a service account.
    ///
    /// # Errors
    /// Fails if the service account does not exist.
    pub fn kubectl_as(&self, namespace: &str, service_account: &str) -> Result<Kubectl> {
        Ok(Kubectl::new(&self.programs.kubectl, &self.kubeconfig_for(namespace, service_account)?))
    }

    /// Writes a kubeconfig with a new token of a service account, valid for a day, and returns its path.
    ///
    /// # Errors
    /// Fails if the service account does not exist.
    pub fn kubeconfig_for(&self, namespace: &str, service_account: &str) -> Result<PathBuf> {
        let token = self.kubectl().run(&[
            "create",
            "token",
            service_account,
            "--namespace",
            namespace,
            "--duration=24h",
        ])?;
        let text = kubeconfig::text(&self.server(), &self.layout.authority, service_account, token.trim());
        let path = self.folder.join(&format!("{namespace}.{service_account}.kubeconfig"));
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Returns the path of the audit log: one JSON object per line (`audit.k8s.io/v1`).
    pub fn audit_log(&self) -> &Path {
        &self.layout.audit_log
    }

    /// Returns the audit events so far: writes with request and response bodies, reads with metadata only.
    ///
    /// A request is logged when its response is complete, a watch also when it starts (stage
    /// `ResponseStarted`).
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn audit_events(&self) -> Result<Vec<Value>> {
        self.audit_events_with(&[])
    }

    /// Like [`Self::audit_events`], but only events whose JSON contains all `texts`, which is faster with
    /// long logs.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn audit_events_with(&self, texts: &[&str]) -> Result<Vec<Value>> {
        audit::events(&self.layout.audit_log, texts)
    }

    /// Pauses the API server: connections stay open, but requests get no response.
    ///
    /// # Errors
    /// Fails if the API server is not running.
    pub fn pause_api_server(&self) -> Result<()> {
        lock(&self.api_server).pause()
    }

    /// Resumes a paused API server.
    ///
    /// # Errors
    /// Fails if the API server is not running.
    pub fn resume_api_server(&self) -> Result<()> {
        lock(&self.api_server).resume()
    }

    /// Kills the API server: connections break, and new ones are refused.
    ///
    /// # Errors
    /// Fails if the API server cannot be killed.
    pub fn stop_api_server(&self) -> Result<()> {
        Ok(lock(&self.api_server).stop()?)
    }

    /// Restarts the API server with the same port and store. A running one is killed first.
    ///
    /// # Errors
    /// As for [`ControlPlane::start_with`].
    pub fn restart_api_server(&self) -> Result<()> {
        let mut api_server = lock(&self.api_server);
        api_server.stop()?;
        *api_server =
            Process::start(&servers::kube_apiserver(&self.programs, &self.layout), self.folder.path())?;
        wait_until_ready(&mut api_server, &self.layout, &self.kubectl())
    }

    /// Restarts the controller manager, so that its garbage collector knows the current kinds.
    ///
    /// The garbage collector looks for new kinds every 30 s only, and does not collect dependents of unknown
    /// kinds.
    ///
    /// # Errors
    /// Fails if the controller manager cannot be killed or started.
    pub fn restart_controller_manager(&self) -> Result<()> {
        let mut controller_manager = lock(&self.controller_manager);
        controller_manager.stop()?;
        *controller_manager = Process::start(
            &servers::kube_controller_manager(&self.programs, &self.layout),
            self.folder.path(),
        )?;
        Ok(())
    }
}

fn lock(process: &Mutex<Process>) -> MutexGuard<'_, Process> {
    // A panic in another thread does not affect the process.
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
    // The API server exits if etcd does; the error of etcd is more useful.
    wait_until_ready(&mut api_server, &layout, &kubectl).or_else(|error| etcd.check().and(Err(error)))?;
    let mut controller_manager = run(servers::kube_controller_manager(programs, &layout))?;
    wait_until_populated(&mut controller_manager, &kubectl)?;
    let (controller_manager, api_server) = (Mutex::new(controller_manager), Mutex::new(api_server));
    Ok(ControlPlane {
        controller_manager,
        api_server,
        etcd,
        programs: programs.clone(),
        layout,
        token,
        folder,
    })
}

/// Writes the files that the servers read at startup, and returns the administrator's token.
fn write_files(layout: &Layout) -> Result<String> {
    let token = random_token()?;
    fs::write(&layout.audit_policy, audit::POLICY)?;
    fs::write(&layout.tokens, format!("{token},admin,admin,system:masters\n"))?;
    fs::write(&layout.kubeconfig, kubeconfig::text(&layout.server(), &layout.authority, "admin", &token))?;
    Ok(token)
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn wait_until_ready(api_server: &mut Process, layout: &Layout, kubectl: &Kubectl) -> Result<()> {
    wait::until("the API server is ready", || {
        api_server.check()?;
        // Connecting is cheaper than kubectl, so check for a listener first.
        let listens = TcpStream::connect((Ipv4Addr::LOCALHOST, layout.api_server_port)).is_ok();
        Ok((listens && kubectl.run(&["get", "--raw", "/readyz"]).is_ok()).then_some(()))
    })
}

fn wait_until_populated(controller_manager: &mut Process, kubectl: &Kubectl) -> Result<()> {
    wait::until("the controller manager has created the service account `default`", || {
        controller_manager.check()?;
        Ok(kubectl.run(&["get", "serviceaccount", "default", "--namespace", "default"]).ok().map(drop))
    })
}
