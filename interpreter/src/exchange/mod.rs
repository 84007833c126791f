//! Requests to send, as the catalog writes them, and what their answers mean.
