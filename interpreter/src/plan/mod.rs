//! Decides the one next step for a custom resource: never two add-ons, never none.
