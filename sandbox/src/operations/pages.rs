//! Responses that are templates.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{ApiError, ApiResponse, OperationOutput, OperationResult, ResponseBody};
use crate::service::{ApiErrorKind, Page};
use crate::template::{TemplateValues, render, to_text};

/// Renders the page of a request. Its template can name the parameters of the path, the caller, and all values
/// of the add-on.
pub(crate) fn page(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let page = request.page.ok_or(ApiErrorKind::RouteNotFound)?;
    if !page.renews.is_empty() {
        let id = live_mut(cloud, request)?.id.clone();
        let Cloud { service, world, .. } = cloud;
        world.renew(service, &id, &page.renews);
    }
    let response = respond(page, &values(cloud, request)?);
    Ok(OperationOutput { response, effect: page.effect || !page.renews.is_empty() })
}

fn values(cloud: &Cloud, request: &OperationRequest<'_>) -> Result<TemplateValues, ApiError> {
    let mut values = match request.params.contains_key("id") || request.params.contains_key("real") {
        true => cloud.views(request.now).values(live(cloud, request)?),
        false => TemplateValues::new(),
    };
    values.extend(request.params.iter().map(|(name, value)| (format!("path:{name}"), value.clone().into())));
    let user = request.account.map(|account| &account.user);
    let caller = json!({
        "user:id": user.map(|user| &user.id), "user:email": user.map(|user| &user.email),
        "user:name": user.map(|user| &user.name), "seconds": request.now / 1000,
    });
    values.extend(caller.as_object().cloned().unwrap_or_default());
    Ok(values)
}

fn respond(page: &Page, values: &TemplateValues) -> ApiResponse {
    match (&page.content_type, render(&page.body, values)) {
        (_, Value::Null) => ApiResponse::empty(200),
        (None, body) => ApiResponse::json(200, body),
        (Some(kind), body) => ApiResponse {
            status: 200,
            content_type: Some(kind.clone()),
            body: ResponseBody::Text(to_text(&body)),
        },
    }
}
