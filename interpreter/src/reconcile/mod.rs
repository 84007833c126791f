//! One reconciliation without I/O.
//!
//! A driver observes (`Subject`, `Observations`), asks the `Machine` for the next `Effect`, performs it, and
//! feeds the outcome back, until the effect is to wait. `CloudCall` turns a step at the cloud into the requests
//! of the catalog, and their answers into an outcome. The operator, the simulation of `catalog render` and
//! `catalog test`, and the simulated world of the tests are such drivers.
//!
//! Not here: any wait, clock or request.

mod access;
mod addon_name;
mod adoption;
mod asked_accounts;
mod cloud_call;
mod cloud_request;
mod cloud_state;
mod conditions;
mod current_secret;
mod desired;
mod desired_secret;
mod earlier;
mod effect;
mod held_secret;
mod judgement;
mod kind;
mod list_history;
mod listing;
mod machine;
mod marked_resource;
mod marking;
mod marking_policy;
mod marks;
mod observations;
mod observed_namespace;
mod progress;
mod protection;
mod record_keys;
mod reserved_secret;
mod schedule;
mod sent_digests;
mod status;
mod subject;
mod target;
mod tenants;
mod whole_list;

pub use access::{CredentialsState, elsewhere};
pub use addon_name::{NamedResource, named_resource};
pub use adoption::AdoptionRules;
pub use cloud_call::CloudCall;
pub use cloud_request::{Answer, AnswerCache, CloudRequest, accepts, refused, unreadable};
pub use cloud_state::{CloudState, Judged};
pub use current_secret::has_current_secret;
pub use effect::{Effect, Permit, Prerequisite};
pub use held_secret::{HeldSecret, Reservation, SecretRead};
pub use kind::ManagedKind;
pub use list_history::ListHistory;
pub use listing::uids;
pub use machine::{Identity, Inputs, Machine, OBSERVE_RETRY_INTERVAL};
pub use marked_resource::MarkedResource;
pub use marking_policy::MarkingPolicy;
pub use marks::{WholeMarks, marked};
pub use observations::{Lookup, Observations, Observed};
pub use observed_namespace::ObservedNamespace;
pub use protection::{FinalizerUpdate, finalizer_update};
pub use record_keys::{KEY_LEN, RECORD_CODE, RecordKeys, RecordOwner};
pub use status::{not_managed_status, ready_reason, set_identity, status_retry};
pub use subject::{ObjectParts, ObjectView, Subject};
pub use tenants::{ANY, Tenants};
pub use whole_list::{WholeList, entries};
