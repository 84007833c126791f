//! Sends one signed request to a cloud and brings back what was answered. Knows no add-on.
