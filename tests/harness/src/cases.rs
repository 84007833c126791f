//! Folders of cases, each with what it is answered in `expected`; `UPDATE_EXPECTED=1` writes that anew, to be
//! read with suspicion.

use std::fs;
use std::path::{Path, PathBuf};

/// Compares every case's answer with what is expected, and tells of all that differ.
pub fn check(cases: Vec<PathBuf>, answer: impl Fn(&Path) -> String) {
    let mut different = Vec::new();
    for case in cases {
        let (expected, actual) = (case.join("expected"), answer(&case));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &actual).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            different.push(format!("--- {}\n{actual}", case.display()));
        }
    }
    assert!(different.is_empty(), "these cases are answered differently now:\n{}", different.join("\n"));
}
