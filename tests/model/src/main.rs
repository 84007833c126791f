//! Runs experiments, and compares their results with `results.txt`.
//!
//! Without arguments, all of them. With arguments, those whose names contain one of them, with their stories.
//! `UPDATE_EXPECTED=1` writes the results instead.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of searches at one time. Each takes up to 1 GB.
const THREADS: usize = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_meant = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let all = model::experiments();
    let meant: Vec<_> = all.iter().filter(|one| is_meant(one.name())).collect();
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(experiment) = meant.get(at) else { return };
                    let report = experiment.run();
                    let Ok(mut lines) = lines.lock() else { return };
                    println!("{}", report.line);
                    if !words.is_empty() {
                        report.stories.iter().for_each(|story| println!("{story}"));
                    }
                    lines.push((at, report.line));
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap_or_default();
    lines.sort();
    judge(lines.into_iter().map(|(_, line)| line).collect(), words.is_empty())
}

/// Compares the results with those of the file, or writes them there.
fn judge(lines: Vec<String>, is_whole: bool) -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("results.txt");
    if is_whole && std::env::var_os("UPDATE_EXPECTED").is_some() {
        return match std::fs::write(&file, lines.join("\n") + "\n") {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("{}: {error}", file.display())),
        };
    }
    let differing = model::differing(&lines, is_whole);
    if differing.is_empty() { ExitCode::SUCCESS } else { failed(&differing.join("\n")) }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}
