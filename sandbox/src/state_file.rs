//! Saves the world to a file and loads it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::world::World;

/// The state file. It is replaced atomically, so that it always contains a complete world.
#[derive(Clone, Debug)]
pub(crate) struct StateFile(PathBuf);

impl StateFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Loads the world. Returns `None` if the file does not exist.
    pub(crate) fn load(&self) -> Result<Option<World>> {
        if !self.0.exists() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(&self.0).with_context(|| format!("cannot read {}", self.0.display()))?;
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is not a state file of the sandbox", self.0.display()))
    }

    pub(crate) fn save(&self, world: &World) -> Result<()> {
        let draft = self.0.with_extension("draft");
        fs::write(&draft, serde_json::to_vec_pretty(world)?)
            .with_context(|| format!("cannot write {}", draft.display()))?;
        fs::rename(&draft, &self.0).with_context(|| format!("cannot replace {}", self.0.display()))
    }
}
