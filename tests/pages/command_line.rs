//! `docs/cli.md` lists the commands and the options of the program with their help, and no others; the pages
//! name no other commands; and each help text begins with a verb.
use std::fs;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};
use clever_operator::cli::Arguments;

const PAGE: &str = "docs/cli.md";

/// Verbs that help texts begin with.
const VERBS: &str = "Add Check Create Deny Describe Explain Give Include Inspect Leave List Log Manage Name Prepare Print \
                     Put Read Render Report Run Show Test Treat Use Write Connect";

#[test]
fn the_page_lists_the_commands() {
    same("## Commands", &all().iter().map(of_command).collect::<Vec<_>>());
}

#[test]
fn the_page_lists_the_options() {
    same("## Options", &of_arguments(&Arguments::command(), None));
}

#[test]
fn the_page_lists_the_options_of_each_command() {
    let all = all();
    let rows = all.iter().skip(1).flat_map(|(path, command)| of_arguments(command, Some(path)));
    same("## Options of commands", &rows.collect::<Vec<_>>());
}

#[test]
fn every_help_text_begins_with_a_verb() {
    let mut texts = Vec::new();
    for (path, command) in all() {
        texts.push((path.clone(), command.get_about().expect("a text about each command").to_string()));
        for argument in command.get_arguments() {
            let place = format!("{path}: {}", argument.get_id());
            texts.push((place.clone(), argument.get_help().expect("a help text").to_string()));
            let values = argument.get_possible_values();
            let helps = values.iter().filter_map(|value| Some(value.get_help()?.to_string()));
            texts.extend(helps.map(|help| (place.clone(), help)));
        }
    }
    assert!(texts.len() > 40, "the help texts were not found: {texts:?}");
    let verb = |text: &str| VERBS.split_whitespace().any(|verb| text.split([' ', ':']).next() == Some(verb));
    let wrong: Vec<_> = texts.iter().filter(|(_, text)| !verb(text)).collect();
    assert!(wrong.is_empty(), "begin with a verb, and add it to VERBS: {wrong:#?}");
    let long = texts.iter().filter(|(_, text)| text.ends_with('.')).collect::<Vec<_>>();
    assert!(long.is_empty(), "a help text has no full stop at its end: {long:#?}");
}

#[test]
fn the_pages_name_commands_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let below = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages =
        below.filter(|path| path.is_file()).chain(["README.md", "CHANGELOG.md"].map(|page| root.join(page)));
    let (mut calls, mut wrong) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let typed = text.lines().filter_map(|line| line.strip_prefix("$ "));
        for call in quoted.chain(typed).filter_map(|call| call.strip_prefix("clever-operator ")) {
            calls += 1;
            let unknown = unknown_word(&Arguments::command(), call);
            wrong.extend(unknown.map(|word| format!("{}: `{word}` in `{call}`", page.display())));
        }
    }
    assert!(calls > 20, "the calls were not found: {calls}");
    assert!(wrong.is_empty(), "no such command:\n  {}\n", wrong.join("\n  "));
}

/// Returns the first word of a call that should be a command and is none.
fn unknown_word(command: &Command, call: &str) -> Option<String> {
    let mut command = command;
    for word in call.split_whitespace() {
        let is_placeholder = word.chars().all(char::is_uppercase);
        if !command.has_subcommands() || word.starts_with('-') || is_placeholder {
            return None;
        }
        let Some(below) = command.find_subcommand(word) else { return Some(word.to_owned()) };
        command = below;
    }
    None
}

/// Returns every command with its path, the program first.
fn all() -> Vec<(String, Command)> {
    fn add(path: String, command: &Command, found: &mut Vec<(String, Command)>) {
        found.push((path.clone(), command.clone()));
        for below in command.get_subcommands() {
            add(format!("{path} {}", below.get_name()), below, found);
        }
    }
    let mut found = Vec::new();
    add("clever-operator".to_owned(), &Arguments::command(), &mut found);
    assert!(found.len() > 15, "the commands were not found: {}", found.len());
    found
}

fn of_command((path, command): &(String, Command)) -> String {
    let aliases: Vec<_> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    row(&[format!("`{path}`"), aliases.join(", "), command.get_about().unwrap().to_string()])
}

fn of_arguments(command: &Command, path: Option<&String>) -> Vec<String> {
    let cells = |argument: &Arg| {
        let path = path.map(|path| format!("`{path}`"));
        path.into_iter().chain([name(argument), argument.get_help().unwrap().to_string()]).collect::<Vec<_>>()
    };
    command.get_arguments().map(|argument| row(&cells(argument))).collect()
}

fn name(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("`-{short}`"));
    let long = argument.get_long().map(|long| format!("`--{long}`"));
    let names: Vec<_> = short.into_iter().chain(long).collect();
    if names.is_empty() {
        return format!("`{}`", argument.get_id().as_str().to_uppercase());
    }
    names.join(", ")
}

fn row(cells: &[String]) -> String {
    cells.iter().map(|cell| format!("| {cell} ")).collect::<String>() + "|"
}

/// Compares the table below a heading with these rows, in both directions.
fn same(heading: &str, rows: &[String]) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let section = page.split(&format!("{heading}\n")).nth(1).unwrap_or_default();
    let table = section.lines().take_while(|line| !line.starts_with("## "));
    let listed: Vec<_> =
        table.filter(|line| line.starts_with('|')).skip(2).map(|line| line.replace("| |", "|  |")).collect();
    assert!(listed == rows, "{PAGE}, {heading}; its rows are:\n{}\n", rows.join("\n"));
}
