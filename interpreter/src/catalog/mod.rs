//! YAML in, a checked and compiled catalog out, with every problem located.
