//! The root folder of a container without a container engine: the program, what it is linked to, and what a
//! runtime adds. Nothing else is in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::program;

/// Where the program that puts the operator into its place lies, in the root; a container runtime would be
/// outside.
const RUNTIME: &str = ".runtime/setpriv";
/// The program, as the image has it.
const PROGRAM: &str = "/clever-operator";
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Lays out the root of an image that holds the program under test.
pub fn lay_out(root: &Path) {
    let _ = fs::remove_dir_all(root);
    fs::create_dir_all(root).unwrap();
    let program = root.join(PROGRAM.trim_start_matches('/'));
    // It is large; in another file system there is no way but to copy it.
    fs::hard_link(program::path(), &program)
        .or_else(|_| fs::copy(program::path(), &program).map(drop))
        .unwrap();
    libraries(program::path()).iter().for_each(|library| place(library, root));
    if Path::new(AUTHORITIES).is_file() {
        place(Path::new(AUTHORITIES), root);
    }
    let setpriv = find("setpriv");
    fs::create_dir_all(root.join(RUNTIME).parent().unwrap()).unwrap();
    fs::copy(&setpriv, root.join(RUNTIME)).unwrap();
    libraries(&setpriv).iter().for_each(|library| place(library, root));
    furnish(root);
}

/// Adds to an image's root what every runtime does: names. Nothing that could stand in for what the image
/// lacks.
pub fn furnish(root: &Path) {
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
    fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Lets a name mean this machine there.
pub fn name(root: &Path, host: &str) {
    let hosts = root.join("etc/hosts");
    let known = fs::read_to_string(&hosts).unwrap();
    fs::write(hosts, format!("{known}127.0.0.1 {host}\n")).unwrap();
}

/// The program in its root, as the user that the pod's security context names, without any privilege; ended
/// by the kernel with this process, but in an image's own root, which has nothing that could ask for it.
///
/// Who is not root is root in a name space of his own; there are no other users in it.
pub fn enter(root: &Path, security: &Value) -> Command {
    let id = |field: &str| security[field].as_u64().unwrap_or_else(|| panic!("no {field} in {security}"));
    let is_root = nix::unistd::geteuid().is_root();
    let mut command = Command::new(if is_root { "chroot" } else { "unshare" });
    if !root.join(RUNTIME).exists() {
        command.arg(format!("--userspec={}:{}", id("runAsUser"), id("runAsGroup"))).arg(root).arg(PROGRAM);
        return command;
    }
    if !is_root {
        command.args(["--map-root-user", "--root"]);
    }
    command.arg(root).arg(format!("/{RUNTIME}")).args(["--no-new-privs", "--pdeathsig", "KILL"]);
    if is_root {
        command.arg(format!("--reuid={}", id("runAsUser"))).arg(format!("--regid={}", id("runAsGroup")));
        command.args(["--clear-groups", "--inh-caps=-all"]);
    }
    command.args(["--", PROGRAM]);
    command
}

/// What a program is linked to; nothing where it is static.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.split_whitespace()
        .filter(|word| word.starts_with('/') && !word.ends_with(':'))
        .map(PathBuf::from)
        .collect()
}

fn place(file: &Path, root: &Path) {
    let target = root.join(file.strip_prefix("/").unwrap());
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::copy(file, target).unwrap();
}

fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no {program}"))
}
