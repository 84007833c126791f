//! Which entries of a catalog are in force, step by step: `catalog_update/*/story.txt` says what is done,
//! `expected.txt` how each kind stands then.
//!
//! A story begins with what is built in. `== title` begins a step, which may hold:
//! - `take: part.yaml as added/x.yaml`: a file of `parts/`, anew;
//! - `remove: added/x.yaml`;
//! - `@ added/x.yaml` and lines with `-` and `+`: an edit, in which `DIGITS` are those that the last step
//!   asked for;
//! - `lives: gadgets.example.com`: which kinds have resources, from now on;
//! - `spoil: gadgets.example.com`: what was accepted of it is of a version that this one cannot read.
//!
//! What is accepted goes from step to step as a cluster would keep it: nothing else is remembered, so every
//! step begins like a restart. `UPDATE_EXPECTED=1 cargo test -p interpreter --test catalog_update` writes
//! what is expected anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use interpreter::catalog::{Source, show};
use interpreter::catalog_update::{CatalogUpdate, EntryFiles, EntryState, update};

/// What is there at a step.
#[derive(Default)]
struct Scene {
    built_in: Vec<Source>,
    added: Vec<Source>,
    accepted: BTreeMap<String, EntryFiles>,
    lives: BTreeSet<String>,
    /// The acknowledgement that was asked for last.
    digits: String,
}

#[test]
fn every_story_goes_as_expected() {
    let stories = stories();
    assert!(stories.len() >= 15);
    let failed: Vec<String> = stories.iter().filter_map(|story| check(story).err()).collect();
    assert!(failed.is_empty(), "{} of {}:\n\n{}", failed.len(), stories.len(), failed.join("\n\n"));
}

#[test]
fn what_is_admitted_again_is_as_it_was() {
    for story in stories() {
        play(&story, |_, scene, first| {
            let again =
                update(&scene.built_in, &scene.added, &first.accepted, &|kind| scene.lives.contains(kind));
            let of = |updated: &CatalogUpdate| -> Vec<_> {
                updated
                    .entries
                    .values()
                    .map(|entry| (entry.definition.clone(), entry.state, entry.digest.clone()))
                    .collect()
            };
            assert_eq!(of(first), of(&again), "{}", story.display());
            assert_eq!(first.accepted, again.accepted, "{}", story.display());
        });
    }
}

#[test]
fn a_kind_with_resources_always_has_an_entry() {
    for story in stories() {
        play(&story, |title, scene, update| {
            for kind in &scene.lives {
                let known = update.entries.contains_key(kind) || update.accepted.contains_key(kind);
                assert!(known, "{}, {title}: nobody looks after {kind}", story.display());
            }
        });
    }
}

fn check(story: &Path) -> Result<(), String> {
    let mut seen = String::new();
    let mut before = BTreeMap::new();
    play(story, |title, scene, update| {
        writeln!(seen, "== {title}").unwrap();
        before = tell(&mut seen, scene, update, &before);
    });
    let expected = story.with_file_name("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&expected, &seen).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if seen == wanted {
        Ok(())
    } else {
        Err(format!("{}: expected\n{wanted}\nbut found\n{seen}", story.display()))
    }
}

/// Plays a story, and shows what each step came to.
fn play(story: &Path, mut seen: impl FnMut(&str, &Scene, &CatalogUpdate)) {
    let root = folder();
    let mut scene = Scene { built_in: sources(&root.join("built-in")), ..Scene::default() };
    let text = fs::read_to_string(story).unwrap();
    for step in text.split("== ").skip(1) {
        scene.apply(step.split_once('\n').unwrap_or_default().1, story);
        let updated =
            update(&scene.built_in, &scene.added, &scene.accepted, &|kind| scene.lives.contains(kind));
        seen(step.lines().next().unwrap(), &scene, &updated);
        let mut asked = updated.problems.iter().filter_map(|problem| {
            problem.help.as_ref()?.split("`acceptBreaking: ").nth(1)?.split('`').next()
        });
        scene.digits = asked.next_back().unwrap_or(&scene.digits).to_owned();
        // As the cluster keeps it.
        scene.accepted = serde_json::from_str(&serde_json::to_string(&updated.accepted).unwrap()).unwrap();
    }
}

impl Scene {
    fn apply(&mut self, lines: &str, story: &Path) {
        let mut lines = lines.lines().filter(|line| !line.is_empty()).peekable();
        while let Some(line) = lines.next() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "take:" => {
                    let (part, path) = rest.split_once(" as ").unwrap();
                    let text = fs::read_to_string(folder().join("parts").join(part)).unwrap();
                    self.put(path, text);
                }
                "remove:" => self.files(rest).retain(|source| source.path != rest),
                "lives:" => self.lives = rest.split_whitespace().map(str::to_owned).collect(),
                "spoil:" => {
                    let text = &mut self.accepted.get_mut(rest).unwrap().addon.text;
                    *text = text.replace("title:", "heading:");
                }
                "@" => {
                    while lines.peek().is_some_and(|line| line.starts_with(['-', '+'])) {
                        let mut run = |sign: char| {
                            let mut taken = String::new();
                            while let Some(line) = lines.next_if(|line| line.starts_with(sign)) {
                                taken += &format!("{}\n", line.get(1..).unwrap());
                            }
                            taken
                        };
                        let (old, new) = (run('-'), run('+').replace("DIGITS", &self.digits));
                        self.edit(rest, &old, &new, story);
                    }
                }
                _ => panic!("{}: what is `{line}`?", story.display()),
            }
        }
    }

    fn edit(&mut self, path: &str, old: &str, new: &str, story: &Path) {
        let text = self
            .files(path)
            .iter()
            .find(|source| source.path == path)
            .map(|source| source.text.clone())
            .unwrap_or_default();
        if old.is_empty() {
            self.put(path, text + new);
            return;
        }
        assert_eq!(text.matches(old).count(), 1, "{}: {old} must be there once", story.display());
        self.put(path, text.replacen(old, new, 1));
    }

    fn put(&mut self, path: &str, text: String) {
        let files = self.files(path);
        files.retain(|source| source.path != path);
        files.push(Source { path: path.to_owned(), text });
    }

    fn files(&mut self, path: &str) -> &mut Vec<Source> {
        if path.starts_with("added/") { &mut self.added } else { &mut self.built_in }
    }
}

type Digests = BTreeMap<String, String>;

/// How each kind stands, what is kept, which controllers begin or end, and what is said.
fn tell(seen: &mut String, scene: &Scene, updated: &CatalogUpdate, before: &Digests) -> Digests {
    let now: Digests =
        updated.entries.iter().map(|(kind, entry)| (kind.clone(), entry.digest.clone())).collect();
    for (kind, entry) in &updated.entries {
        let standing = match entry.state {
            EntryState::InForce => "in force",
            EntryState::LastAccepted => "last accepted",
            EntryState::DeleteOnly => "delete only",
        };
        let built_in = if entry.built_in { ", built in" } else { "" };
        writeln!(seen, "{kind}: {standing} ({}, {}{built_in})", entry.name, entry.file).unwrap();
        let managed = updated
            .catalog
            .addons
            .get(&entry.name)
            .is_some_and(|addon| std::sync::Arc::ptr_eq(addon, &entry.addon));
        assert_eq!(managed, entry.state != EntryState::DeleteOnly, "{kind}");
        assert!(updated.catalog.apis.contains_key(&entry.addon.api.name), "{kind}");
        assert!(entry.built_in || updated.accepted.contains_key(kind), "{kind}");
    }
    let kept = updated
        .accepted
        .iter()
        .map(|(kind, form)| if form.superseded { format!("{kind} (superseded)") } else { kind.clone() });
    let changed =
        now.iter().filter(|(kind, one)| before.get(*kind) != Some(one)).map(|(kind, _)| kind.as_str());
    let ended = before.keys().filter(|kind| !now.contains_key(*kind)).map(String::as_str);
    for (what, which) in [
        ("kept", kept.collect::<Vec<_>>()),
        ("begins", changed.map(str::to_owned).collect()),
        ("ends", ended.map(str::to_owned).collect()),
    ] {
        if !which.is_empty() {
            writeln!(seen, "{what}: {}", which.join(", ")).unwrap();
        }
    }
    let sources: Vec<Source> = scene.built_in.iter().chain(&scene.added).cloned().collect();
    writeln!(seen, "{}", show(&updated.problems, &sources)).unwrap();
    now
}

fn stories() -> Vec<PathBuf> {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path().join("story.txt"));
    let mut stories: Vec<PathBuf> = folders.filter(|story| story.exists()).collect();
    stories.sort();
    stories
}

fn sources(folder: &Path) -> Vec<Source> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &PathBuf| format!("built-in/{}", path.file_name().unwrap().to_string_lossy());
    files.iter().map(|path| Source { path: name(path), text: fs::read_to_string(path).unwrap() }).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/catalog_update")
}
