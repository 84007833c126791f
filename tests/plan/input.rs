//! Files that the command cannot use: it says so, and does not exit with the code of a plan with changes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use harness::program;

#[test]
fn an_unusable_file_is_an_error_with_its_place() {
    for (text, words) in [
        ("kind: [A\napiVersion: v1\n", "this is no valid YAML: "),
        ("kind: A\napiVersion: v1\n---\nname: b\n", "document 2 is no manifest, because it has no `kind`"),
        ("# nothing\n", "the files have no manifest"),
    ] {
        let mut command = Command::new(program::path());
        command.args(["plan", "--filename", "-"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.starts_with("error: ") && said.contains(words), "{said}");
    }
}
