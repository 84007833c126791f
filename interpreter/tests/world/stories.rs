//! The named stories.
