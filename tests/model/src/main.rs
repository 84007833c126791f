//! Runs the experiments: all of them, or those whose names contain one of the arguments, with their stories.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_meant = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let all = model::experiments();
    let meant: Vec<_> = all.iter().filter(|one| is_meant(one.name())).collect();
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(experiment) = meant.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = experiment.run();
                    let _one = reports.lock();
                    println!("{}", report.line);
                    if !words.is_empty() {
                        report.stories.iter().for_each(|story| println!("{story}"));
                    }
                }
            });
        }
    });
}
