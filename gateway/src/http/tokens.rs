//! `POST /v1/token`: a short-lived token for a shopper's browser, whose website is on the list.

use super::Peer;
use super::answer;
use super::app::App;
use crate::fault::Fault;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::ORIGIN;
use onhand_protocol::message::read::TokenMessage;
use onhand_protocol::value::Time;
use std::sync::Arc;

pub(crate) async fn issue(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    match issued(&app, peer, &headers) {
        Ok(issued) => answer::json(&issued),
        Err(fault) => fault.into_response(),
    }
}

fn issued(app: &App, peer: Peer, headers: &HeaderMap) -> Result<TokenMessage, Fault> {
    // The Origin itself was checked on the way here; without one this is no browser.
    if !headers.contains_key(ORIGIN) {
        return Err(Fault::new(4005, "tokens are for browsers, which say their Origin; others use a key"));
    }
    app.token_for(peer.0.ip())?;
    let issued = app.shared.tokens.issue(app.shared.handle.now());
    let (token, expires) = issued.map_err(|why| {
        tracing::error!(%why, "no token");
        Fault::new(5005, "no token can be made now")
    })?;
    Ok(TokenMessage { token, expires: Time(expires) })
}
