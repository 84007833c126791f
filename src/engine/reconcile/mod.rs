//! Reconciliation of one resource: observe, plan, execute, report.

pub(super) mod cloud_reads;
pub(super) mod cloud_writes;
pub(super) mod conditions;
pub(super) mod credentials_check;
pub(super) mod desired;
pub(super) mod dry_run;
pub(super) mod execute;
pub(super) mod metadata;
pub(super) mod observe;
pub(super) mod other_claims;
pub(super) mod outcome;
pub(super) mod reconciliation;
pub(super) mod secret;
pub(super) mod secret_watch;
pub(super) mod status;
