//! The options that all commands share.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::engine::ClusterOptions;

/// Options of the operator and of every command.
#[derive(Debug, Args)]
pub struct GlobalOptions {
    /// Log more: `-v` for debug, `-vv` for trace; `RUST_LOG` overrides this option
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Read the configuration from this .toml, .yaml or .json file instead of the default ones
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Connect to the cluster with this kubeconfig, instead of `KUBECONFIG`, `~/.kube/config` or the pod's
    /// service account
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig, instead of the current one
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) context: Option<String>,
    /// Check the configuration and exit, as `config check` does
    #[arg(short = 't', long)]
    pub(crate) check: bool,
    /// Add a catalog to the built-in one: a file, or a folder with `*.yaml`, or with `apis/*.yaml` and
    /// `addons/*.yaml`
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) catalog: Option<PathBuf>,
    /// Add the catalog in this ConfigMap of the operator's namespace, in addition to those labelled
    /// `operator.clever-cloud.com/catalog=true`; repeatable
    #[arg(long = "catalog-config-map", value_name = "NAME")]
    pub(crate) catalog_config_maps: Vec<String>,
    /// Create and update the CRDs of the catalog; without this option, the operator waits for them
    #[arg(long)]
    pub(crate) manage_crds: bool,
    /// Leave out the built-in catalog
    #[arg(long, global = true)]
    pub(crate) without_built_in: bool,
}

impl GlobalOptions {
    /// Returns the cluster to connect to.
    pub(crate) fn cluster(&self) -> ClusterOptions {
        ClusterOptions { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() }
    }
}
