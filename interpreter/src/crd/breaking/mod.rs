//! What a change of an entry would break for the resources that live: what may be written in them, what they are called, and where what
//! they stand for is looked for.

mod bounds;
mod fields;
mod whole;

use crate::catalog::Addon;

/// One thing that a change of an entry would break for resources that live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breaking {
    /// The field of the spec; empty where the whole kind is meant.
    pub path: Vec<String>,
    /// What would be different: "`spec.size` is gone".
    pub says: String,
}

/// What would break for resources of the kind as `old` has it, if it were as `new` has it; empty if nothing would. What only allows more than
/// before breaks nothing.
pub fn breaking(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let names = whole::names(old, new);
    if old.resource.group != new.resource.group || old.resource.plural != new.resource.plural {
        // Another kind altogether: nothing of the old one is held to what the new one says.
        return names;
    }
    let mut all = [names, whole::definition(old, new), whole::cloud(old, new), fields::spec(old, new), fields::status(old, new)].concat();
    all.sort();
    all.dedup();
    all
}

/// What an entry must write to make these changes all the same: eight hexadecimal digits, the same for the same sentences. The first is a
/// letter, or YAML would take some of them for numbers.
pub fn acknowledgement(changes: &[Breaking]) -> String {
    let mut sentences: Vec<&str> = changes.iter().map(|one| one.says.as_str()).collect();
    sentences.sort_unstable();
    // FNV-1a: nobody gains by finding two texts with one sum, for it only says that a person has read what would break.
    let sum = sentences.join("\n").bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let first = 10 + (sum >> 28) % 6;
    format!("{:08x}", (sum & 0x0fff_ffff) | (first << 28))
}

fn whole_kind(says: String) -> Breaking {
    Breaking { path: Vec::new(), says }
}
