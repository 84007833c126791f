//! A real Kubernetes control plane on loopback: etcd, API server and controller manager, for the tests and
//! the demo.
//!
//! There are no nodes and no scheduler: the API server stores, validates and authorizes objects, and garbage
//! collection works, but pods never run. `go.mod` sets the versions of the programs, `helm.rs` those of helm.

mod audit;
mod build_plan;
mod control_plane;
mod go_command;
mod go_module;
mod helm;
mod kubeconfig;
mod kubectl;
mod ports;
mod process;
mod program;
mod programs;
mod servers;
mod temp_dir;
mod version;
mod wait;

pub use crate::control_plane::{ControlPlane, Pids};
pub use crate::helm::Helms;
pub use crate::kubectl::Kubectl;
pub use crate::program::Build;
pub use crate::programs::{ProgramName, Programs};
