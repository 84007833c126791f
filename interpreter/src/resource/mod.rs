//! What a custom resource asks for, and what it is told: desired fields, Secret, status.
