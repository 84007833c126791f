//! Experiments: a world with its rules, or with some of them taken away, and the result of its search.

use crate::search::{Outcome, World, search};

/// The most states of one search. It takes about 3 GB.
const LIMIT: usize = 60_000_000;

/// A world to search.
pub struct Experiment {
    name: String,
    about: &'static str,
    run: Box<dyn Fn() -> Outcome + Send + Sync>,
}

/// The result of an experiment.
pub struct Report {
    /// Result line: the name, the verdict with the steps of the shortest stories, the number of states, and what
    /// the world is.
    pub line: String,
    /// The shortest stories.
    pub stories: Vec<String>,
}

impl Experiment {
    pub(crate) fn new<W: World>(
        name: String,
        about: &'static str,
        world: impl Fn() -> W + Send + Sync + 'static,
    ) -> Self {
        Self { name, about, run: Box::new(move || search(&world(), LIMIT)) }
    }

    /// The name, such as `creation: no window @ plain`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Searches the world.
    pub fn run(&self) -> Report {
        let outcome = (self.run)();
        let about = if self.about.is_empty() { String::new() } else { format!(" | {}", self.about) };
        let line = format!("{:<72} {:>8} states  {}{}", self.name, outcome.states, verdict(&outcome), about);
        let stories = outcome.violations.into_iter().map(|violation| {
            let steps = violation.story.join("\n    ");
            format!("--- {} ({} steps)\n    {steps}", violation.name, violation.steps)
        });
        Report { line, stories: stories.collect() }
    }
}

fn verdict(outcome: &Outcome) -> String {
    let mut verdict: Vec<_> =
        outcome.violations.iter().map(|one| format!("{} ({})", one.name, one.steps)).collect();
    if verdict.is_empty() {
        verdict.push(if outcome.stopped { "no violation so far" } else { "holds" }.to_owned());
    }
    if outcome.cramped {
        verdict.push("more add-ons than the world has".to_owned());
    }
    if outcome.stopped {
        verdict.push("stopped".to_owned());
    }
    verdict.join("; ")
}
