//! Values that apply after merging all sources, with their source: to be shown, and to be written as one
//! file.

use std::fmt;

use crate::config::value::Value;

/// A configured key. `Display` shows the value, or for a credential only its length.
pub(crate) struct EffectiveValue {
    /// The key in canonical spelling: `api.consumerKey`.
    pub(crate) key: String,
    /// The source that applies: a line of a file or an object, or a variable.
    pub(crate) source: String,
    /// Sources that are overridden, the least important first.
    pub(crate) overridden: Vec<String>,
    pub(super) value: Value,
    pub(super) is_credential: bool,
}

/// Writes the values as one TOML file. It contains every credential in clear text.
pub(crate) fn to_toml(values: &[EffectiveValue]) -> Result<String, toml::ser::Error> {
    let mut root = toml::Table::new();
    for one in values {
        let mut path: Vec<&str> = one.key.split('.').collect();
        let last = path.pop().unwrap_or_default();
        let insert = |table: &mut toml::Table| table.insert(last.to_owned(), one.toml_value());
        descend(&mut root, &path).map(insert);
    }
    toml::to_string(&root)
}

/// Returns the table at a path, created if it is missing. `None` if another value is there, which the known
/// keys rule out.
fn descend<'a>(root: &'a mut toml::Table, path: &[&str]) -> Option<&'a mut toml::Table> {
    path.iter().try_fold(root, |table, name| {
        let inner = table.entry((*name).to_owned()).or_insert_with(|| toml::Table::new().into());
        inner.as_table_mut()
    })
}

impl EffectiveValue {
    /// Returns whether the value is a credential.
    pub(crate) fn is_credential(&self) -> bool {
        self.is_credential
    }

    fn toml_value(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) => text.as_str().into(),
            Value::List(texts) => texts.clone().into(),
        }
    }
}

impl fmt::Display for EffectiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Text(text) if self.is_credential => write!(f, "hidden, length {}", text.chars().count()),
            Value::Text(_) | Value::List(_) => write!(f, "{}", self.toml_value()),
        }
    }
}

impl fmt::Debug for EffectiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {self} from {}", self.key, self.source)
    }
}
