//! Finds the four programs in the environment or in the cache, and builds missing or outdated ones with
//! `go_module`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow};

use crate::go_module;
use crate::program::{Build, Program};
use crate::version::Version;

/// Paths of the four programs of a control plane, each in a version that the tests support.
#[derive(Clone, Debug)]
pub struct Programs {
    /// etcd, the store of the API server.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub kube_apiserver: PathBuf,
    /// kube-controller-manager, which collects garbage, deletes namespaces and aggregates roles; in a light
    /// build a program that does only this.
    pub kube_controller_manager: PathBuf,
    /// kubectl.
    pub kubectl: PathBuf,
}

/// Name of one of the four programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramName {
    /// etcd.
    Etcd,
    /// kube-apiserver.
    KubeApiserver,
    /// kube-controller-manager.
    KubeControllerManager,
    /// kubectl.
    Kubectl,
}

impl Programs {
    /// Finds each program in `KUBEBUILDER_ASSETS`, `PATH` or the cache, and builds missing ones.
    ///
    /// Building takes minutes and prints progress to stderr. Nothing is printed if all programs are found.
    ///
    /// # Errors
    /// Fails if a program must be built and `go build` fails.
    pub fn find() -> Result<Self> {
        Self::find_or_build(Build::Full)
    }

    /// Like [`Programs::find`], with a variant for the programs that must be built.
    ///
    /// # Errors
    /// As for [`Programs::find`].
    pub fn find_or_build(variant: Build) -> Result<Self> {
        let paths = Self::find_some(&ProgramName::ALL, variant)?;
        let [etcd, kube_apiserver, kube_controller_manager, kubectl] =
            <[PathBuf; 4]>::try_from(paths).map_err(|paths| anyhow!("only these were found: {paths:?}"))?;
        Ok(Programs { etcd, kube_apiserver, kube_controller_manager, kubectl })
    }

    /// Finds some of the programs, in this order, and builds the missing ones together.
    ///
    /// # Errors
    /// As for [`Programs::find`].
    pub fn find_some(names: &[ProgramName], variant: Build) -> Result<Vec<PathBuf>> {
        let installed: Vec<Option<PathBuf>> = names.iter().map(|name| installed(name.program())).collect();
        let mut missing = Vec::new();
        for (name, _) in names.iter().zip(&installed).filter(|(_, path)| path.is_none()) {
            missing.push(name.program_to_build(variant)?);
        }
        let mut built = go_module::find_or_build(&missing, variant)?.into_iter();
        Ok(installed.into_iter().filter_map(|path| path.or_else(|| built.next())).collect())
    }
}

impl ProgramName {
    /// All programs, in the order in which they are built.
    pub const ALL: [ProgramName; 4] = [
        ProgramName::Etcd,
        ProgramName::KubeApiserver,
        ProgramName::KubeControllerManager,
        ProgramName::Kubectl,
    ];

    fn program(self) -> &'static Program {
        match self {
            ProgramName::Etcd => &ETCD,
            ProgramName::KubeApiserver => &KUBE_APISERVER,
            ProgramName::KubeControllerManager => &KUBE_CONTROLLER_MANAGER,
            ProgramName::Kubectl => &KUBECTL,
        }
    }

    fn program_to_build(self, variant: Build) -> Result<&'static Program> {
        let program = self.program();
        let is_substituted = self == ProgramName::KubeControllerManager
            && variant == Build::Light
            && go_module::cached(&[program], Build::Full)?.is_none();
        Ok(if is_substituted { &CONTROLLERS } else { program })
    }
}
static ETCD: Program = Program {
    name: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    version_arguments: &["--version"],
    min_version: Version::new(3, 6),
};

static KUBE_APISERVER: Program = Program {
    name: "kube-apiserver",
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    version_arguments: &["--version"],
    min_version: Version::new(1, 34),
};

static KUBE_CONTROLLER_MANAGER: Program = Program {
    name: "kube-controller-manager",
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    version_arguments: &["--version"],
    min_version: Version::new(1, 34),
};

/// The controllers of kube-controller-manager that `servers` starts, as a program of this module.
static CONTROLLERS: Program = Program {
    name: "controllers",
    package: "./controllers",
    version_arguments: &[],
    min_version: KUBE_CONTROLLER_MANAGER.min_version,
};

static KUBECTL: Program = Program {
    name: "kubectl",
    package: "k8s.io/kubernetes/cmd/kubectl",
    version_arguments: &["version", "--client"],
    min_version: Version::new(1, 34),
};

fn installed(program: &Program) -> Option<PathBuf> {
    in_assets(program).or_else(|| in_path(program))
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
