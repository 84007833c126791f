//! What is in the image works where the deployment puts it. There is no container engine here: its root is a
//! folder, and its container a process that sees nothing else.

use std::env;
use std::path::PathBuf;

use clever_sandbox::{Config, Sandbox};

use super::commands;
use super::installation::{DEPLOYMENT, HERE, MANIFEST, configured, kubectl};
use harness::examples::PATIENCE;
use harness::{Cluster, Pod, block_on};

#[test]
#[ignore = "needs the root of the image, and to be root: scripts/image/check.sh has both"]
fn the_image_runs_as_nobody_in_an_otherwise_empty_root_and_makes_a_database() {
    let root = PathBuf::from(
        env::var_os("IMAGE_ROOT").expect("scripts/image/check.sh says where the image's root is"),
    );
    block_on(async {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let cluster = Cluster::connect().await;
        kubectl(&["apply", "-f", MANIFEST]);
        configured(&sandbox.url().replace("127.0.0.1", "localhost"));
        let deployment = cluster.get(DEPLOYMENT).await.unwrap();
        let pod = Pod::start_image(&cluster, &deployment, &root, &HERE).await;
        pod.until("livenessProbe").await;
        pod.until("readinessProbe").await;
        assert!(!pod.log().contains("CA root certificate"), "it knows whom to trust: {}", pod.log());
        kubectl(&["apply", "-f", "examples/postgresql.yaml"]);
        kubectl(&["wait", "--for=condition=Ready", PATIENCE, "-f", "examples/postgresql.yaml"]);
        kubectl(&["delete", PATIENCE, "-f", "examples/postgresql.yaml"]);
    });
}

#[test]
#[ignore = "needs what `make build` makes, in minutes: scripts/image/check.sh has it"]
fn built_from_source_it_is_where_the_page_starts_it() {
    let said = commands::run("target/release/clever-operator");
    assert_eq!(said, [format!("clever-operator {}\n", env!("CARGO_PKG_VERSION"))]);
}
