//! What an expression can name: a closed list, a part of which is known at each place.
//!
//! The list is the same in every catalog; only what stands below `spec`, `id`, `options` and the reads is an entry's own.

use std::collections::BTreeMap;

/// What can be named at one place, and what could be at others.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: BTreeMap<String, Below>,
    elsewhere: BTreeMap<String, &'static str>,
    open: bool,
}

/// What can be named below a name.
#[derive(Debug, Clone)]
pub(super) enum Below {
    /// Nothing: it is a text, a number or a boolean.
    Nothing,
    /// Whatever an answer holds.
    Anything,
    /// These.
    Names(BTreeMap<String, Below>),
}

/// A name that does not exist here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It is none of the closed list, or nothing has it below.
    Name {
        /// As it was written, up to the part that is unknown.
        written: String,
        /// The nearest of those that exist.
        nearest: Option<String>,
        /// Those that exist.
        known: Vec<String>,
    },
    /// It exists at other places.
    NotHere {
        /// The name.
        written: String,
        /// Why not here.
        why: &'static str,
    },
    /// It is an object, and a text was to be made of it.
    Unfinished {
        /// The name.
        written: String,
        /// What stands below it.
        known: Vec<String>,
    },
}

impl Names {
    /// Whatever stands in an answer.
    pub(super) fn of_an_answer() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// These, and no others.
    pub(super) fn new(known: impl IntoIterator<Item = (String, Below)>) -> Self {
        Self { known: known.into_iter().collect(), ..Self::default() }
    }

    /// With names that exist at other places, and why not here.
    #[must_use]
    pub(super) fn except(mut self, elsewhere: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        self.elsewhere.extend(elsewhere.into_iter().filter(|(name, _)| !self.known.contains_key(name)));
        self
    }

    /// With what is known of one element of a list or a map.
    #[must_use]
    pub(super) fn with_element(&self) -> Self {
        let mut names = self.clone();
        for name in ["item", "key", "value"] {
            names.known.insert(name.into(), Below::Anything);
            names.elsewhere.remove(name);
        }
        names
    }

    /// Whether a path that selects can exist.
    pub(super) fn selects(&self, path: &[String]) -> Result<(), Unknown> {
        if path.is_empty() && !self.open {
            return Err(Unknown::Name { written: "$".into(), nearest: None, known: keys(&self.known) });
        }
        self.walk(path).map(|_| ())
    }

    /// Whether a path that is to become a text can exist, and can become one.
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
                Some(Below::Nothing) => return Err(Unknown::Name { written: path.join("."), nearest: Some(written()), known: Vec::new() }),
                None => return Err(unknown(written(), part, names)),
            }
        }
        Ok(Some(names))
    }
}

/// Of these, the one that is nearly as it was written.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |name: &&str| strsim::damerau_levenshtein(written, name) <= (written.chars().count() / 3).max(1);
    let known = known.into_iter().filter(near);
    known.min_by_key(|name| strsim::damerau_levenshtein(written, name)).map(str::to_owned)
}

/// A help line: the nearest of those that exist, else all of them.
pub(super) fn suggest<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(written, known.clone()) {
        return format!("Did you mean `{name}`?");
    }
    let known: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
    if known.is_empty() { "There is none.".to_owned() } else { format!("There is {}.", known.join(", ")) }
}

fn unknown(written: String, part: &str, names: &BTreeMap<String, Below>) -> Unknown {
    let before = written.strip_suffix(part).unwrap_or_default();
    let nearest = nearest(part, names.keys().map(String::as_str)).map(|name| format!("{before}{name}"));
    Unknown::Name { nearest, known: keys(names), written }
}

fn keys(names: &BTreeMap<String, Below>) -> Vec<String> {
    names.keys().cloned().collect()
}
