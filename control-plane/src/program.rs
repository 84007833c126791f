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

impl Program {
    /// Returns the name that `go build` gives to the executable: the last element of the package that is not
    /// a major version.
    pub(crate) fn executable(&self) -> &'static str {
        let is_version =
            |element: &str| element.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
        self.package.rsplit('/').find(|element| !is_version(element)).unwrap_or(self.package)
    }
}

/// Variant of the programs that must be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// As in a release.
    Full,
    /// In less than half the time: without optimization, and with only the controllers that the control plane
    /// needs instead of kube-controller-manager.
    Light,
}
