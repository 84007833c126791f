//! The unit of time used throughout the sandbox.

/// A point in time, in milliseconds since 1970-01-01 UTC, or a duration in milliseconds.
pub(crate) type Millis = u64;
