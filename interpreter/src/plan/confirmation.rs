//! Confirmations that a user gives by annotation, and the commands that messages print for them.

use crate::plan::deletion_policy::DELETION_POLICY;
use crate::plan::deletion_protection::{DELETION_PROTECTION, DeletionProtection};
use crate::plan::record::{Ids, RECORD};
use crate::plan::snapshot::Snapshot;

/// A step that needs the user's confirmation. The value of its annotation is an id of the add-on, so it is
/// valid for that add-on only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The add-on has vanished, and a new, EMPTY one may take its place.
    Recreate,
    /// The add-on belongs to this resource, though record or name say otherwise.
    Claim,
    /// The add-on was adopted, and may be changed to what the spec says.
    Apply,
    /// The add-on has drifted from the spec, and may be changed back. The value has the number of the drift and each
    /// field with the value that is overwritten, so that it is valid for this drift only.
    Drift,
}

impl Confirmation {
    /// The key of the annotation.
    pub const fn annotation(self) -> &'static str {
        match self {
            Self::Recreate => "operator.clever-cloud.com/confirm-recreate",
            Self::Claim => "operator.clever-cloud.com/confirm-claim",
            Self::Apply => "operator.clever-cloud.com/confirm-apply",
            Self::Drift => "operator.clever-cloud.com/confirm-drift",
        }
    }

    /// Returns true when the user has confirmed this step for the add-on with these ids.
    pub(crate) fn is_given(self, snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
        self.value(snapshot).is_some_and(|named| ids.values().any(|id| id == named))
    }

    /// Returns the command that confirms this step for the add-on of this id. A note follows if the
    /// annotation names another id.
    pub(crate) fn command(self, snapshot: &Snapshot<'_>, id: &str) -> String {
        let key = self.annotation();
        match self.value(snapshot) {
            Some(other) if other != id => {
                let command = kubectl(snapshot, &format!("{key}={id}"), " --overwrite");
                let why = match self {
                    Self::Recreate | Self::Claim | Self::Apply => "is not the id of this add-on",
                    Self::Drift => "is another drift",
                };
                format!("{command} (the annotation exists, but `{}` {why})", shortened(other))
            }
            _ => kubectl(snapshot, &format!("{key}={id}"), ""),
        }
    }

    fn value<'a>(self, snapshot: &Snapshot<'a>) -> Option<&'a str> {
        let confirmed = &snapshot.resource.confirmed;
        match self {
            Self::Recreate => confirmed.recreate.as_deref(),
            Self::Claim => confirmed.claim.as_deref(),
            Self::Apply => confirmed.apply.as_deref(),
            Self::Drift => confirmed.drift.as_deref(),
        }
    }
}

/// Returns the number of the drift that the user has confirmed, and its fields with their values.
pub(crate) fn confirmed_drift<'a>(snapshot: &Snapshot<'a>) -> Option<(u32, &'a str)> {
    let (number, fields) = snapshot.resource.confirmed.drift.as_deref()?.split_once(':')?;
    Some((number.parse().ok()?, fields))
}

/// The id that messages print for an add-on.
pub(crate) fn id(ids: &Ids) -> &str {
    ids.values().next().map(String::as_str).unwrap_or_default()
}

/// The command that removes the record.
pub(crate) fn without_record(snapshot: &Snapshot<'_>) -> String {
    without_annotation(snapshot, RECORD)
}

/// The command that sets the deletion policy of the resource to `retain`.
pub(crate) fn with_policy(snapshot: &Snapshot<'_>) -> String {
    with_annotation(snapshot, DELETION_POLICY, "retain")
}

/// The command that sets an annotation of the resource.
pub(crate) fn with_annotation(snapshot: &Snapshot<'_>, annotation: &str, value: &str) -> String {
    kubectl(snapshot, &format!("{annotation}={value}"), " --overwrite")
}

/// The command that removes an annotation of the resource.
pub(crate) fn without_annotation(snapshot: &Snapshot<'_>, annotation: &str) -> String {
    kubectl(snapshot, &format!("{annotation}-"), "")
}

/// The command that removes the protection from deletion.
pub(crate) fn without_protection(snapshot: &Snapshot<'_>, protection: DeletionProtection) -> String {
    match protection {
        DeletionProtection::Resource => without_annotation(snapshot, DELETION_PROTECTION),
        DeletionProtection::Namespace => {
            format!("`kubectl annotate namespace {} {DELETION_PROTECTION}-`", snapshot.resource.namespace)
        }
    }
}

fn kubectl(snapshot: &Snapshot<'_>, annotation: &str, options: &str) -> String {
    let resource = snapshot.resource;
    let namespace =
        if resource.namespace.is_empty() { String::new() } else { format!(" -n {}", resource.namespace) };
    format!(
        "`kubectl annotate {} {} {}{namespace}{options}`",
        resource.kind,
        resource.name,
        quoted(annotation)
    )
}

/// Quotes one word for a shell: a record or a status that a user wrote may contain anything.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/=:".contains(letter);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Limits the length of an annotation's value in a message: a user may have written anything there.
pub(crate) fn shortened(value: &str) -> String {
    const MAX_LEN: usize = 60;
    match value.char_indices().nth(MAX_LEN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or(value)),
        None => value.to_owned(),
    }
}
