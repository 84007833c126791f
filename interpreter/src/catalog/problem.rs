//! What is wrong with a catalog, where, and how it is shown: as rustc shows it.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::catalog::document::Place;
use crate::catalog::{Code, Severity, Source};

/// Something wrong with a catalog, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// So many characters are meant.
    pub length: usize,
    /// Which kind of problem; `Code::meaning` explains it.
    pub code: Code,
    /// Whether it takes its entry down.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// One at a place of a file.
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

/// The problems as text, each with the lines that it is about, for people.
pub fn show(problems: &[Problem], sources: &[Source]) -> String {
    rendered(problems, sources, Renderer::plain())
}

/// The same with colours, for a terminal.
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
    let text = sources.iter().find(|source| source.path == problem.file).map_or("", |source| source.text.as_str());
    let snippet = Snippet::source(text).path(problem.file.as_str()).annotation(AnnotationKind::Primary.span(bytes(problem, text)));
    let shown = level.primary_title(problem.message.as_str()).id(problem.code.name()).element(snippet);
    match &problem.help {
        Some(help) => shown.element(Level::HELP.message(help.as_str())),
        None => shown,
    }
}

/// The bytes of the text that are meant.
fn bytes(problem: &Problem, text: &str) -> std::ops::Range<usize> {
    let line_start = text.split_inclusive('\n').take(problem.line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let at = |character: usize| line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte);
    let start = problem.column.saturating_sub(1);
    line_start + at(start)..line_start + at(start + problem.length)
}
