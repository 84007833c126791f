//! Calls of a command, with the credentials of the sandbox account.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::kinds::documents;
use super::{PLANE, World, program};

/// Outcome of a call.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Calls a command about the kinds of a world, as an administrator of the cluster.
pub fn call(world: &World, arguments: &[&str]) -> Said {
    call_with(world, PLANE.kubeconfig(), world.catalog(), arguments)
}

pub fn call_with(world: &World, kubeconfig: &Path, catalog: Option<&Path>, arguments: &[&str]) -> Said {
    let mut command = Command::new(program::path());
    command.args(arguments).arg("--kubeconfig").arg(kubeconfig);
    if let Some(catalog) = catalog {
        command.arg(format!("--catalog={}", catalog.display())).arg("--without-built-in");
    }
    let credentials = [
        ("ENDPOINT", world.cloud.url()),
        ("TOKEN", "demo-token"),
        ("SECRET", "demo-secret"),
        ("CONSUMER_KEY", "demo-consumer"),
        ("CONSUMER_SECRET", "demo-consumer-secret"),
    ];
    for (name, value) in credentials {
        command.env(format!("CLEVER_OPERATOR_API_{name}"), value);
    }
    command.env("RUST_LOG", "error");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// The objects of a YAML stream, with the comments before each.
    pub fn objects(&self) -> Vec<(String, Value)> {
        assert_eq!(self.code, 0, "{self:?}");
        let all = self.out.split("\n---\n").zip(documents(&self.out));
        all.map(|(text, object)| (text.to_owned(), object)).filter(|(_, object)| !object.is_null()).collect()
    }
}

/// Asserts that commands have read the cluster and the cloud, and written nothing.
pub async fn only_read(world: &World, since: u64) {
    let log = world.cloud.log(since).await;
    assert!(!log.is_empty() && log.iter().all(|entry| entry["method"] == "GET"), "{log:#?}");
}
