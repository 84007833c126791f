//! What is wrong with a configuration, where, and what to write instead. Never shows a value: it may be a secret.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the environment variable.
    pub place: String,
    /// The line, where it is known.
    pub line: Option<usize>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write.
    pub help: String,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.message)?,
            None => write!(f, "{}: {}", self.place, self.message)?,
        }
        write!(f, "\n  help: {}", self.help)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}
