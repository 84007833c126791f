//! A real Kubernetes control plane on loopback: etcd, API server and controller manager, for the tests and the demo.
//!
//! There are no nodes and no scheduler: objects are stored, validated, authorised, audited and collected, but no pod
//! ever runs. Nothing here knows the operator; the versions of the programs stand in `go.mod`, that of helm in `helm.rs`, and only there.

mod audit;
mod control_plane;
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
pub use crate::programs::Programs;
