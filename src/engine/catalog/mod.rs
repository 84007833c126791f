//! The catalog at run time: a change of its files starts, reconfigures and stops controllers. `state` knows
//! the sources and what is active of them; `sync` applies each change to the engine.

mod accepted;
mod config_maps;
mod crds;
mod feedback;
mod not_managed;
mod slots;
mod state;
mod sync;

pub(super) use crds::Installation;
pub use state::CatalogSources;
pub(super) use state::CatalogState;
pub(super) use sync::run;
