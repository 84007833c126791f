//! Dispatches a request: authentication, limits and permissions first, then its operation.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::cloud::{Caller, Cloud};
use crate::operations;
use crate::operations::request::Request;
use crate::routes::Routed;
use crate::service::Refusal;

impl Cloud {
    /// Does what is asked, or says why not; and whether anything changed.
    pub(crate) fn perform(&mut self, call: &Call, routed: Option<&Routed>, caller: &Caller, request_id: &str) -> (Answer, bool) {
        if let Some(plain) = self.crud.answer(call) {
            return plain;
        }
        match self.attempt(call, routed, caller) {
            Ok(done) => {
                self.changed |= done.effect;
                (Answer::json(200, done.body), done.effect)
            }
            Err(refused) => {
                let dialect = self.service.dialect(&call.path);
                (Answer::refusal(&self.service, dialect, &refused, request_id), false)
            }
        }
    }

    fn attempt(&mut self, call: &Call, routed: Option<&Routed>, caller: &Caller) -> Outcome {
        self.advance();
        let now = self.now();
        let account = match caller {
            Caller::Refused => return Err(Refusal::NotConnected.into()),
            Caller::Nobody => None,
            Caller::Known(account) => Some(account.as_ref()),
        };
        let routed = routed.ok_or(Refusal::RouteNotFound)?;
        if account.is_none() && !routed.public {
            return Err(Refusal::NotConnected.into());
        }
        self.admit(account, routed.operation, now)?;
        self.permit(account, &routed.params)?;
        let query = call.query_pairs();
        let request = Request {
            operation: routed.operation,
            provider: routed.provider.as_deref(),
            params: &routed.params,
            query: &query,
            body: &call.body,
            account,
            now,
        };
        operations::perform(self, &request)
    }
}
