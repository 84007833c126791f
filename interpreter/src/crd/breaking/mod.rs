//! Detects changes of an entry that would break existing resources: their accepted values, their names, and
//! the location of their add-ons.

mod bounds;
mod fields;
mod whole;

use crate::catalog::Addon;

/// Change of an entry that would break existing resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breaking {
    /// Path of the field in the spec; empty for a change of the whole kind.
    pub path: Vec<String>,
    /// Description of the change: "`spec.size` is gone".
    pub says: String,
}

/// Returns the changes from `old` to `new` that would break existing resources of the kind; empty when there
/// is none. A change that only allows more is not breaking.
pub fn breaking(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let names = whole::names(old, new);
    if old.resource.group != new.resource.group || old.resource.plural != new.resource.plural {
        // The new definition is a different kind, so the old one's schema does not apply to it.
        return names;
    }
    let mut all = [
        names,
        whole::definition(old, new),
        whole::cloud(old, new),
        fields::spec(old, new),
        fields::status(old, new),
    ]
    .concat();
    all.sort();
    all.dedup();
    all
}

/// Returns the acknowledgement that an entry must contain to accept these changes: eight hexadecimal digits,
/// derived from their descriptions. The first digit is a letter, because YAML would read some of them as
/// numbers.
pub fn acknowledgement(changes: &[Breaking]) -> String {
    let mut sentences: Vec<&str> = changes.iter().map(|one| one.says.as_str()).collect();
    sentences.sort_unstable();
    // FNV-1a is sufficient: a collision gives no advantage, because the sum only states that a user has read
    // the changes.
    let sum = sentences
        .join("\n")
        .bytes()
        .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let first = 10 + (sum >> 28) % 6;
    format!("{:08x}", (sum & 0x0fff_ffff) | (first << 28))
}

fn whole_kind(says: String) -> Breaking {
    Breaking { path: Vec::new(), says }
}
