//! The scripts of the demo, as far as they can be checked without running it: their syntax, the files that
//! they name, and the recording of them in `docs/demo.svg`.
//!
//! To check the demo itself: `DEMO_ONCE=1 make demo`, on a control plane of its own and with `KUBECONFIG`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn bash_parses_every_script() {
    let scripts = scripts("scripts");
    assert!(scripts.len() > 10, "{scripts:?}");
    for script in scripts {
        let output = Command::new("bash").arg("-n").arg(&script).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_steps_name_files_that_exist() {
    let steps = steps();
    let files: Vec<&str> = steps
        .split(|separator: char| separator.is_whitespace() || "'\"()=;,".contains(separator))
        .filter(|word| word.starts_with("examples/") || word.starts_with("docs/"))
        .collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(root().join(file).exists(), "no such file: {file}");
    }
}

#[test]
fn the_plans_of_the_steps_are_on_offer_except_the_one_that_is_refused() {
    let example = fs::read_to_string(root().join("examples/postgresql.yaml")).unwrap();
    assert!(["name: my-database", "plan: xxs_sml"].iter().all(|text| example.contains(text)), "{example}");
    let offers = fs::read_to_string(root().join("sandbox/data/offers.json")).unwrap();
    let is_offered = |plan: &str| offers.contains(&format!("\"{plan}\""));
    let steps = steps();
    for plan in ["xs_sml", "s_sml"] {
        assert!(steps.contains(&format!("\"plan\": \"{plan}\"")) && is_offered(plan), "{plan}");
    }
    assert!(steps.contains("s/xxs_sml/xs_smal/") && !is_offered("xs_smal"));
}

#[test]
fn the_recording_shows_the_steps_of_today() {
    let recording = fs::read_to_string(root().join("docs/demo.svg")).unwrap();
    // The picture has an element for each word.
    let words: Vec<&str> = recording.split('<').filter_map(|tag| tag.split('>').nth(1)).collect();
    let recording = words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let steps = steps();
    let titles: Vec<&str> = steps
        .lines()
        .filter_map(|line| line.strip_prefix("heading \"")?.strip_suffix('"')?.split("  ").nth(1))
        .collect();
    assert_eq!(titles.len(), 6, "{steps}");
    for title in titles {
        assert!(recording.contains(title), "docs/demo.svg does not show `{title}`: run `make recording`");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn steps() -> String {
    scripts("scripts/demo/steps").iter().map(|script| fs::read_to_string(script).unwrap()).collect()
}

/// Returns the scripts below a folder, in the order of their names.
fn scripts(folder: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sh") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
