//! The value of a configuration key before its type is known.

/// The value written for a key.
#[derive(PartialEq, Eq)]
pub(super) enum Value {
    /// A string, as written or from a variable.
    Text(String),
    /// A list of strings.
    List(Vec<String>),
}

impl Value {
    /// Returns true for a value with a control character, such as a line break in a copied credential.
    pub(super) fn has_control_character(&self) -> bool {
        let texts = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(texts) => texts,
        };
        texts.iter().any(|text| text.contains(char::is_control))
    }

    /// Returns why a value counts as not filled in: it is empty, or still a placeholder.
    pub(super) fn unfilled(&self) -> Option<&'static str> {
        let texts = match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(texts) => texts,
        };
        texts.iter().find_map(|text| match text.as_str() {
            "" => Some("is empty"),
            text if text.starts_with('<') && text.ends_with('>') => {
                Some("still has a placeholder as its value")
            }
            _ => None,
        })
    }
}
