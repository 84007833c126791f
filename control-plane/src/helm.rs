//! Where helm comes from: `PATH` where it is recent enough, else the cache, else `go install`. Two of its versions are in use.
//!
//! Not from the Go module beside this crate: helm is built of newer Kubernetes libraries than the servers. What `go install` builds at a
//! version is pinned as a whole by that version's own `go.sum`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::go_module::{cache_dir, lock, progress};
use crate::version::Version;

/// helm, in the versions that people use.
#[derive(Clone, Debug)]
pub struct Helms {
    /// helm 4.
    pub helm4: PathBuf,
    /// helm 3.
    pub helm3: PathBuf,
}

/// One of them: what is built, and the min_version that is taken where it is found.
struct HelmRelease {
    version: &'static str,
    min_version: Version,
    /// Without it, it says that no Kubernetes is new enough for a chart. Of the libraries that it is built of.
    kubernetes: Version,
}

const HELM_4: HelmRelease = HelmRelease { version: "4.3.1", min_version: Version::new(4, 1), kubernetes: Version::new(1, 37) };
const HELM_3: HelmRelease = HelmRelease { version: "3.22.0", min_version: Version::new(3, 18), kubernetes: Version::new(1, 37) };

impl Helms {
    /// Finds each in `PATH` or the cache, and builds what is in none of them, which takes minutes.
    ///
    /// # Errors
    /// When one has to be built and `go install` fails.
    pub fn find() -> Result<Self> {
        Ok(Helms { helm4: find(&HELM_4)?, helm3: find(&HELM_3)? })
    }
}

fn find(helm: &HelmRelease) -> Result<PathBuf> {
    let folders = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    match folders.iter().map(|folder| folder.join("helm")).find(|path| is_recent(helm, path)) {
        Some(path) => Ok(path),
        None => find_or_build(helm),
    }
}

fn is_recent(helm: &HelmRelease, path: &Path) -> bool {
    let said = || Command::new(path).args(["version", "--short"]).output().ok();
    let version = || Version::find_in(&String::from_utf8_lossy(&said()?.stdout));
    path.is_file() && version().is_some_and(|found| found.major == helm.min_version.major && found >= helm.min_version)
}

fn find_or_build(helm: &HelmRelease) -> Result<PathBuf> {
    let folder = cache_dir()?.join("helm").join(format!("v{}", helm.version));
    let path = folder.join("helm");
    if path.is_file() {
        return Ok(path);
    }
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let _lock = lock(&folder)?;
    if !path.is_file() {
        build(helm, &folder)?;
    }
    Ok(path)
}

/// Builds in a folder beside and renames, so that an interrupted build leaves no half program behind.
fn build(helm: &HelmRelease, folder: &Path) -> Result<()> {
    let (unfinished, package) = (folder.join("unfinished"), format!("helm.sh/helm/v{}", helm.min_version.major));
    progress(&format!("building helm {}, with cold caches about two minutes", helm.version));
    let output = Command::new("go")
        .current_dir(folder)
        .args(["install", "-trimpath", "-ldflags", &linker_flags(helm, &package)])
        .arg(format!("{package}/cmd/helm@v{}", helm.version))
        .env("GOBIN", &unfinished)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .output()
        .context("starting `go install`: Go 1.26 or newer has to be in PATH")?;
    if !output.status.success() {
        bail!("`go install {package}/cmd/helm` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    fs::rename(unfinished.join("helm"), folder.join("helm"))?;
    progress(&format!("built helm {}", helm.version));
    Ok(())
}

/// Variables that a version does not have are passed over by the linker.
fn linker_flags(helm: &HelmRelease, package: &str) -> String {
    let Version { major, minor } = helm.kubernetes;
    let kubernetes = ["pkg/lint/rules", "pkg/chartutil"]
        .map(|part| format!("-X {package}/{part}.k8sVersionMajor={major} -X {package}/{part}.k8sVersionMinor={minor}"));
    format!("-s -w -X {package}/internal/version.version=v{} {}", helm.version, kubernetes.join(" "))
}
