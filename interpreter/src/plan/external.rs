//! External add-on: the existing add-on that a user wants a resource to use, by annotation.

use std::collections::BTreeMap;

use crate::plan::record::Ids;

/// The annotation that names the existing add-on by one of its ids.
pub const EXTERNAL_ID: &str = "operator.clever-cloud.com/external-id";
/// The annotation that names the existing add-on by its name at the cloud.
pub const EXTERNAL_NAME: &str = "operator.clever-cloud.com/external-name";
/// The annotation that says what happens with the add-on that one of the others names.
pub const ADOPTION: &str = "operator.clever-cloud.com/adoption";

/// The only value of [`ADOPTION`].
const ADOPT: &str = "adopt";

/// Existing add-on that the annotations of a resource name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum External {
    /// Any of its ids at the cloud.
    Id(String),
    /// Its name at the cloud, which must be unique in the account.
    Name(String),
}

impl External {
    /// Returns true when these ids are those of the named add-on; false for a name, which only a list
    /// resolves.
    pub(crate) fn has_id(&self, ids: &Ids) -> bool {
        match self {
            Self::Id(named) => ids.values().any(|id| id == named),
            Self::Name(_) => false,
        }
    }

    /// The annotation, and its value.
    pub(crate) fn annotation(&self) -> (&'static str, &str) {
        match self {
            Self::Id(id) => (EXTERNAL_ID, id),
            Self::Name(name) => (EXTERNAL_NAME, name),
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
        (_, Some(adoption)) if adoption != ADOPT => Err(format!(
            "the annotation `{ADOPTION}` has an unknown value. Its only value is `{ADOPT}`, which is the default."
        )),
        (Some((annotation, value, _)), _) if value.trim().is_empty() || value.trim() != value => Err(
            format!("the annotation `{annotation}` is empty, or begins or ends with a space. Correct it."),
        ),
        (Some((.., external)), _) => Ok(Some(external)),
        (None, Some(_)) => Err(format!(
            "the annotation `{ADOPTION}` needs the add-on to adopt. Name it with `{EXTERNAL_ID}` or `{EXTERNAL_NAME}`."
        )),
        (None, None) => Ok(None),
    }
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
