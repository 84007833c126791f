//! Requests of a step at the cloud, the caches that may have their answers, and the outcome of a refusal.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::catalog::{self, Request};
use crate::exchange::{Redactor, Refusal, Unreadable};
use crate::plan::{Reason, StepOutcome};
use crate::reconcile::marks::WholeMarks;
use crate::reconcile::whole_list::WholeList;

/// Request of a step.
#[derive(Clone, Copy, Debug)]
pub struct CloudRequest<'a> {
    /// The operation's name in the catalog; the error table may refer to it.
    pub operation: &'a str,
    /// The change that a read belongs to: recorded answers are named by both.
    pub change: Option<&'a str>,
    /// The request may have an effect.
    pub writes: bool,
    /// The request, as the catalog describes it.
    pub request: &'a Request,
    /// The read, if absence of the object may be a valid answer.
    pub(super) optional: Option<&'a catalog::Read>,
    /// The mark that the request sets or removes.
    pub(super) mark: Option<&'a str>,
    /// The cache that may have the answer already.
    pub cache: AnswerCache,
}

/// Cache of answers that resources share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerCache {
    /// The answer concerns one resource.
    None,
    /// A list of the account that was sent at this time or later.
    List {
        /// The earliest time at which the list may have been sent.
        sent_after: Duration,
    },
    /// Marks of the account that were read at this time or later.
    Marks {
        /// The earliest time at which the request may have been sent.
        sent_after: Duration,
    },
    /// The answer is an offer.
    Offer {
        /// The position of the offer in the catalog entry.
        index: usize,
        /// The age after which the offer is read again.
        fresh: Duration,
    },
    /// The accounts that the credentials see.
    Accounts {
        /// The age after which they are read again.
        fresh: Duration,
    },
}

/// Answer to a request of a step.
pub enum Answer {
    /// The body of a success; null when it is empty.
    Body(Value),
    /// A shared answer; `None` if the object is absent.
    Shared(Option<Arc<Value>>),
    /// A list of the whole account.
    List(Arc<WholeList>),
    /// The marks of the whole account.
    Marks(Arc<WholeMarks>),
}

impl<'a> CloudRequest<'a> {
    /// Returns the request of a read that accepts that the object is absent, if the catalog says so. Other
    /// reads do not: absence of the add-on itself, of its outputs or of a change in progress decides what is
    /// done next.
    pub(super) fn optional(read: &'a catalog::Read) -> Self {
        Self { optional: Some(read), ..Self::read(read) }
    }

    pub(super) fn read(read: &'a catalog::Read) -> Self {
        Self {
            operation: &read.name,
            change: None,
            writes: false,
            request: &read.request,
            optional: None,
            mark: None,
            cache: AnswerCache::None,
        }
    }

    pub(super) fn write(operation: &'a str, request: &'a Request) -> Self {
        let (optional, mark, cache) = (None, None, AnswerCache::None);
        Self { operation, change: None, writes: true, request, optional, mark, cache }
    }

    /// Returns true when the outcome means that the object is absent, and the read accepts that.
    pub fn accepts(&self, outcome: &StepOutcome) -> bool {
        self.optional.is_some_and(|read| accepts(read, outcome))
    }
}

impl Answer {
    pub(super) fn into_shared(self) -> Option<Arc<Value>> {
        match self {
            Self::Body(body) => Some(Arc::new(body)),
            Self::Shared(shared) => shared,
            Self::List(_) | Self::Marks(_) => None,
        }
    }
}

/// Returns true when the outcome of a read means that the object is absent, and the read accepts that: some
/// clouds refuse to show an object that they do not have.
pub fn accepts(read: &catalog::Read, outcome: &StepOutcome) -> bool {
    let absent = matches!(
        outcome,
        StepOutcome::NotFound
            | StepOutcome::Rejected { reason: Reason::Rejected | Reason::OrganisationNotFound, .. }
    );
    absent && read.may_be_missing
}

/// Returns the outcome of a request that the cloud has refused. Its message has no secret of `redactor`, and quotes
/// nothing without one.
pub fn refused(refusal: &Refusal, retry_after: Option<Duration>, redactor: Option<&Redactor>) -> StepOutcome {
    use catalog::Meaning;
    let message = refusal.message.text(redactor);
    let message = match &refusal.help {
        Some(help) => format!("{message}. {help}"),
        None => message,
    };
    let reason = refusal.reason.as_deref().and_then(Reason::named);
    let rejected =
        |default| StepOutcome::Rejected { reason: reason.unwrap_or(default), message: message.clone() };
    match refusal.meaning {
        Meaning::Throttled => StepOutcome::Throttled { after: retry_after, message },
        Meaning::Unavailable => StepOutcome::Unavailable(message),
        Meaning::Ambiguous => StepOutcome::Ambiguous(message),
        Meaning::Rejected => rejected(Reason::Rejected),
        Meaning::Unauthorized => rejected(Reason::CredentialsInvalid),
        Meaning::NotFound => StepOutcome::NotFound,
    }
}

/// Returns the outcome of a read whose answer does not match the catalog.
pub fn unreadable(why: Unreadable) -> StepOutcome {
    StepOutcome::Unavailable(why.to_string())
}
