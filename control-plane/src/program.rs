//! The properties of a program that are needed to find, check and build it.

use crate::version::Version;

/// A program of the control plane.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Go package to build.
    pub(crate) package: &'static str,
    /// Arguments that print the version.
    pub(crate) version_arguments: &'static [&'static str],
    /// Oldest version that the tests support.
    pub(crate) min_version: Version,
}
