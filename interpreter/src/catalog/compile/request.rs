//! Compiles requests, reads, and the selectors for their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog::compile::text::{Scope, duration, expression, maybe_selector, selector, template_of};
use crate::catalog::expression::{Escape, Selector, Template};
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Code, Follow, Items, Pages, Read, Request, Url};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const EXAMPLE: &str = "Write a request such as `GET /v1/widgets/{{id.widget}}?page=1`, or `GET host:/v1/widgets` if the API has several hosts.";

/// Effect of a request, which restricts its methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog) enum Effect {
    /// Reads only.
    Reads,
    /// Creates or changes something.
    Writes,
    /// Removes something.
    Removes,
}

/// Context for compiling requests: the known names and the hosts.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Sender<'a> {
    /// Known names.
    pub(in crate::catalog) scope: Scope,
    /// Hosts by name; "" for a single one.
    pub(in crate::catalog) hosts: &'a [String],
}

/// Compiles a request and its body, found under `request` and `body`.
pub(in crate::catalog) fn request(
    node: &Node,
    effect: Effect,
    sender: &Sender,
    problems: &mut Problems,
) -> Request {
    let line = node.at("request");
    let (method, url) = request_line(&line, sender, problems);
    let fits = match effect {
        Effect::Reads => method == "GET",
        Effect::Writes => matches!(method.as_str(), "POST" | "PUT" | "PATCH"),
        Effect::Removes => matches!(method.as_str(), "DELETE" | "POST"),
    };
    if !fits {
        let (message, help) = unfit(effect, &method);
        problems.report(Code::WrongMethod, &line, message, help);
    }
    let body = node.get("body");
    if let Some(body) = body.as_ref().filter(|_| method == "GET") {
        let help = "Move the values to the path or the query.";
        problems.report(Code::WrongMethod, &body.key(), "a `GET` has no body", help);
    }
    Request { method, url, body: body.map(|body| expression(&body, &sender.scope, problems)) }
}

/// Compiles a reading request, with the selectors for its answer.
pub(in crate::catalog) fn read(name: &str, node: &Node, sender: &Sender, problems: &mut Problems) -> Read {
    let request = request(node, Effect::Reads, sender, problems);
    answer(name, node, request, &sender.scope, problems)
}

/// Compiles the selectors for an answer, of a read or of another request.
pub(in crate::catalog) fn answer(
    name: &str,
    node: &Node,
    request: Request,
    scope: &Scope,
    problems: &mut Problems,
) -> Read {
    let answer = scope.answer();
    Read {
        name: name.to_owned(),
        request,
        item: maybe_selector(&node.at("item"), &answer, problems),
        items: node.get("items").map(|items| many(&items, node, &answer, problems)),
        fresh: node.get("fresh").map(|fresh| duration(&fresh, Duration::ZERO, problems)),
        may_be_missing: node.at("mayBeMissing").is_true(),
        follow: node.get("state").map(|_| follow(node, &answer, problems)),
        keep: keep(&node.at("keep"), &answer, problems),
    }
}

/// Compiles the ids to keep, by name.
pub(in crate::catalog) fn keep(
    node: &Node,
    answer: &Scope,
    problems: &mut Problems,
) -> BTreeMap<String, Selector> {
    node.entries().into_iter().map(|(name, id)| (name.to_owned(), selector(&id, answer, problems))).collect()
}

fn many(items: &Node, read: &Node, answer: &Scope, problems: &mut Problems) -> Items {
    Items {
        each: selector(items, answer, problems),
        key: maybe_selector(&read.at("key"), answer, problems),
        value: maybe_selector(&read.at("value"), answer, problems),
        pages: read.get("pages").map(|pages| Pages {
            next: selector(&pages.at("next"), answer, problems),
            parameter: pages.at("parameter").text_or_empty(),
        }),
    }
}

fn follow(node: &Node, answer: &Scope, problems: &mut Problems) -> Follow {
    let follow = Follow {
        state: selector(&node.at("state"), answer, problems),
        done: node.at("done").texts(),
        failed: node.at("failed").texts(),
        every: duration(&node.at("every"), Duration::from_secs(10), problems),
        deadline: duration(&node.at("deadline"), Duration::from_secs(3_600), problems),
    };
    if let Some(both) = node
        .at("failed")
        .elements()
        .iter()
        .find(|state| state.text().is_some_and(|text| follow.done.iter().any(|done| done == text)))
    {
        let state = both.text_or_empty();
        let message = format!("the state `{state}` is listed both in `done` and in `failed`");
        problems.report(Code::StateTwice, both, message, "Remove it from one of the two lists.");
    }
    if follow.every >= follow.deadline {
        let help = "Write a deadline that is several times as long as `every`.";
        let message = "the deadline is not longer than `every`, so it passes before the second read";
        problems.report(Code::NotADuration, &node.at("deadline"), message, help);
    }
    follow
}

fn request_line(node: &Node, sender: &Sender, problems: &mut Problems) -> (String, Url) {
    let written = node.text().unwrap_or_default();
    let empty =
        || ("GET".to_owned(), Url { host: String::new(), path: Template::default(), query: Vec::new() });
    let Some((method, target)) = written.split_once(' ').filter(|(method, _)| METHODS.contains(method))
    else {
        let message = format!("`{written}` does not begin with a method");
        problems.report(Code::NotARequest, node, message, EXAMPLE);
        return empty();
    };
    let Some((host, path)) = split_host(target) else {
        problems.report(Code::NotARequest, node, format!("`{target}` has no path"), EXAMPLE);
        return empty();
    };
    check_host(host, node, sender, problems);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if let Some(odd) = literal(path).chars().find(|c| !is_path_character(*c)) {
        problems.report(Code::NotARequest, node, format!("`{odd}` is not allowed in a path"), EXAMPLE);
    }
    let url = Url {
        host: host.to_owned(),
        path: template_of(path, Escape::Segment, node, &sender.scope, problems),
        query: self::query(query, node, sender, problems),
    };
    (method.to_owned(), url)
}

fn query(query: &str, node: &Node, sender: &Sender, problems: &mut Problems) -> Vec<(String, Template)> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) =
            pair.split_once('=').filter(|(name, _)| !name.is_empty() && !name.contains('{'))
        else {
            problems.report(Code::NotARequest, node, format!("`{pair}` is not `name=value`"), EXAMPLE);
            continue;
        };
        pairs.push((name.to_owned(), template_of(value, Escape::Segment, node, &sender.scope, problems)));
    }
    pairs
}

/// Splits `host:/path` or `/path`.
fn split_host(target: &str) -> Option<(&str, &str)> {
    let (host, _) = target.split_once('/')?;
    let path = target.get(host.len()..)?;
    match host.strip_suffix(':') {
        Some(name) => Some((name, path)),
        None => host.is_empty().then_some(("", path)),
    }
}

fn check_host(host: &str, node: &Node, sender: &Sender, problems: &mut Problems) {
    if sender.hosts.iter().any(|known| known == host) {
        return;
    }
    let known = sender.hosts.iter().map(String::as_str).filter(|name| !name.is_empty());
    match host {
        "" => problems.report(
            Code::UnknownHost,
            node,
            "the request names no host, but the API has several",
            suggest("", known),
        ),
        _ => problems.report(
            Code::UnknownHost,
            node,
            format!("the API has no host `{host}`"),
            suggest(host, known),
        ),
    }
}

/// Returns a path without its expressions.
fn literal(path: &str) -> String {
    let after =
        |part: &str| part.split_once("}}").map_or_else(|| part.to_owned(), |(_, rest)| rest.to_owned());
    let mut parts = path.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &after(part))
}

fn is_path_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/-._~:@!$&'()*+,;=%".contains(c)
}

fn unfit(effect: Effect, method: &str) -> (String, &'static str) {
    match effect {
        Effect::Reads => {
            (format!("`{method}` may change something, but this request must only read"), "Use `GET`.")
        }
        Effect::Writes => {
            (format!("`{method}` cannot create or change anything"), "Use `POST`, `PUT` or `PATCH`.")
        }
        Effect::Removes => {
            (format!("`{method}` cannot delete anything"), "Use `DELETE`, or `POST` if the API requires it.")
        }
    }
}
