//! The commands of the public documentation page, run as they are written there: see `commands.txt`.

use std::process::Command;

use harness::PLANE;

/// A command, and what becomes of it here.
struct Line<'a> {
    command: &'a str,
    is_run: bool,
    replacements: Vec<(&'a str, &'a str)>,
}

/// Runs those that can be run here and begin so, in their order, in the repository's folder. Returns what
/// each says.
pub(super) fn run(beginning: &str) -> Vec<String> {
    let lines = include_str!("commands.txt").split("\n\n").filter_map(parse);
    let said: Vec<_> = lines
        .filter(|line| line.is_run && line.command.starts_with(beginning))
        .map(|line| line.run())
        .collect();
    assert!(!said.is_empty(), "no command begins with `{beginning}`");
    said
}

fn parse(block: &str) -> Option<Line<'_>> {
    let mut lines = block.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let command = lines.next()?;
    let notes: Vec<_> = lines.map(|line| line.strip_prefix("  ").unwrap()).collect();
    let is_run = notes.contains(&"run");
    assert!(
        is_run || notes.iter().any(|note| note.starts_with("not run: ")),
        "`{command}` is neither run nor explained"
    );
    let replacements =
        notes.iter().filter_map(|note| note.strip_prefix("replace: ")?.split_once(" = ")).collect();
    Some(Line { command, is_run, replacements })
}

impl Line<'_> {
    fn run(&self) -> String {
        let text =
            self.replacements.iter().fold(self.command.to_owned(), |text, (from, to)| text.replace(from, to));
        let folder = PLANE.programs().kubectl.parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command
            .args(["-c", &text])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PATH", path)
            .env("KUBERC", "off");
        command
            .env("KUBECONFIG", PLANE.kubeconfig())
            .env("KUBECACHEDIR", PLANE.kubeconfig().with_extension("cache"));
        let output = command.output().unwrap();
        let [said, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        // A warning would be about what a newer or stricter cluster refuses.
        assert!(output.status.success() && complaint.is_empty(), "{text}: {complaint}");
        said
    }
}
