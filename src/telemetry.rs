//! Logs, metrics and health, as seen from outside.
