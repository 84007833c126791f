//! The description of one program: how to find, check and build it.

use crate::version::Version;

/// A program of the control plane.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version_arguments: &'static [&'static str],
    pub(crate) min_version: Version,
}
