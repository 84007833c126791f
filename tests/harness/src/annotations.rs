//! The annotations of the operator, written out so that a change of a public name is seen.

/// The operator's own record of an add-on.
pub const RECORD: &str = "operator.clever-cloud.com/record";
/// The authentication code of the record.
pub const RECORD_CODE: &str = "operator.clever-cloud.com/record-code";
/// Confirms that a vanished add-on is created again, empty.
pub const CONFIRM_RECREATE: &str = "operator.clever-cloud.com/confirm-recreate";
/// Confirms that an add-on of the same name belongs to the resource.
pub const CONFIRM_CLAIM: &str = "operator.clever-cloud.com/confirm-claim";
/// The installation that manages the kind of a CRD.
pub const CLAIM: &str = "operator.clever-cloud.com/installation";
/// Says whether the deletion of a resource, or of all resources of a namespace, deletes the add-on.
pub const DELETION_POLICY: &str = "operator.clever-cloud.com/deletion-policy";
/// Protects a resource, or all resources of a namespace, from deletion.
pub const DELETION_PROTECTION: &str = "operator.clever-cloud.com/deletion-protection";
/// Names an existing add-on by one of its ids.
pub const EXTERNAL_ID: &str = "operator.clever-cloud.com/external-id";
/// Names an existing add-on by its name at the cloud.
pub const EXTERNAL_NAME: &str = "operator.clever-cloud.com/external-name";
/// Says what happens with that add-on.
pub const ADOPTION: &str = "operator.clever-cloud.com/adoption";
/// Says whether the operator may write to the cloud.
pub const MANAGEMENT: &str = "operator.clever-cloud.com/management";
/// Confirms that an adopted add-on is changed to what the spec says.
pub const CONFIRM_APPLY: &str = "operator.clever-cloud.com/confirm-apply";
/// Confirms that an add-on that drifted is changed back.
pub const CONFIRM_DRIFT: &str = "operator.clever-cloud.com/confirm-drift";
/// Says what happens when another client changes the add-on.
pub const DRIFT: &str = "operator.clever-cloud.com/drift";
/// Stops the operator from writing anything.
pub const PAUSED: &str = "operator.clever-cloud.com/paused";
/// Has a resource reconciled at once.
pub const RECONCILE_REQUESTED_AT: &str = "operator.clever-cloud.com/reconcile-requested-at";
/// Sets the interval at which a resource is compared with the cloud.
pub const POLL_INTERVAL: &str = "operator.clever-cloud.com/poll-interval";
