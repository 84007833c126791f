//! What is written and holds, with where it stands and what it is laid over: to be shown, and to be written anew.

use std::fmt;

use super::value::Value;

/// A key that something is written for. Printed, it shows its value, but of a credential only the length.
pub struct Written {
    /// The key, in the spelling used here: `api.consumerKey`.
    pub key: String,
    /// Where it stands: the line of a file or an object, or the variable.
    pub place: String,
    /// Where else it stands, the least important first; what is written there does not hold.
    pub over: Vec<String>,
    pub(super) value: Value,
    pub(super) is_credential: bool,
    pub(super) is_switch: bool,
}

/// What is written, as a file that says the same. It holds every credential in clear.
pub fn toml(written: &[Written]) -> Result<String, toml::ser::Error> {
    let mut root = toml::Table::new();
    for one in written {
        let mut path: Vec<&str> = one.key.split('.').collect();
        let last = path.pop().unwrap_or_default();
        let below = |table: &mut toml::Table| table.insert(last.to_owned(), one.toml());
        descend(&mut root, &path).map(below);
    }
    toml::to_string(&root)
}

/// The table at a path, made if it is not there. None where something else is: the keys that are known leave no room for that.
fn descend<'a>(root: &'a mut toml::Table, path: &[&str]) -> Option<&'a mut toml::Table> {
    path.iter().try_fold(root, |table, name| {
        let inner = table.entry((*name).to_owned()).or_insert_with(|| toml::Table::new().into());
        inner.as_table_mut()
    })
}

impl Written {
    /// Whether it is a secret.
    pub fn is_credential(&self) -> bool {
        self.is_credential
    }

    fn toml(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) if self.is_switch => text.parse::<bool>().map_or_else(|_| text.as_str().into(), toml::Value::from),
            Value::Text(text) => text.as_str().into(),
            Value::List(texts) => texts.clone().into(),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Text(text) if self.is_credential => write!(f, "hidden, length {}", text.chars().count()),
            Value::Text(_) | Value::List(_) => write!(f, "{}", self.toml()),
        }
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {self} from {}", self.key, self.place)
    }
}
