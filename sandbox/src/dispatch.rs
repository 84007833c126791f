//! Dispatches a request: authentication, limits and permissions first, then its operation.

use crate::cloud::{Caller, Cloud};
use crate::operations;
use crate::operations::request::OperationRequest;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, OperationResult};
use crate::routes::RouteMatch;
use crate::service::ApiErrorKind;

impl Cloud {
    /// Does what is asked, or says why not; and whether anything changed.
    pub(crate) fn dispatch(
        &mut self,
        request: &ApiRequest,
        routed: Option<&RouteMatch>,
        caller: &Caller,
        request_id: &str,
    ) -> (ApiResponse, bool) {
        if let Some(response) = self.crud.answer(request) {
            return response;
        }
        match self.try_dispatch(request, routed, caller) {
            Ok(done) => {
                self.changed |= done.effect;
                (ApiResponse::json(200, done.body), done.effect)
            }
            Err(refused) => {
                let dialect = self.service.dialect(&request.path);
                (ApiResponse::error(&self.service, dialect, &refused, request_id), false)
            }
        }
    }

    fn try_dispatch(&mut self, request: &ApiRequest, routed: Option<&RouteMatch>, caller: &Caller) -> OperationResult {
        self.apply_due_migrations();
        let now = self.now();
        let account = match caller {
            Caller::Invalid => return Err(ApiErrorKind::NotConnected.into()),
            Caller::Anonymous => None,
            Caller::Account(account) => Some(account.as_ref()),
        };
        let routed = routed.ok_or(ApiErrorKind::RouteNotFound)?;
        if account.is_none() && !routed.public {
            return Err(ApiErrorKind::NotConnected.into());
        }
        self.check_rate_limits(account, routed.operation, now)?;
        self.authorize(account, &routed.params)?;
        let query = request.query_pairs();
        let request = OperationRequest {
            operation: routed.operation,
            provider: routed.provider.as_deref(),
            params: &routed.params,
            query: &query,
            body: &request.body,
            account,
            now,
        };
        operations::perform(self, &request)
    }
}
