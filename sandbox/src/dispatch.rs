//! Dispatches a request to its operation, after checking the caller, the rate limits and the permissions.

use crate::cloud::{Caller, Cloud};
use crate::operations;
use crate::operations::request::OperationRequest;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, OperationResult};
use crate::routes::RouteMatch;
use crate::service::ApiErrorKind;

impl Cloud {
    /// Performs a request. Returns the response, and whether the world changed.
    pub(crate) fn dispatch(
        &mut self,
        request: &ApiRequest,
        route: Option<&RouteMatch>,
        caller: &Caller,
        request_id: &str,
    ) -> (ApiResponse, bool) {
        if let Some(response) = self.crud.handle(request) {
            return response;
        }
        match self.try_dispatch(request, route, caller) {
            Ok(output) => {
                self.changed |= output.effect;
                (output.response, output.effect)
            }
            Err(error) => {
                let dialect = self.service.dialect(&request.path);
                (ApiResponse::error(&self.service, dialect, &error, request_id), false)
            }
        }
    }

    fn try_dispatch(
        &mut self,
        request: &ApiRequest,
        route: Option<&RouteMatch>,
        caller: &Caller,
    ) -> OperationResult {
        self.apply_due_migrations();
        let now = self.now();
        let account = match caller {
            Caller::Invalid => return Err(ApiErrorKind::NotConnected.into()),
            Caller::Anonymous => None,
            Caller::Account(account) => Some(account.as_ref()),
        };
        let route = route.ok_or(ApiErrorKind::RouteNotFound)?;
        if account.is_none() && !route.public {
            return Err(ApiErrorKind::NotConnected.into());
        }
        self.check_rate_limits(account, route.operation, now)?;
        self.authorize(account, &route.params)?;
        let query = request.query_pairs();
        let request = OperationRequest {
            operation: route.operation,
            provider: route.provider.as_deref(),
            page: route.page.as_ref(),
            params: &route.params,
            query: &query,
            body: &request.body,
            account,
            now,
        };
        operations::perform(self, &request)
    }
}
