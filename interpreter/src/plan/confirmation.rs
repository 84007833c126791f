//! What a user confirms by annotation, and the commands that messages print for it.

use crate::plan::record::{Ids, RECORD};
use crate::plan::snapshot::Sight;

/// A step that needs the user's word. The value of its annotation is an id of the add-on, so that the word is good for that one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The add-on has vanished, and a new, EMPTY one may take its place.
    Recreate,
    /// The add-on belongs to this resource, though record or name say otherwise.
    Claim,
    /// The add-on was adopted, and may be changed to what the spec says.
    Apply,
}

impl Confirmation {
    /// The key of its annotation.
    pub const fn annotation(self) -> &'static str {
        match self {
            Self::Recreate => "operator.clever-cloud.com/confirm-recreate",
            Self::Claim => "operator.clever-cloud.com/confirm-claim",
            Self::Apply => "operator.clever-cloud.com/confirm-apply",
        }
    }

    /// Whether the user has confirmed this for the add-on with these ids.
    pub(crate) fn is_given(self, sight: &Sight<'_>, ids: &Ids) -> bool {
        self.value(sight).is_some_and(|named| ids.values().any(|id| id == named))
    }

    /// The command that confirms this for the add-on of this id; after a word about an annotation that names another one.
    pub(crate) fn command(self, sight: &Sight<'_>, id: &str) -> String {
        let key = self.annotation();
        match self.value(sight) {
            Some(other) if other != id => {
                let command = kubectl(sight, &format!("{key}={id}"), " --overwrite");
                format!("{command} (the annotation is there, but `{}` is not the id of this add-on)", shortened(other))
            }
            _ => kubectl(sight, &format!("{key}={id}"), ""),
        }
    }

    fn value<'a>(self, sight: &Sight<'a>) -> Option<&'a str> {
        let confirmed = &sight.resource.confirmed;
        match self {
            Self::Recreate => confirmed.recreate.as_deref(),
            Self::Claim => confirmed.claim.as_deref(),
            Self::Apply => confirmed.apply.as_deref(),
        }
    }
}

/// The id by which messages call an add-on.
pub(crate) fn id(ids: &Ids) -> &str {
    ids.values().next().map(String::as_str).unwrap_or_default()
}

/// The command that removes the record.
pub(crate) fn without_record(sight: &Sight<'_>) -> String {
    kubectl(sight, &format!("{RECORD}-"), "")
}

fn kubectl(sight: &Sight<'_>, annotation: &str, options: &str) -> String {
    let resource = sight.resource;
    let namespace = if resource.namespace.is_empty() { String::new() } else { format!(" -n {}", resource.namespace) };
    format!("`kubectl annotate {} {} {}{namespace}{options}`", resource.kind, resource.name, quoted(annotation))
}

/// One word of a shell, whatever a record or a status that a user wrote says in it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/=:".contains(letter);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A user may have written anything there.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or(value)),
        None => value.to_owned(),
    }
}
