//! Reads and checks the configuration: files, environment, flags.
