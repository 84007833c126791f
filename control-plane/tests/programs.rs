//! Selection of programs from the environment. The programs are scripts that only print a version.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn a_recent_program_in_the_assets_is_used() {
    let assets = folder_with("recent", "kubectl", "Client Version: v1.99.0");
    assert_eq!(ensured("kubectl", "KUBEBUILDER_ASSETS", &assets), [assets.join("kubectl")]);
    fs::remove_dir_all(assets).unwrap();
}

#[test]
fn an_old_program_is_ignored() {
    let old = folder_with("old", "kubectl", "Client Version: v1.9.0-distribution");
    assert_ne!(ensured("kubectl", "KUBEBUILDER_ASSETS", &old), [old.join("kubectl")]);
    assert_ne!(ensured("kubectl", "PATH", &old), [old.join("kubectl")]);
    fs::remove_dir_all(old).unwrap();
}

#[test]
fn a_recent_program_in_the_path_is_used() {
    let folder = folder_with("path", "etcd", "etcd Version: 3.99.0");
    assert_eq!(ensured("etcd", "PATH", &folder), [folder.join("etcd")]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_helm_has_its_own_major_version() {
    let folder = folder_with("helm", "helm", "v4.99.0+g0123456");
    let ensured = ensured("helm", "PATH", &folder);
    let is_ours = |path: &&PathBuf| **path == folder.join("helm");
    assert_eq!(ensured.iter().filter(is_ours).count(), 1, "helm 4 alone: {ensured:?}");
    assert!(ensured.iter().all(|path| path.is_file()), "{ensured:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn missing_programs_are_built_together_and_their_names_come_first() {
    let folder = folder_with("go", "go", "");
    let stub = r#"#!/bin/sh
case $1 in
list) printf 'k8s.io/kubernetes/cmd/kubectl\ttrue\tmain\t/\t\n' ;;
build)
    while [ "$1" != -o ]; do shift; done
    printf '%s\n' "$*" >"$2/arguments"
    touch "$2/server" "$2/kubectl"
    ;;
esac
"#;
    write(&folder.join("go"), stub);
    let cache = folder.join("cache");
    let output = run(&["etcd", "kubectl"], &[("PATH", &with_path(&folder)), ("XDG_CACHE_HOME", &cache)]);
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{messages}");
    assert!(messages.starts_with("control-plane: building etcd, kubectl from source, once\n"), "{messages}");
    assert!(messages.contains("control-plane: compiling 1 Go package"), "{messages}");
    let paths = paths(&output);
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths.iter().all(|path| path.starts_with(&cache) && path.is_file()), "{paths:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_failed_build_shows_what_go_says() {
    let folder = folder_with("broken", "go", "");
    write(&folder.join("go"), "#!/bin/sh\necho 'no space left' >&2\nexit 1\n");
    let cache = folder.join("cache");
    let output = run(&["kubectl"], &[("PATH", &with_path(&folder)), ("XDG_CACHE_HOME", &cache)]);
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && messages.contains("failed (exit status: 1):\nno space left\n"),
        "{messages}"
    );
    fs::remove_dir_all(folder).unwrap();
}

/// Returns the paths that `control-plane ensure PROGRAM` prints when `folder` comes first in `variable`.
fn ensured(program: &str, variable: &str, folder: &Path) -> Vec<PathBuf> {
    let value = if variable == "PATH" { with_path(folder) } else { folder.to_owned() };
    let output = run(&[program], &[(variable, &value)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    paths(&output)
}

fn run(programs: &[&str], variables: &[(&str, &PathBuf)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
    command.arg("ensure").args(programs).env_remove("KUBEBUILDER_ASSETS");
    command.envs(variables.iter().copied()).output().unwrap()
}

fn paths(output: &Output) -> Vec<PathBuf> {
    String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect()
}

fn with_path(folder: &Path) -> PathBuf {
    let mut value = folder.as_os_str().to_owned();
    value.push(":");
    value.push(std::env::var_os("PATH").unwrap_or_default());
    PathBuf::from(value)
}

fn folder_with(case: &str, program: &str, version: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("clever-programs-{case}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    write(&folder.join(program), &format!("#!/bin/sh\necho '{version}'\n"));
    folder
}

fn write(script: &Path, text: &str) {
    fs::write(script, text).unwrap();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
}
