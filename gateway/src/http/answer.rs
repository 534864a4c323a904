//! What goes back: JSON, problems (RFC 9457), and what browsers of other websites may see.

use super::app::App;
use crate::fault::Fault;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, ORIGIN,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};
use serde::Serialize;
use std::sync::Arc;

/// RFC 9457.
const PROBLEM: &str = "application/problem+json";

/// A success as JSON, not to be kept by anyone on the way.
pub(crate) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => bytes(text),
        Err(_) => Fault::new(5005, "the answer could not be written").into_response(),
    }
}

/// The same, already written.
pub(crate) fn bytes(text: impl Into<Bytes>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, Body::from(text.into())).into_response()
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        crate::metrics::error(self.number);
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [(CONTENT_TYPE, PROBLEM), (CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, self.problem()).into_response();
        let retry_s = self.retry_ms.map(|ms| ms.div_ceil(1_000));
        let retry_s = retry_s.or_else(|| matches!(self.number, 5001 | 5002 | 5004 | 5011 | 5012).then_some(1));
        if let Some(retry_s) = retry_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_s));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Browsers say which website asks. One that is not on the list is refused, one that is may read.
pub(crate) async fn cross_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(ORIGIN).cloned() else {
        return plain(next.run(request).await);
    };
    if let Err(fault) = app.shared.check_origin(origin.to_str().unwrap_or_default()) {
        return plain(fault.into_response());
    }
    let asks_first = request.method() == Method::OPTIONS;
    let mut response = if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After"));
    if asks_first {
        let allowed =
            HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID");
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    plain(response)
}

fn plain(response: Response) -> Response {
    let mut response = numbered(response);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What the router refuses by itself, which is an address that is not text, gets its number too.
fn numbered(response: Response) -> Response {
    let is_ours = response.headers().get(CONTENT_TYPE).is_some_and(|found| found == PROBLEM);
    if response.status() == StatusCode::BAD_REQUEST && !is_ours {
        return Fault::new(1007, "the address is not UTF-8 text").into_response();
    }
    response
}

/// The address is known, the method is not.
pub(crate) async fn wrong_method(request: Request) -> Response {
    let mut response = Fault::new(1015, format!("{} is not possible here", request.method())).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// There is no such address.
pub(crate) async fn nothing_here() -> Response {
    Fault::new(1015, "there is nothing at this address").into_response()
}
