//! The embedded pages over HTTP, with their caching and what they may load.

use super::answer;
use crate::fault::Fault;
use crate::pages::{self, Page};
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};

/// Pages load from this server only. Styles may stand in the page: error pages and shadow roots have them.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

pub(crate) async fn page(request: Request) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match pages::find(request.uri().path()) {
        Some(page) if reads => send(page, request.headers()),
        _ => answer::nothing_here().await,
    }
}

pub(crate) async fn error(Path(number): Path<String>, headers: HeaderMap) -> Response {
    match pages::error(&number) {
        Some(page) => send(page, &headers),
        None => Fault::new(1015, "there is no error with this number").into_response(),
    }
}

fn send(page: &'static Page, headers: &HeaderMap) -> Response {
    let same = is_match(headers, &page.etag);
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(page.content.clone()).into_response() };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(CONTENT_TYPE, page.content_type);
    put(ETAG, &page.etag);
    // Names carry no version, so browsers ask each time; the answer is mostly 304.
    put(CACHE_CONTROL, "no-cache");
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(REFERRER_POLICY, "same-origin");
    put(CONTENT_SECURITY_POLICY, POLICY);
    if page.shared {
        put(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        put(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    }
    response
}

/// Whether the client has this version already.
pub(crate) fn is_match(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == etag
    })
}
