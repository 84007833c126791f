//! One child process: started so that it cannot outlive this one, paused, stopped, and asked for its last words.
//! Knows no Kubernetes.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What to run: a name for messages, the program, and its arguments.
#[derive(Debug)]
pub(crate) struct ProcessSpec {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// A running child. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the child in `folder`, where its output goes to `NAME.log`.
    pub(crate) fn start(launch: &ProcessSpec, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{}.log", launch.name));
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = mortal(&launch.program);
        // Nothing of the caller's environment may steer a server: ETCD_…, proxies, KUBECONFIG.
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.args(&launch.arguments).current_dir(folder).process_group(0);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = spawn(command).with_context(|| format!("starting {}", launch.program.display()))?;
        Ok(Process { name: launch.name, child, log })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error with the end of its log if the child is no longer running.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}); the end of its log:\n{}", self.name, tail(&self.log)),
        }
    }

    pub(crate) fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Ends the child at once, also a paused one. Nothing to save: its store is temporary, its audit log unbuffered.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.pid())?);
        kill(pid, signal).with_context(|| format!("sending {signal} to {}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only where the child is gone already.
        let _ = self.stop();
    }
}

/// The last lines of a log, or nothing where there is none.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// A command whose process the kernel ends with this one, where the system has `setpriv` (util-linux).
///
/// Asking the kernel ourselves needs unsafe code between fork and exec. Elsewhere only `Drop` ends the child.
fn mortal(program: &Path) -> Command {
    static SETPRIV: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join("setpriv")).find(|path| path.is_file()));
    let Some(setpriv) = SETPRIV.as_ref() else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Spawns from one thread that lives as long as the process: for the kernel, the parent whose death ends the child
/// is the *thread* that forked, and a test's thread ends with its test.
fn spawn(command: Command) -> Result<Child> {
    type SpawnRequest = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<mpsc::Sender<SpawnRequest>> = LazyLock::new(|| {
        let (sender, requests) = mpsc::channel::<SpawnRequest>();
        thread::spawn(move || {
            for (mut command, answer) in requests {
                // Nobody waits any more: then the child has nobody either.
                if let Err(mpsc::SendError(Ok(mut orphan))) = answer.send(command.spawn()) {
                    let _ = orphan.kill();
                }
            }
        });
        sender
    });
    let (answer, child) = mpsc::channel();
    SPAWNER.send((command, answer)).map_err(|_| anyhow!("the spawning thread is gone"))?;
    Ok(child.recv()??)
}
