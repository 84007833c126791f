//! Selection of programs from the environment. The programs are scripts that only print a version.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_recent_program_in_the_assets_is_used() {
    let assets = folder_with("recent", "kubectl", "Client Version: v1.99.0");
    assert!(ensured("KUBEBUILDER_ASSETS", &assets).contains(&assets.join("kubectl")));
    fs::remove_dir_all(assets).unwrap();
}

#[test]
fn an_old_program_is_ignored() {
    let old = folder_with("old", "kubectl", "Client Version: v1.9.0-distribution");
    assert!(!ensured("KUBEBUILDER_ASSETS", &old).contains(&old.join("kubectl")));
    assert!(!ensured("PATH", &old).contains(&old.join("kubectl")));
    fs::remove_dir_all(old).unwrap();
}

#[test]
fn a_recent_program_in_the_path_is_used() {
    let folder = folder_with("path", "etcd", "etcd Version: 3.99.0");
    assert!(ensured("PATH", &folder).contains(&folder.join("etcd")));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_helm_has_its_own_major_version() {
    let folder = folder_with("helm", "helm", "v4.99.0+g0123456");
    let ensured = ensured("PATH", &folder);
    let is_ours = |path: &&PathBuf| **path == folder.join("helm");
    assert_eq!(ensured.iter().filter(is_ours).count(), 1, "helm 4 alone: {ensured:?}");
    assert!(ensured.iter().all(|path| path.is_file()), "{ensured:?}");
    fs::remove_dir_all(folder).unwrap();
}

/// Returns the programs that `control-plane ensure` finds when `folder` comes first in `variable`.
fn ensured(variable: &str, folder: &Path) -> Vec<PathBuf> {
    let mut value = folder.as_os_str().to_owned();
    if variable == "PATH" {
        value.push(":");
        value.push(std::env::var_os("PATH").unwrap_or_default());
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
    command.arg("ensure").env_remove("KUBEBUILDER_ASSETS").env(variable, value);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect()
}

fn folder_with(case: &str, program: &str, version: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("clever-programs-{case}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(program);
    fs::write(&path, format!("#!/bin/sh\necho '{version}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
