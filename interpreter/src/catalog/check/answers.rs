//! Checks that each recorded answer belongs to a request, and that the expectation of each example is
//! possible.

use std::collections::BTreeSet;

use crate::catalog::compile::addon::Entry;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::recorded::asked;
use crate::catalog::{Addon, Code};

/// Checks the answers that add-ons inherit from an API.
pub(super) fn check_inherited(api: &Node, problems: &mut Problems) {
    check_answers(&api.at("answers"), &[api], problems);
}

/// Checks the answers of an add-on, and the expectations of its examples.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let files = [&entry.api_node, &entry.node];
    check_answers(&entry.node.at("answers"), &files, problems);
    let writes = writes(&files);
    for example in entry.node.at("examples").elements() {
        let expect = example.at("expect");
        for (name, body) in expect.at("sent").entries() {
            unknown(&body.key(), name, &writes, Code::UnknownExpectation, problems);
        }
        if expect.at("secret").exists() && !addon.has_secret() {
            let help = "Remove this line, or define the Secret with `secret:`.";
            let message = "this kind has no Secret";
            problems.report(Code::UnknownExpectation, &expect.at("secret").key(), message, help);
        }
    }
}

fn check_answers(answers: &Node, files: &[&Node], problems: &mut Problems) {
    let writes = writes(files);
    let all: BTreeSet<String> = reads(files).into_iter().chain(writes.clone()).collect();
    for (key, body) in answers.entries() {
        let (name, after) = asked(key);
        unknown(&body.key(), name, &all, Code::UnknownAnswer, problems);
        if let Some(after) = after {
            unknown(&body.key(), after, &writes, Code::UnknownAnswer, problems);
        }
    }
}

fn unknown(at: &Node, name: &str, known: &BTreeSet<String>, code: Code, problems: &mut Problems) {
    if !known.contains(name) {
        let help = suggest(name, known.iter().map(String::as_str));
        problems.report(code, at, format!("there is no request `{name}`"), help);
    }
}

/// Returns the names of requests that create or change something.
fn writes(files: &[&Node]) -> BTreeSet<String> {
    let changes = files.iter().flat_map(|file| file.at("changes").entries()).map(|(name, _)| name.to_owned());
    changes.chain(["create".to_owned()]).collect()
}

fn reads(files: &[&Node]) -> BTreeSet<String> {
    let own = files
        .iter()
        .flat_map(|file| ["operations", "reads"].into_iter().flat_map(|part| file.at(part).entries()));
    let looks = files.iter().flat_map(|file| file.at("changes").entries()).flat_map(|(name, change)| {
        ["find", "follow"]
            .into_iter()
            .filter(move |look| change.at(look).exists())
            .map(move |look| format!("{name} {look}"))
    });
    // The answer to a deletion is never needed: an example ends when the add-on is ready.
    let own = own.filter(|(name, _)| *name != "delete");
    let offers = files.iter().any(|file| file.at("offers").exists()).then(|| "offers".to_owned());
    let accounts = files.iter().any(|file| file.at("accounts").exists()).then(|| "accounts".to_owned());
    own.map(|(name, _)| name.to_owned()).chain(looks).chain(offers).chain(accounts).collect()
}
