//! Redaction: replaces credentials and outputs in texts of a cloud, in every spelling in which a server may repeat
//! them. Knows neither the source of a secret nor the place of a text.
//!
//! Every text that a message quotes goes through a [`Redactor`] before it is cut to its length.

mod forms;
mod views;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::exchange::redact::forms::{Form, forms};
use crate::exchange::redact::views::{View, views};

/// The word that stands for a secret.
pub const REDACTED: &str = "[redacted]";

/// Minimum length of an output, in characters: a shorter one is a port or a flag, and part of many words.
const MIN_OUTPUT_LEN: usize = 6;
/// Maximum length of all secrets together, in bytes; with more, nothing can be quoted.
const MAX_SECRETS_LEN: usize = 64 * 1024;
/// Length of the part of a text that is searched for secrets, in bytes.
const SEARCHED_LEN: usize = 16 * 1024;
/// Length of the part that is returned: a secret that starts in it ends in the searched part, however it is spelt.
const RETURNED_LEN: usize = SEARCHED_LEN / 2;
/// Ends of a text that was cut.
const CUTS: [&str; 2] = ["…", "..."];
/// Maximum number of such ends that are looked at.
const MAX_CUTS: usize = 100;

/// Secrets that no message may repeat, ready to be searched for.
#[derive(Clone, Default)]
pub struct Redactor {
    matchers: Vec<Arc<Matcher>>,
}

/// Secrets of one origin.
struct Matcher {
    automaton: AhoCorasick,
    forms: Vec<Form>,
}

impl Redactor {
    /// Adds credentials, which are secret whatever their length. Returns `None` if they are too long to be searched
    /// for.
    #[must_use]
    pub fn with_credentials<'a>(self, credentials: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        self.with(credentials.into_iter().collect())
    }

    /// Adds outputs, which are secret unless they are shorter than six characters. Returns `None` if they are too
    /// long to be searched for.
    #[must_use]
    pub fn with_outputs<'a>(self, outputs: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let outputs: Vec<_> = outputs.into_iter().collect();
        let inner = outputs.iter().flat_map(|output| forms::within(output)).collect::<Vec<_>>();
        let all = outputs.into_iter().chain(inner.iter().map(String::as_str));
        self.with(all.filter(|output| output.trim().chars().count() >= MIN_OUTPUT_LEN).collect())
    }

    fn with(mut self, secrets: BTreeSet<&str>) -> Option<Self> {
        if secrets.iter().map(|secret| secret.len()).sum::<usize>() > MAX_SECRETS_LEN {
            return None;
        }
        let forms: BTreeSet<Form> = secrets.into_iter().flat_map(forms).collect();
        if !forms.is_empty() {
            let mut builder = AhoCorasick::builder();
            builder.kind(Some(AhoCorasickKind::ContiguousNFA));
            let automaton = builder.build(forms.iter().map(|form| &form.bytes)).ok()?;
            self.matchers.push(Arc::new(Matcher { automaton, forms: forms.into_iter().collect() }));
        }
        Some(self)
    }

    /// Returns the text with each secret replaced. A very long text is cut.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let (searched, returned) = match text.len() > SEARCHED_LEN {
            true => (text.floor_char_boundary(SEARCHED_LEN), text.floor_char_boundary(RETURNED_LEN)),
            false => (text.len(), text.len()),
        };
        let searched = text.get(..searched).unwrap_or_default();
        let found = merged(self.found(searched), searched);
        if found.is_empty() {
            return text.get(..returned).unwrap_or_default().into();
        }
        let mut shown = String::new();
        let mut from = 0;
        for Range { start, end } in found.into_iter().filter(|range| range.start < returned) {
            shown += text.get(from..start).unwrap_or_default();
            shown += REDACTED;
            from = end;
        }
        shown += text.get(from..returned).unwrap_or_default();
        shown.into()
    }

    /// Returns the ranges of all secrets in the text.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        if self.matchers.is_empty() {
            return Vec::new();
        }
        let views = views(text);
        let mut found = Vec::new();
        for matcher in &self.matchers {
            found.extend(views.iter().flat_map(|view| matcher.found(view)));
            found.extend(matcher.cut(text));
        }
        found
    }
}

impl Matcher {
    fn found(&self, view: &View) -> Vec<Range<usize>> {
        let all = self.automaton.find_overlapping_iter(&view.bytes);
        let counts = |pattern: usize| {
            let form = self.forms.get(pattern);
            form.is_some_and(|form| form.is_long || !view.is_joined)
        };
        all.filter(|one| counts(one.pattern().as_usize())).map(|one| view.source(one.range())).collect()
    }

    /// Returns the beginnings of secrets that the text shows before a sign that it was cut there.
    fn cut(&self, text: &str) -> Vec<Range<usize>> {
        let ends = CUTS.iter().flat_map(|cut| text.match_indices(cut).map(|(at, _)| at));
        ends.take(MAX_CUTS)
            .filter_map(|end| Some(self.longest_start(text.get(..end)?.as_bytes())?..end))
            .collect()
    }

    /// Returns the position from which a text is the longest beginning of a secret.
    fn longest_start(&self, text: &[u8]) -> Option<usize> {
        let longest = |form: &Form| {
            let lengths = (MIN_OUTPUT_LEN..form.bytes.len().min(text.len() + 1)).rev();
            lengths.into_iter().find(|length| text.ends_with(form.bytes.get(..*length).unwrap_or_default()))
        };
        let longest = self.forms.iter().filter(|form| form.is_long).filter_map(longest).max()?;
        Some(text.len() - longest)
    }
}

/// Shows the number of secrets only.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forms: usize = self.matchers.iter().map(|matcher| matcher.forms.len()).sum();
        write!(f, "Redactor({forms} forms)")
    }
}

/// Merges ranges that overlap or touch, and widens them to whole characters.
fn merged(mut ranges: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let range = text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end);
        match merged.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => merged.push(range),
        }
    }
    merged
}
