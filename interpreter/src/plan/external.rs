//! External add-on: the existing add-on that a user wants a resource to use, by annotation.

use std::collections::BTreeMap;

use crate::plan::record::Ids;

/// The annotation that names the existing add-on by one of its ids.
pub const EXTERNAL_ID: &str = "operator.clever-cloud.com/external-id";
/// The annotation that names the existing add-on by its name at the cloud.
pub const EXTERNAL_NAME: &str = "operator.clever-cloud.com/external-name";
/// The annotation that says what happens with the add-on that one of the others names.
pub const ADOPTION: &str = "operator.clever-cloud.com/adoption";

/// The values of [`ADOPTION`].
const ADOPT: &str = "adopt";
const ADOPT_OR_CREATE: &str = "adopt-or-create";

/// The longest name that a mark can hold.
const MAX_NAME_LEN: usize = 63;

/// Existing add-on that the annotations of a resource name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum External {
    /// Any of its ids at the cloud.
    Id(String),
    /// Its name at the cloud or the one in its mark, which must be unique in the account.
    Name(String),
    /// The same; but if there is no such add-on, one is created, and gets the name as a mark.
    NameOrNew(String),
}

impl External {
    /// Returns true when these ids are those of the named add-on; false for a name, which only a list
    /// resolves.
    pub(crate) fn has_id(&self, ids: &Ids) -> bool {
        match self {
            Self::Id(named) => ids.values().any(|id| id == named),
            Self::Name(_) | Self::NameOrNew(_) => false,
        }
    }

    /// The name, if it is one that a mark has or will have.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Id(_) => None,
            Self::Name(name) | Self::NameOrNew(name) => Some(name),
        }
    }

    /// The annotation, and its value.
    pub(crate) fn annotation(&self) -> (&'static str, &str) {
        match self {
            Self::Id(id) => (EXTERNAL_ID, id),
            Self::Name(name) | Self::NameOrNew(name) => (EXTERNAL_NAME, name),
        }
    }
}

/// Returns the add-on that these annotations name, if they name one.
///
/// # Errors
/// They contradict each other, or have an unknown value.
pub fn external(annotations: Option<&BTreeMap<String, String>>) -> Result<Option<External>, String> {
    let value = |name: &str| annotations.and_then(|all| all.get(name)).map(String::as_str);
    let named = match (value(EXTERNAL_ID), value(EXTERNAL_NAME)) {
        (Some(_), Some(_)) => {
            return Err(format!(
                "the annotations `{EXTERNAL_ID}` and `{EXTERNAL_NAME}` name an add-on twice. Remove one of them."
            ));
        }
        (Some(id), None) => Some((EXTERNAL_ID, id, External::Id(id.to_owned()))),
        (None, Some(name)) => Some((EXTERNAL_NAME, name, External::Name(name.to_owned()))),
        (None, None) => None,
    };
    match (named, value(ADOPTION)) {
        (_, Some(adoption)) if ![ADOPT, ADOPT_OR_CREATE].contains(&adoption) => Err(format!(
            "the annotation `{ADOPTION}` has an unknown value. Write `{ADOPT}`, which is the default, or `{ADOPT_OR_CREATE}`."
        )),
        (Some((annotation, value, _)), _) if value.trim().is_empty() || value.trim() != value => Err(
            format!("the annotation `{annotation}` is empty, or begins or ends with a space. Correct it."),
        ),
        (Some((.., External::Name(name))), Some(ADOPT_OR_CREATE)) if is_markable(&name) => {
            Ok(Some(External::NameOrNew(name)))
        }
        (Some((_, _, External::Name(_))), Some(ADOPT_OR_CREATE)) => Err(format!(
            "the annotation `{EXTERNAL_NAME}` is not a name for a new add-on. Write at most {MAX_NAME_LEN} letters, digits, `-`, `_` and `.`, and begin with a letter or a digit."
        )),
        (Some(_), Some(ADOPT_OR_CREATE)) => Err(format!(
            "`{ADOPTION}: {ADOPT_OR_CREATE}` needs a name, because no id exists before the creation. Name the add-on with `{EXTERNAL_NAME}`."
        )),
        (Some((.., external)), _) => Ok(Some(external)),
        (None, Some(_)) => Err(format!(
            "the annotation `{ADOPTION}` needs the add-on to adopt. Name it with `{EXTERNAL_ID}` or `{EXTERNAL_NAME}`."
        )),
        (None, None) => Ok(None),
    }
}

/// Returns true for a name that can be part of a mark.
fn is_markable(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    name.len() <= MAX_NAME_LEN
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_name_one_add_on_or_none() {
        let id = || Ok(Some(External::Id("x1".to_owned())));
        let name = || Ok(Some(External::Name("orders".to_owned())));
        for (given, expected) in [
            (&[][..], Ok(None)),
            (&[(EXTERNAL_ID, "x1")], id()),
            (&[(EXTERNAL_ID, "x1"), (ADOPTION, "adopt")], id()),
            (&[(EXTERNAL_NAME, "orders")], name()),
            (&[(EXTERNAL_ID, "x1"), (EXTERNAL_NAME, "orders")], Err("name an add-on twice")),
            (&[(EXTERNAL_ID, "x1"), (ADOPTION, "Adopt")], Err("unknown value")),
            (&[(EXTERNAL_NAME, "orders"), (ADOPTION, "adopt-or-create")], {
                Ok(Some(External::NameOrNew("orders".to_owned())))
            }),
            (
                &[(EXTERNAL_NAME, "shop/orders"), (ADOPTION, "adopt-or-create")],
                Err("is not a name for a new"),
            ),
            (&[(EXTERNAL_NAME, "shop/orders")], Ok(Some(External::Name("shop/orders".to_owned())))),
            (&[(EXTERNAL_ID, "x1"), (ADOPTION, "adopt-or-create")], Err("needs a name")),
            (&[(ADOPTION, "adopt-or-create")], Err("needs the add-on")),
            (&[(EXTERNAL_ID, "")], Err("is empty")),
            (&[(EXTERNAL_ID, "x1 ")], Err("ends with a space")),
            (&[(ADOPTION, "adopt")], Err("needs the add-on")),
        ] {
            let annotations = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let found = external(Some(&annotations.collect()));
            match (&found, &expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{given:?}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{given:?}: {message}"),
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => panic!("{given:?}: {found:?}"),
            }
        }
    }
}
