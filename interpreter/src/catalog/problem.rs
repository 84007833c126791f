//! Problems of a catalog: their position, and their display in the style of rustc.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::catalog::document::Place;
use crate::catalog::{Code, Severity, Source};

/// Problem of a catalog, with its position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Number of characters to mark.
    pub length: usize,
    /// Kind of the problem; [`Code::meaning`] explains it.
    pub code: Code,
    /// Severity: an error rejects the entry.
    pub severity: Severity,
    /// Message: the fault.
    pub message: String,
    /// Suggested correction.
    pub help: Option<String>,
}

impl Problem {
    /// Creates a problem at a position of a file.
    pub(super) fn at(file: &str, place: Place, code: Code, message: String, help: String) -> Self {
        Self {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            length: place.length,
            code,
            severity: code.severity(),
            message,
            help: Some(help).filter(|help| !help.is_empty()),
        }
    }
}

/// Formats the problems as text, each with the source lines that it is about.
pub fn show(problems: &[Problem], sources: &[Source]) -> String {
    rendered(problems, sources, Renderer::plain())
}

/// Formats the problems like [`show`], with colours for a terminal.
pub fn show_coloured(problems: &[Problem], sources: &[Source]) -> String {
    rendered(problems, sources, Renderer::styled())
}

fn rendered(problems: &[Problem], sources: &[Source], renderer: Renderer) -> String {
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let shown: Vec<_> = problems.iter().map(|problem| renderer.render(&[group(problem, sources)])).collect();
    shown.join("\n\n") + if shown.is_empty() { "" } else { "\n" }
}

fn group<'a>(problem: &'a Problem, sources: &'a [Source]) -> Group<'a> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let text =
        sources.iter().find(|source| source.path == problem.file).map_or("", |source| source.text.as_str());
    let snippet = Snippet::source(text)
        .path(problem.file.as_str())
        .annotation(AnnotationKind::Primary.span(bytes(problem, text)));
    let shown = level.primary_title(problem.message.as_str()).id(problem.code.name()).element(snippet);
    match &problem.help {
        Some(help) => shown.element(Level::HELP.message(help.as_str())),
        None => shown,
    }
}

/// Returns the range of bytes of the text to mark.
fn bytes(problem: &Problem, text: &str) -> std::ops::Range<usize> {
    let line_start = text.split_inclusive('\n').take(problem.line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let at = |character: usize| line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte);
    let start = problem.column.saturating_sub(1);
    line_start + at(start)..line_start + at(start + problem.length)
}
