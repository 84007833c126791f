//! The language of this project: openings of doc comments, phrases with their replacements, subjects of
//! commits.
//!
//! Plain text and the standard library only. A failure names each place, and what to write instead.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sources of the product.
const SOURCES: [&str; 4] = ["src", "interpreter/src", "sandbox/src", "control-plane/src"];
/// Pages, written by hand or generated from the catalog.
const PAGES: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "sandbox/README.md"];

/// Words that open a clause without a subject, or stand for a noun that was never named.
const HEADLESS: [&str; 13] = [
    "What", "Who", "Whose", "Whoever", "Whether", "How", "Where", "It", "One", "Nobody", "None", "Somebody",
    "Which",
];
/// The share of doc comments, in percent, that may open so.
const MOST_HEADLESS: usize = 3;

/// Phrases that a reader has to decode, and public names of before, with what to write instead.
const PHRASES: [(&str, &str); 24] = [
    ("somebody", "name the user, the administrator or the other client"),
    ("nobody", "say what is not done, or by which process"),
    ("whoever", "name the process, the controller or the user"),
    ("anew", "again"),
    ("lest", "so that … not"),
    ("lets go", "removes, releases"),
    ("put in force", "apply"),
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("owes", "name the step that is left"),
    ("at rest", "in sync"),
    ("all the same", "leave it out, or say `nevertheless`"),
    ("it is tried again by itself", "Next attempt in …"),
    ("AsSpecified", "InSync"),
    ("Overruled", "FieldIgnored, ignored"),
    ("RightMissing", "PermissionDenied"),
    ("StatusDisagrees", "StatusMismatch"),
    ("NotUsable", "Unavailable"),
    ("takeover dry run", "migrate preview"),
    ("passes_total", "reconcile_total"),
    ("operator settle", "operator.listLag"),
    ("operator fence", "operator.creationWindow"),
    ("CatalogRefused", "CatalogRejected"),
    ("left_to_delete", "delete_only_resources"),
];

/// The last commit whose subject was written before this rule.
const BEFORE: &str = "26f9a2b";
const LONGEST_SUBJECT: usize = 72;

#[test]
fn doc_comments_open_with_their_subject() {
    let (mut all, mut headless) = (0, Vec::new());
    for file in SOURCES.iter().flat_map(|folder| files(folder, "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        let openings = openings(&text);
        all += openings.len();
        let wrong = openings.into_iter().filter(|(_, opening)| is_headless(opening));
        headless.extend(wrong.map(|(line, opening)| format!("{}:{line}: {opening}", show(&file))));
    }
    assert!(all > 1000, "the doc comments were not found: {all}");
    let share = headless.len() * 100 / all;
    assert!(
        share <= MOST_HEADLESS,
        "{} of {all} doc comments open without a subject:\n  {}\n  help: name the thing, then say what it does: `Returns …`, `State of …`\n",
        headless.len(),
        headless.join("\n  ")
    );
}

#[test]
fn comments_messages_and_pages_use_the_words_of_the_field() {
    let pages = PAGES.iter().flat_map(|page| files(page, "md"));
    let mut wrong = Vec::new();
    for file in SOURCES.iter().flat_map(|folder| files(folder, "rs")).chain(pages) {
        let text = fs::read_to_string(&file).unwrap();
        let text = if file.extension().is_some_and(|own| own == "rs") { prose(&text) } else { text };
        wrong.extend(
            phrases(&text)
                .into_iter()
                .map(|(line, found, instead)| format!("{}:{line}: `{found}`: {instead}", show(&file))),
        );
    }
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

#[test]
fn subjects_of_commits_name_a_scope() {
    let git = |arguments: &[&str]| Command::new("git").current_dir(root()).args(arguments).output();
    let range = format!("{BEFORE}..HEAD");
    // A shallow clone or an archive has no history to check.
    let Some(log) = git(&["log", "--format=%s", &range]).ok().filter(|log| log.status.success()) else {
        return;
    };
    let log = String::from_utf8(log.stdout).unwrap();
    let wrong: Vec<_> = log.lines().filter(|subject| !is_subject(subject)).collect();
    assert!(
        wrong.is_empty(),
        "write `scope: what`, at most {LONGEST_SUBJECT} characters:\n  {}\n",
        wrong.join("\n  ")
    );
}

#[test]
fn these_checks_see_what_they_look_for() {
    let text = "/// What it is.\n/// More.\nfn a() {}\n    //! Returns it.\n\n/// `What` is quoted.\n";
    let found = openings(text);
    assert_eq!(found, [(1, "What it is."), (4, "Returns it."), (6, "`What` is quoted.")]);
    assert_eq!(found.iter().filter(|(_, opening)| is_headless(opening)).count(), 1);
    assert!(!is_headless("Whatever"), "only whole words count");
    let found = phrases("a\nSomebody wrote it\ncelestial\n");
    assert_eq!(found.iter().map(|(line, found, _)| (*line, *found)).collect::<Vec<_>>(), [(2, "somebody")]);
    let code = "let nobody = 1;\n// nobody\nlog(\"by\n    nobody, \\\"nobody\");\n#[cfg(test)]\nmod tests { \"nobody\" }";
    let lines: Vec<_> = phrases(&prose(code)).iter().map(|(line, ..)| *line).collect();
    assert_eq!(lines, [2, 4], "code and tests are no prose");
    assert!(
        is_subject("plan: put a lost finalizer back")
            && is_subject("sandbox, control-plane: remove import circles")
    );
    let long = format!("plan: {}", "a".repeat(LONGEST_SUBJECT));
    assert!(
        ["Tell own fields where the rest is told", "plan:", &long].iter().all(|subject| !is_subject(subject))
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn show(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

/// Files with this extension: the one, or all below a folder.
fn files(place: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root().join(place), extension, &mut found);
    assert!(
        !found.is_empty(),
        "{place} has no `{extension}` files: correct the lists in tests/language/main.rs"
    );
    found.sort();
    found
}

fn collect(path: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    if path.extension().is_some_and(|own| own == extension) {
        found.push(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten() {
        collect(&entry.unwrap().path(), extension, found);
    }
}

/// First lines of doc comments, with their line numbers.
fn openings(text: &str) -> Vec<(usize, &str)> {
    let doc =
        |line: &&str| line.trim().strip_prefix("///").or_else(|| line.trim().strip_prefix("//!")).is_some();
    let lines: Vec<_> = text.lines().collect();
    let begins = |at: &usize| doc(&lines[*at]) && (*at == 0 || !doc(&lines[at - 1]));
    (0..lines.len()).filter(begins).map(|at| (at + 1, lines[at].trim()[3..].trim())).collect()
}

/// The comments and the string literals of a source, on their lines; without its unit tests.
fn prose(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut in_literal = false;
    let mut prose = String::new();
    for line in product.lines() {
        if !in_literal && line.trim_start().starts_with("//") {
            prose.push_str(line);
        } else {
            let mut escaped = false;
            for letter in line.chars() {
                let ends = letter == '"' && !escaped;
                in_literal ^= ends;
                escaped = letter == '\\' && !escaped;
                prose.extend((in_literal && !ends).then_some(letter));
            }
        }
        prose.push('\n');
    }
    prose
}

fn is_headless(opening: &str) -> bool {
    let word: &str = opening.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    HEADLESS.contains(&word)
}

/// Phrases of the list that stand in a text, as whole words: the line, the phrase, and what to write instead.
fn phrases(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let words = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = words(line);
        let stands = |phrase: &str| {
            let phrase = words(phrase);
            line.windows(phrase.len()).any(|window| window == phrase)
        };
        found.extend(
            PHRASES
                .iter()
                .filter(|(phrase, _)| stands(phrase))
                .map(|(phrase, instead)| (at + 1, *phrase, *instead)),
        );
    }
    found
}

fn is_subject(subject: &str) -> bool {
    let Some((scope, what)) = subject.split_once(": ") else { return false };
    let is_scope =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_/., ".contains(letter);
    let fits = subject.chars().count() <= LONGEST_SUBJECT;
    fits && !scope.is_empty() && scope.chars().all(is_scope) && !what.trim().is_empty()
}
