//! The description of one program: how to find, check and build it.

use crate::version::Version;

/// What has to be known about a program in order to find it, judge it and build it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version_arguments: &'static [&'static str],
    pub(crate) min_version: Version,
}
