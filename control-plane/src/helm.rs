//! Finds helm 4 and helm 3 in `PATH` or in the cache, and builds missing or outdated ones with `go install`.
//!
//! helm needs newer Kubernetes libraries than the servers, so it is not part of this crate's Go module. The
//! `go.sum` of a helm version pins its dependencies.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::go_command::progress;
use crate::go_module::{cache_dir, lock};
use crate::version::Version;

/// Paths of helm in the versions that are in use.
#[derive(Clone, Debug)]
pub struct Helms {
    /// helm 4.
    pub helm4: PathBuf,
    /// helm 3.
    pub helm3: PathBuf,
}

/// A major version of helm: the version to build, and the oldest one to accept from `PATH`.
struct HelmRelease {
    version: &'static str,
    min_version: Version,
    /// Version of the Kubernetes libraries that helm is built with. Without it, helm rejects charts that
    /// require a minimum Kubernetes version.
    kubernetes: Version,
}

const HELM_4: HelmRelease =
    HelmRelease { version: "4.3.1", min_version: Version::new(4, 1), kubernetes: Version::new(1, 37) };
const HELM_3: HelmRelease =
    HelmRelease { version: "3.22.0", min_version: Version::new(3, 18), kubernetes: Version::new(1, 37) };

impl Helms {
    /// Finds each version in `PATH` or the cache, and builds missing ones, which takes minutes.
    ///
    /// # Errors
    /// Fails if a version must be built and `go install` fails.
    pub fn find() -> Result<Self> {
        Ok(Helms { helm4: find(&HELM_4)?, helm3: find(&HELM_3)? })
    }
}

fn find(helm: &HelmRelease) -> Result<PathBuf> {
    let folders =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    match folders.iter().map(|folder| folder.join("helm")).find(|path| is_recent(helm, path)) {
        Some(path) => Ok(path),
        None => find_or_build(helm),
    }
}

fn is_recent(helm: &HelmRelease, path: &Path) -> bool {
    let output = || Command::new(path).args(["version", "--short"]).output().ok();
    let version = || Version::find_in(&String::from_utf8_lossy(&output()?.stdout));
    path.is_file()
        && version().is_some_and(|found| found.major == helm.min_version.major && found >= helm.min_version)
}

fn find_or_build(helm: &HelmRelease) -> Result<PathBuf> {
    let folder = cache_dir()?.join("helm").join(format!("v{}", helm.version));
    let path = folder.join("helm");
    if path.is_file() {
        return Ok(path);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _lock = lock(&folder)?;
    if !path.is_file() {
        build(helm, &folder)?;
    }
    Ok(path)
}

/// Builds in another directory and renames, so that an interrupted build leaves no incomplete program.
fn build(helm: &HelmRelease, folder: &Path) -> Result<()> {
    let (unfinished, package) =
        (folder.join("unfinished"), format!("helm.sh/helm/v{}", helm.min_version.major));
    progress(&format!("building helm {}; without caches, this takes about two minutes", helm.version));
    let output = Command::new("go")
        .current_dir(folder)
        .args(["install", "-trimpath", "-ldflags", &linker_flags(helm, &package)])
        .arg(format!("{package}/cmd/helm@v{}", helm.version))
        .env("GOBIN", &unfinished)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .output()
        .context("cannot run `go install`: install Go 1.26 or newer and add it to PATH")?;
    if !output.status.success() {
        bail!(
            "`go install {package}/cmd/helm` failed ({}):\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    fs::rename(unfinished.join("helm"), folder.join("helm"))?;
    progress(&format!("built helm {}", helm.version));
    Ok(())
}

/// Returns the linker flags. The linker ignores variables that a version does not have.
fn linker_flags(helm: &HelmRelease, package: &str) -> String {
    let Version { major, minor } = helm.kubernetes;
    let kubernetes = ["pkg/lint/rules", "pkg/chartutil"].map(|part| {
        format!("-X {package}/{part}.k8sVersionMajor={major} -X {package}/{part}.k8sVersionMinor={minor}")
    });
    format!("-s -w -X {package}/internal/version.version=v{} {}", helm.version, kubernetes.join(" "))
}
