//! Names that an expression can use: a closed list, a part of which is known at each position.
//!
//! The list is the same in every catalog; only the names below `spec`, `id`, `options` and the reads depend
//! on the entry.

use std::collections::BTreeMap;

/// Names that are known at one position, and names that exist only at others.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: BTreeMap<String, Below>,
    elsewhere: BTreeMap<String, &'static str>,
    open: bool,
}

/// Names below a name.
#[derive(Debug, Clone)]
pub(super) enum Below {
    /// No names: the value is a text, a number or a boolean.
    Nothing,
    /// Any name: the value comes from an answer.
    Anything,
    /// Exactly these names.
    Names(BTreeMap<String, Below>),
}

/// Name that does not exist at this position.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The name is not in the closed list, or the name before it has nothing below.
    Name {
        /// The name as written, up to the unknown part.
        written: String,
        /// The most similar known name.
        nearest: Option<String>,
        /// The known names.
        known: Vec<String>,
    },
    /// The name exists only at other positions.
    NotHere {
        /// The name.
        written: String,
        /// Reason why it is not known here.
        why: &'static str,
    },
    /// The name refers to an object, but a text is needed.
    Unfinished {
        /// The name.
        written: String,
        /// Names below the object.
        known: Vec<String>,
    },
}

impl Names {
    /// Accepts any name, because the answer defines them.
    pub(super) fn of_an_answer() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Accepts these names, and no others.
    pub(super) fn new(known: impl IntoIterator<Item = (String, Below)>) -> Self {
        Self { known: known.into_iter().collect(), ..Self::default() }
    }

    /// Adds names that exist at other positions, each with the reason why it is not known here.
    #[must_use]
    pub(super) fn except(mut self, elsewhere: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        self.elsewhere.extend(elsewhere.into_iter().filter(|(name, _)| !self.known.contains_key(name)));
        self
    }

    /// Adds the names of one element of a list or a map.
    #[must_use]
    pub(super) fn with_element(&self) -> Self {
        let mut names = self.clone();
        for name in ["item", "key", "value"] {
            names.known.insert(name.into(), Below::Anything);
            names.elsewhere.remove(name);
        }
        names
    }

    /// Checks that a selecting path can exist.
    pub(super) fn selects(&self, path: &[String]) -> Result<(), Unknown> {
        if path.is_empty() && !self.open {
            return Err(Unknown::Name { written: "$".into(), nearest: None, known: keys(&self.known) });
        }
        self.walk(path).map(|_| ())
    }

    /// Checks that a path can exist and can be rendered as a text.
    pub(super) fn renders(&self, path: &[String]) -> Result<(), Unknown> {
        match self.walk(path)? {
            Some(names) => Err(Unknown::Unfinished { written: path.join("."), known: keys(names) }),
            None => Ok(()),
        }
    }

    fn walk(&self, path: &[String]) -> Result<Option<&BTreeMap<String, Below>>, Unknown> {
        if self.open {
            return Ok(None);
        }
        if let Some(why) = path.first().and_then(|first| self.elsewhere.get(first)) {
            return Err(Unknown::NotHere { written: path.join("."), why });
        }
        let mut names = &self.known;
        for (depth, part) in path.iter().enumerate() {
            let written = || path.iter().take(depth + 1).cloned().collect::<Vec<_>>().join(".");
            match names.get(part) {
                Some(Below::Names(below)) => names = below,
                Some(Below::Anything) => return Ok(None),
                Some(Below::Nothing) if depth + 1 == path.len() => return Ok(None),
                Some(Below::Nothing) => {
                    return Err(Unknown::Name {
                        written: path.join("."),
                        nearest: Some(written()),
                        known: Vec::new(),
                    });
                }
                None => return Err(unknown(written(), part, names)),
            }
        }
        Ok(Some(names))
    }
}

/// Returns the known name that is most similar to the written one.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near =
        |name: &&str| strsim::damerau_levenshtein(written, name) <= (written.chars().count() / 3).max(1);
    let known = known.into_iter().filter(near);
    known.min_by_key(|name| strsim::damerau_levenshtein(written, name)).map(str::to_owned)
}

/// Formats a help line: the most similar known name, otherwise all of them.
pub(super) fn suggest<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(written, known.clone()) {
        return format!("Did you mean `{name}`?");
    }
    let known: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match known.as_slice() {
        [] => "None is defined.".to_owned(),
        [one] => format!("Only {one} is known here."),
        several => format!("Choose one of {}.", several.join(", ")),
    }
}

fn unknown(written: String, part: &str, names: &BTreeMap<String, Below>) -> Unknown {
    let before = written.strip_suffix(part).unwrap_or_default();
    let nearest = nearest(part, names.keys().map(String::as_str)).map(|name| format!("{before}{name}"));
    Unknown::Name { nearest, known: keys(names), written }
}

fn keys(names: &BTreeMap<String, Below>) -> Vec<String> {
    names.keys().cloned().collect()
}
