//! Builds the programs of this crate's Go module in the user's cache, once per version. `programs` decides
//! which ones are needed.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::tail;
use crate::program::Program;
use crate::wait;

// Embedded, so that the binary builds the same versions without its source tree.
const GO_MOD: &str = include_str!("../go.mod");
const GO_SUM: &str = include_str!("../go.sum");

/// Returns the path of a program in the cache, and builds it if missing.
///
/// Only one process builds at a time; others wait and use its result.
pub(crate) fn find_or_build(program: &Program) -> Result<PathBuf> {
    let folder = program_cache_dir()?;
    let path = folder.join(program.name);
    if path.is_file() {
        return Ok(path);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _lock = lock(&folder)?;
    if !path.is_file() {
        build(program, &folder)?;
    }
    Ok(path)
}

/// Returns the cache directory of this project.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let caches = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = match caches {
        Some(folder) => folder,
        None => PathBuf::from(env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
            .join(".cache"),
    };
    Ok(caches.join("clever-operator"))
}

fn program_cache_dir() -> Result<PathBuf> {
    let versions = format!(
        "{}-etcd-{}",
        required_version("k8s.io/kubernetes")?,
        required_version("go.etcd.io/etcd/server/v3")?
    );
    Ok(cache_dir()?.join("control-plane").join(versions))
}

/// Returns the version of `module` that `go.mod` requires.
fn required_version(module: &str) -> Result<&'static str> {
    GO_MOD
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("require ").split_once(' '))
        .find(|(name, _)| *name == module)
        .and_then(|(_, version)| version.split_whitespace().next())
        .with_context(|| format!("go.mod does not require {module}"))
}

/// Locks a directory until the returned file is dropped or the process exits.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            progress("waiting for another process that is building the programs")
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    file.lock()?;
    Ok(file)
}

/// Builds under another name and renames, so that an interrupted build leaves no incomplete program.
fn build(program: &Program, folder: &Path) -> Result<()> {
    fs::write(folder.join("go.mod"), GO_MOD)?;
    fs::write(folder.join("go.sum"), GO_SUM)?;
    let (unfinished, log) =
        (format!("{}.unfinished", program.name), folder.join(format!("{}.log", program.name)));
    progress(&format!(
        "building {}; without caches, the four programs take about five minutes",
        program.name
    ));
    let began = Instant::now();
    let mut child = Command::new("go")
        .current_dir(folder)
        .args([
            "build",
            "-mod=readonly",
            "-trimpath",
            "-ldflags",
            &linker_flags()?,
            "-o",
            &unfinished,
            program.package,
        ])
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .stderr(File::create(&log)?)
        .spawn()
        .context("cannot run `go build`: install Go 1.26 or newer and add it to PATH")?;
    let status = wait::for_exit(&mut child, Duration::from_secs(30), |seconds| {
        progress(&format!("still building {}, {seconds} s", program.name));
    })?;
    if !status.success() {
        bail!("`go build {}` failed ({status}):\n{}", program.package, tail(&log));
    }
    fs::rename(folder.join(unfinished), folder.join(program.name))?;
    progress(&format!("built {} in {} s", program.name, began.elapsed().as_secs()));
    Ok(())
}

/// Returns the linker flags that set the version. Without them the servers report `v0.0.0-master`, which
/// breaks clients that compare versions.
fn linker_flags() -> Result<String> {
    let version = required_version("k8s.io/kubernetes")?;
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let package = "k8s.io/component-base/version";
    Ok(format!(
        "-s -w -X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
    ))
}

pub(crate) fn progress(message: &str) {
    eprintln!("control-plane: {message}");
}
