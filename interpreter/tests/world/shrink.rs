//! From a failing script to a short one that fails the same way: drops events one by one, and makes the world
//! plainer.

use super::run::run;
use super::script::{Lag, Script, Setup};

/// A script that nothing can be left out of.
pub(crate) fn shrink(script: &Script) -> Script {
    let Some(what) = failure(script) else {
        return script.clone();
    };
    let mut best = script.clone();
    while let Some(smaller) =
        candidates(&best).into_iter().find(|script| failure(script).as_ref() == Some(&what))
    {
        best = smaller;
    }
    best
}

/// The story of a script, printed like a log.
pub(crate) fn story(script: &Script) -> String {
    let world = run(script, true);
    let log = world.log.unwrap_or_default();
    let skipped = log.len().saturating_sub(400);
    let cut = if skipped > 0 { format!("  … {skipped} lines …\n") } else { String::new() };
    format!("{:?}\n{cut}{}", script, log[skipped..].join("\n"))
}

/// What goes wrong, without its figures.
fn failure(script: &Script) -> Option<String> {
    run(script, false).violation.map(|what| what.split(':').next().unwrap_or_default().to_owned())
}

fn candidates(script: &Script) -> Vec<Script> {
    let fewer = (0..script.events.len()).map(|left_out| {
        let mut smaller = script.clone();
        smaller.events.remove(left_out);
        smaller
    });
    let plainer = setups(&script.setup).into_iter().map(|setup| Script { setup, ..script.clone() });
    fewer.chain(plainer).collect()
}

/// Each strictly plainer than the one before, so that shrinking ends.
fn setups(setup: &Setup) -> Vec<Setup> {
    let mut plainer = Vec::new();
    if setup.lag != Lag::None {
        plainer.push(Setup { lag: Lag::None, ..setup.clone() });
    }
    if setup.lag == Lag::Flicker {
        plainer.push(Setup { lag: Lag::Full, ..setup.clone() });
    }
    if setup.deletion != 0 {
        plainer.push(Setup { deletion: 0, ..setup.clone() });
    }
    if setup.cloud_clock != 0 {
        plainer.push(Setup { cloud_clock: 0, ..setup.clone() });
    }
    if setup.brief {
        plainer.push(Setup { brief: false, ..setup.clone() });
    }
    plainer
}
