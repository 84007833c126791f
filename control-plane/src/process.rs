//! Child processes that end with this process, and that can be paused and stopped.

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

/// A process to start. `name` appears in messages and in the name of the log.
#[derive(Debug)]
pub(crate) struct ProcessSpec {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// A running child process. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a process in `folder`. Its output goes to `NAME.log` there.
    pub(crate) fn start(launch: &ProcessSpec, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{}.log", launch.name));
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = with_parent_death_signal(&launch.program);
        // The caller's environment must not configure the servers (ETCD_…, proxies, KUBECONFIG).
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.args(&launch.arguments).current_dir(folder).process_group(0);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = spawn(command).with_context(|| format!("cannot start {}", launch.program.display()))?;
        Ok(Process { name: launch.name, child, log })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns an error with the end of the log if the process has exited.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} exited ({status}); end of its log:\n{}", self.name, tail(&self.log)),
        }
    }

    pub(crate) fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Kills the process, even if it is paused. No data is lost: the store is temporary and the audit log is
    /// unbuffered.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.pid())?);
        kill(pid, signal).with_context(|| format!("cannot send {signal} to {}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if the process has exited already.
        let _ = self.stop();
    }
}

/// Returns the last lines of a log, or an empty string if there is no log.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// Builds a command whose process the kernel kills when this process ends, if the system has `setpriv`
/// (util-linux).
///
/// Setting the parent death signal directly needs unsafe code between fork and exec. Without `setpriv`, only
/// `Drop` kills the child.
fn with_parent_death_signal(program: &Path) -> Command {
    static SETPRIV: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        env::split_paths(&env::var_os("PATH")?)
            .map(|folder| folder.join("setpriv"))
            .find(|path| path.is_file())
    });
    let Some(setpriv) = SETPRIV.as_ref() else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Spawns from a thread that lives as long as this process. The parent death signal is sent when the *thread*
/// that forked ends, and the thread of a test ends with the test.
fn spawn(command: Command) -> Result<Child> {
    type SpawnRequest = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<mpsc::Sender<SpawnRequest>> = LazyLock::new(|| {
        let (sender, requests) = mpsc::channel::<SpawnRequest>();
        thread::spawn(move || {
            for (mut command, reply) in requests {
                // The caller is gone, so nothing owns the child.
                if let Err(mpsc::SendError(Ok(mut orphan))) = reply.send(command.spawn()) {
                    let _ = orphan.kill();
                }
            }
        });
        sender
    });
    let (reply, child) = mpsc::channel();
    SPAWNER.send((command, reply)).map_err(|_| anyhow!("the spawning thread has ended"))?;
    Ok(child.recv()??)
}
