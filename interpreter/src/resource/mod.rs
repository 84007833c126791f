//! Custom resources: desired fields, drift, Secret, status.
//!
//! Not here: the time at which any of it is applied (`plan`), and the requests built from it (`exchange`).

mod ability;
mod account;
mod as_written;
mod choice;
mod comparison;
mod desire;
mod difference;
mod ignored_field;
mod kept_values;
mod needs;
mod observed_spec;
mod price;
mod refusal;
mod secret;
mod secret_due;
mod secret_metadata;
mod secret_shape;
mod secret_template;
mod secret_type;
mod sent;
mod status;

pub use ability::lacking;
pub(crate) use account::captured;
pub use account::{account, account_fields, known, lacks_account};
pub use comparison::{Comparison, Sources, compare, differences};
pub use desire::{Desire, Desired, Stage, desire};
pub use difference::reads_needed;
pub use ignored_field::ignored_messages;
pub use kept_values::with_kept_values;
pub(crate) use needs::needs_outputs;
pub use needs::{changes_listed, compares_listed, needs_offer, observes_outputs};
pub use observed_spec::{ObservedSpec, UnknownField, observed_spec};
pub use price::{Prices, prices};
pub use refusal::Refused;
pub use secret::{Secret, secret};
pub use secret_due::{SecretDue, secret_due};
pub use secret_metadata::{MANAGED_BY, MANAGER, MAX_ANNOTATION_LEN, MAX_METADATA, OWNER, SecretMetadata};
pub use secret_shape::{CONNECTION_SECRET, MAX_KEYS, MAX_TEMPLATES, RESERVED_NAMES, SecretShape};
pub use secret_template::{MAX_TEMPLATE_LEN, MAX_VALUE_LEN};
pub use secret_type::{OPAQUE, TYPE_PATTERN};
pub use sent::{Digests, confidential_paths};
pub use status::{Facets, connection, id_fields, identity, reached, shape, status};
