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
    /// Stable form of the change, from which the acknowledgement is derived.
    change: Change,
    /// Description of the change: "`spec.size` was removed".
    pub says: String,
}

/// Stable form of a breaking change. Its names stay, whatever the words of the description: an acknowledgement
/// that a user has written must stay valid in later versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// The changed property: a field with its path, or a property of the kind.
    subject: String,
    /// Name of the change, such as `removed`, or the keyword of the schema.
    name: &'static str,
    was: String,
    is: String,
}

/// Name of the change that makes a field required.
const REQUIRED: &str = "required";
/// Name of the change that removes the subject.
const REMOVED: &str = "removed";

impl Change {
    fn new(subject: &str, name: &'static str, was: &str, is: &str) -> Self {
        Self { subject: subject.to_owned(), name, was: was.to_owned(), is: is.to_owned() }
    }

    /// Parts are JSON strings, so that no value can be read as two.
    fn canonical(&self) -> String {
        serde_json::json!([self.subject, self.name, self.was, self.is]).to_string()
    }
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
/// derived from their stable forms. The first digit is a letter, because YAML would read some of them as
/// numbers.
pub fn acknowledgement(changes: &[Breaking]) -> String {
    let mut canonical: Vec<String> = changes.iter().map(|one| one.change.canonical()).collect();
    canonical.sort_unstable();
    // FNV-1a is sufficient: a collision gives no advantage, because the sum only states that a user has read
    // the changes.
    let sum = canonical
        .join("\n")
        .bytes()
        .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let first = 10 + (sum >> 28) % 6;
    format!("{:08x}", (sum & 0x0fff_ffff) | (first << 28))
}

fn whole_kind(change: Change, says: String) -> Breaking {
    Breaking { path: Vec::new(), change, says }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn removed(field: &str) -> Breaking {
        whole_kind(Change::new(field, REMOVED, "", ""), format!("`{field}` was removed"))
    }

    #[test]
    fn an_acknowledgement_is_good_for_these_changes_alone_in_any_order() {
        let (a, b) = (removed("spec.a"), removed("spec.b"));
        let both = acknowledgement(&[a.clone(), b.clone()]);
        assert_eq!(both, acknowledgement(&[b.clone(), a.clone()]));
        assert!(both != acknowledgement(&[a]) && both != acknowledgement(&[b]));
    }

    #[test]
    fn an_acknowledgement_outlives_the_words_of_the_message() {
        let reworded = Breaking { says: "there is no `spec.a` any longer".to_owned(), ..removed("spec.a") };
        assert_eq!(acknowledgement(&[removed("spec.a")]), acknowledgement(&[reworded]));
    }

    #[test]
    fn an_acknowledgement_is_never_a_number_to_yaml() {
        for number in 0..2_000 {
            let digits = acknowledgement(&[removed(&format!("spec.{number}"))]);
            let read: Value = serde_yaml::from_str(&format!("acceptBreaking: {digits}")).unwrap();
            assert_eq!(read["acceptBreaking"], digits);
            assert_eq!(digits.len(), 8);
        }
    }
}
