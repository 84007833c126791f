//! Observe, plan, execute, report; controllers come and go with the catalog.
