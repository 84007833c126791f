//! Puts words in the place of what differs from run to run: ids, times, addresses, passwords.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

/// What differs, with the word that stands for it.
pub struct Placeholders {
    known: Vec<(String, String)>,
    short: Vec<(Regex, String)>,
    numbered: BTreeMap<String, Vec<String>>,
    ids: Regex,
    times: Regex,
    digests: Regex,
}

/// A digest with the id of its key.
const DIGEST: &str = r"\b[0-9a-f]{8}\.[0-9a-f]{64}\b";
const ID: &str =
    "([a-z]+)?_?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})";
/// As people write it, and in milliseconds.
const TIME: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\b\d\d:\d\d:\d\d UTC|\b1\d{12}\b";
/// What is shorter stands in other words too, and is the same in every run, but for ports.
const LONG: usize = 8;
/// What is shorter than this is the same in every run, even if it is a number.
const SHORT: usize = 4;

impl Default for Placeholders {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            short: Vec::new(),
            numbered: BTreeMap::new(),
            ids: Regex::new(ID).unwrap(),
            times: Regex::new(TIME).unwrap(),
            digests: Regex::new(DIGEST).unwrap(),
        }
    }
}

impl Placeholders {
    /// From now on, `word` stands for `text`. What was learned first wins.
    pub fn learn(&mut self, text: &str, word: &str) {
        let word = format!("<{word}>");
        if (SHORT..LONG).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.short.push((Regex::new(&format!(r"\b{}\b", regex::escape(text))).unwrap(), word));
        } else if text.len() >= LONG && !self.known.iter().any(|(known, _)| known == text) {
            self.known.push((text.to_owned(), word));
            // A longer text may hold a shorter one.
            self.known.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        }
    }

    /// The text with words in place of all that is known, or looks like an id or a time.
    pub fn put(&mut self, text: &str) -> String {
        let text = self.known.iter().fold(text.to_owned(), |text, (known, word)| text.replace(known, word));
        let text = self.digests.replace_all(&text, "<digest>").into_owned();
        let numbered = &mut self.numbered;
        let text = self.ids.replace_all(&text, |found: &Captures<'_>| number(numbered, found));
        let text = self.times.replace_all(&text, "<time>").into_owned();
        self.short.iter().fold(text, |text, (short, word)| short.replace_all(&text, word).into_owned())
    }
}

/// Ids are numbered in the order in which they appear, those with the same prefix together.
fn number(numbered: &mut BTreeMap<String, Vec<String>>, found: &Captures<'_>) -> String {
    let prefix = found.get(1).map_or("uuid", |prefix| prefix.as_str());
    let ids = numbered.entry(prefix.to_owned()).or_default();
    let id = &found[0];
    let at = ids.iter().position(|known| known == id).unwrap_or_else(|| {
        ids.push(id.to_owned());
        ids.len() - 1
    });
    format!("<{prefix}-{}>", at + 1)
}
