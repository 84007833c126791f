//! Watches, reads and writes in Kubernetes, and holds the lease. Knows no add-on and no cloud.
