//! The program under test, and the folder of a test binary's files.
//!
//! Cargo names both to the test binary alone (`CARGO_BIN_EXE_…`, `CARGO_TARGET_TMPDIR`), so the harness derives
//! them from the path of the binary: `target/<profile>/deps/<suite>-<hash>`.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static TEST_BINARY: LazyLock<PathBuf> = LazyLock::new(|| env::current_exe().unwrap());

/// Returns the operator's binary, which Cargo builds before it runs the tests of the root package.
pub fn path() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = profile_folder().join("clever-operator");
        assert!(program.is_file(), "build the operator first: cargo build ({})", program.display());
        program
    });
    &PROGRAM
}

/// Returns the folder in which the running test binary leaves its files.
pub fn test_folder() -> PathBuf {
    let name = TEST_BINARY.file_stem().unwrap().to_str().unwrap();
    let suite = name.rsplit_once('-').map_or(name, |(suite, _hash)| suite);
    profile_folder().parent().unwrap().join("tmp").join(suite)
}

fn profile_folder() -> &'static Path {
    TEST_BINARY.ancestors().nth(2).unwrap()
}
