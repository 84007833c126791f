//! The operator's binary as a process: how it is told, started, frozen, and ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use serde_json::Value;

use super::{eventually, program};

/// What an operator is told besides where the cloud is. Times as in its configuration, such as `2s`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub token: &'static str,
    pub creation_window: &'static str,
    pub list_lag: &'static str,
    pub request_timeout: &'static str,
    pub absence_time: &'static str,
    pub poll_interval: &'static str,
    /// Duration, deadline of renewals, and pause between two tries.
    pub lease: [&'static str; 3],
    /// The organisation of resources that name none.
    pub organisation: Option<String>,
    /// The endpoints that namespaces may name; none: the default.
    pub endpoints: Vec<String>,
    /// What stands below `tenants`, as YAML in one line.
    pub tenants: String,
    /// The value of `adoption`, as YAML in one line.
    pub adoption: String,
    /// The deletion policy.
    pub deletion_policy: &'static str,
    /// The add-ons that get a mark. They are set in the background, when a test may count requests already.
    pub marks: &'static str,
    /// Further sections, as YAML.
    pub apis: String,
    /// Further arguments.
    pub arguments: &'static [&'static str],
    /// The namespaces it works in; none: all.
    pub watch_namespaces: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: "demo-token",
            creation_window: "5s",
            list_lag: "1s",
            request_timeout: "5s",
            absence_time: "2s",
            poll_interval: "300s",
            lease: ["15s", "10s", "2s"],
            organisation: None,
            endpoints: Vec::new(),
            tenants: String::new(),
            adoption: String::new(),
            deletion_policy: "delete",
            marks: "none",
            apis: String::new(),
            arguments: &[],
            watch_namespaces: Vec::new(),
        }
    }
}

/// Where an operator finds things, and where it leaves its log.
#[derive(Debug)]
pub struct Surroundings<'a> {
    pub folder: &'a Path,
    pub kubeconfig: &'a Path,
    pub namespace: &'a str,
    pub catalog: Option<&'a Path>,
    pub endpoint: &'a str,
}

/// A running operator. Ended when dropped, and by the kernel when this process ends.
pub struct Operator {
    child: Child,
    log: PathBuf,
}

impl Operator {
    /// Starts one; `name` is its pod's name and its log's.
    pub async fn start(surroundings: Surroundings<'_>, name: &str, settings: &Settings) -> Self {
        let Surroundings { folder, kubeconfig, namespace, catalog, endpoint } = surroundings;
        let config = config_of(folder, name);
        fs::write(&config, settings.yaml(endpoint)).unwrap();
        let mut command = command(kubeconfig, namespace, catalog, name);
        command.arg("--config").arg(config).args(settings.arguments);
        Self::run(command, folder, name).await
    }

    /// Starts one that finds no file: it is told by variables how to behave, and the rest by objects of the
    /// cluster.
    pub async fn start_without_file(surroundings: Surroundings<'_>, name: &str, settings: &Settings) -> Self {
        let Surroundings { folder, kubeconfig, namespace, catalog, endpoint: _ } = surroundings;
        let empty = folder.join("empty");
        fs::create_dir_all(&empty).unwrap();
        let mut command = command(
            kubeconfig,
            namespace,
            catalog.map(|folder| folder.canonicalize().unwrap()).as_deref(),
            name,
        );
        command.current_dir(&empty).env("HOME", &empty);
        let Settings { creation_window, list_lag, request_timeout, poll_interval, marks, .. } = settings;
        let told = [
            ("LISTEN", "127.0.0.1:0"),
            ("CREATION_WINDOW", creation_window),
            ("LIST_LAG", list_lag),
            ("REQUEST_TIMEOUT", request_timeout),
            ("POLL_INTERVAL", poll_interval),
            ("MARKS", marks),
        ];
        command.envs(told.map(|(key, value)| (format!("CLEVER_OPERATOR_OPERATOR_{key}"), value)));
        if !settings.watch_namespaces.is_empty() {
            command.env("CLEVER_OPERATOR_OPERATOR_WATCH_NAMESPACES", settings.watch_namespaces.join(","));
        }
        Self::run(command, folder, name).await
    }

    /// Tells it something else from now on: its file is swapped as a whole.
    pub fn tell(surroundings: Surroundings<'_>, name: &str, settings: &Settings) {
        let config = config_of(surroundings.folder, name);
        let new = config.with_extension("new");
        fs::write(&new, settings.yaml(surroundings.endpoint)).unwrap();
        fs::rename(new, config).unwrap();
    }

    async fn run(mut command: Command, folder: &Path, name: &str) -> Self {
        let log = folder.join(format!("{name}.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        // For the kernel, the parent is the thread that forks: a worker, which stays, and not the test's,
        // which ends.
        let child = tokio::spawn(async move { command.spawn().unwrap() }).await.unwrap();
        Self { child, log }
    }

    /// What it answers at a path of its own server: status and text.
    pub async fn ask(&self, path: &str) -> (u16, String) {
        let client = reqwest::Client::builder().build().unwrap();
        let listen = eventually("the address of an operator", async || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("\"starting operator\""))?;
            serde_json::from_str::<Value>(line).ok()?["listen"].as_str().map(str::to_owned)
        });
        let answer = client.get(format!("http://{}{path}", listen.await)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until `/readyz` answers with this status and a text that contains these words.
    pub async fn until_readyz(&self, status: u16, words: &str) {
        let what = format!("an operator that answers {status} and says {words}");
        eventually(&what, async || {
            Some(self.ask("/readyz").await).filter(|(code, text)| *code == status && text.contains(words))
        })
        .await;
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would.
    pub fn crash(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Freezes it between two instructions.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on as if nothing had happened.
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Asks it to stop, and waits until it has, in order.
    pub async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = eventually("the end of an operator that was asked to stop", async || {
            self.child.try_wait().unwrap()
        })
        .await;
        assert!(status.success(), "{status}");
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.yaml"))
}

fn command(kubeconfig: &Path, namespace: &str, catalog: Option<&Path>, name: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program::path()).arg("--kubeconfig").arg(kubeconfig);
    command.args(
        catalog
            .into_iter()
            .flat_map(|folder| [format!("--catalog={}", folder.display()), "--without-built-in".into()]),
    );
    command
        .env("POD_NAMESPACE", namespace)
        .env("POD_NAME", name)
        .env("RUST_LOG", "warn,clever_operator=debug");
    command
}

impl Settings {
    /// Returns the defaults with a poll of the cloud every 2 s.
    pub fn frequent_polls() -> Self {
        Self { poll_interval: "2s", ..Self::default() }
    }

    /// Returns the same, with marks.
    pub fn with_marks() -> Self {
        Self { marks: "own", ..Self::frequent_polls() }
    }

    fn yaml(&self, endpoint: &str) -> String {
        let Self {
            token,
            creation_window,
            list_lag,
            request_timeout,
            absence_time,
            poll_interval,
            lease,
            organisation,
            endpoints,
            tenants,
            adoption,
            deletion_policy,
            marks,
            apis,
            watch_namespaces,
            arguments: _,
        } = self;
        let [duration, deadline, retry] = lease;
        let organisation =
            organisation.iter().map(|id| format!("  organisation: {id}\n")).collect::<String>();
        let endpoints =
            if endpoints.is_empty() { String::new() } else { format!("  endpoints: {endpoints:?}\n") };
        let tenants = if tenants.is_empty() { String::new() } else { format!("  tenants: {tenants}\n") };
        let adoption = if adoption.is_empty() { String::new() } else { format!("  adoption: {adoption}\n") };
        format!(
            "api:\n{organisation}  endpoint: {endpoint}\n  token: {token}\n  secret: demo-secret\n  consumerKey: demo-consumer\n  \
             consumerSecret: demo-consumer-secret\noperator:\n  watchNamespaces: {watch_namespaces:?}\n  listen: 127.0.0.1:0\n  creationWindow: {creation_window}\n  listLag: {list_lag}\n  \
             requestTimeout: {request_timeout}\n  absenceTime: {absence_time}\n  pollInterval: {poll_interval}\n  lease:\n    duration: {duration}\n    \
             renewDeadline: {deadline}\n    retry: {retry}\n  deletionPolicy: {deletion_policy}\n  marks: {marks}\n{endpoints}{tenants}{adoption}{apis}"
        )
    }
}
