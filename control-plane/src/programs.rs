//! Finds the four programs in the environment or in the cache, and builds missing or outdated ones with
//! `go_module`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::go_module;
use crate::program::Program;
use crate::version::Version;

/// Paths of the four programs of a control plane, each in a version that the tests support.
#[derive(Clone, Debug)]
pub struct Programs {
    /// etcd, the store of the API server.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub kube_apiserver: PathBuf,
    /// kube-controller-manager, which collects garbage, deletes namespaces and aggregates roles.
    pub kube_controller_manager: PathBuf,
    /// kubectl.
    pub kubectl: PathBuf,
}

impl Programs {
    /// Finds each program in `KUBEBUILDER_ASSETS`, `PATH` or the cache, and builds missing ones.
    ///
    /// Building takes minutes and prints progress to stderr. Nothing is printed if all programs are found.
    ///
    /// # Errors
    /// Fails if a program must be built and `go build` fails.
    pub fn find() -> Result<Self> {
        Ok(Programs {
            etcd: find(&ETCD)?,
            kube_apiserver: find(&KUBE_APISERVER)?,
            kube_controller_manager: find(&KUBE_CONTROLLER_MANAGER)?,
            kubectl: find(&KUBECTL)?,
        })
    }
}

const ETCD: Program = Program {
    name: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    version_arguments: &["--version"],
    min_version: Version::new(3, 6),
};

const KUBE_APISERVER: Program = Program {
    name: "kube-apiserver",
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    version_arguments: &["--version"],
    min_version: Version::new(1, 34),
};

const KUBE_CONTROLLER_MANAGER: Program = Program {
    name: "kube-controller-manager",
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    version_arguments: &["--version"],
    min_version: Version::new(1, 34),
};

const KUBECTL: Program = Program {
    name: "kubectl",
    package: "k8s.io/kubernetes/cmd/kubectl",
    version_arguments: &["version", "--client"],
    min_version: Version::new(1, 34),
};

fn find(program: &Program) -> Result<PathBuf> {
    if let Some(path) = in_assets(program) {
        return Ok(path);
    }
    match in_path(program) {
        Some(path) => Ok(path),
        None => go_module::find_or_build(program),
    }
}

/// Looks in `KUBEBUILDER_ASSETS`. Prints a warning if the program there is too old, because the user set the
/// variable on purpose.
fn in_assets(program: &Program) -> Option<PathBuf> {
    let path = PathBuf::from(env::var_os("KUBEBUILDER_ASSETS")?).join(program.name);
    if !path.is_file() {
        return None;
    }
    if is_recent(program, &path) {
        return Some(path);
    }
    eprintln!(
        "control-plane: ignoring {} of KUBEBUILDER_ASSETS: it is older than {}",
        program.name, program.min_version
    );
    None
}

fn in_path(program: &Program) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program.name))
        .find(|path| path.is_file() && is_recent(program, path))
}

/// Returns whether a program is recent enough. A program without a readable version is not.
fn is_recent(program: &Program, path: &Path) -> bool {
    Command::new(path)
        .args(program.version_arguments)
        .output()
        .ok()
        .and_then(|output| Version::find_in(&String::from_utf8_lossy(&output.stdout)))
        .is_some_and(|version| version >= program.min_version)
}
