//! `GET /v1/ws`: from HTTP to WebSocket.

use super::app::App;
use crate::fault::Fault;
use crate::server::Place;
use crate::worker::Upgrade;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, HeaderMap, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderName, StatusCode};
use hyper::upgrade::OnUpgrade;
use onhand_protocol::limits::{SUBPROTOCOL, SUBPROTOCOL_COMPACT};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

pub(crate) async fn upgrade(State(app): State<Arc<App>>, mut request: Request) -> Response {
    match prepare(&app, &mut request) {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    }
}

fn prepare(app: &App, request: &mut Request) -> Result<Response, Fault> {
    let headers = request.headers();
    if !has(headers, &UPGRADE, "websocket") || !has(headers, &CONNECTION, "upgrade") {
        return Err(Fault::new(1001, "this address speaks WebSocket; send Upgrade: websocket"));
    }
    if !has(headers, &SEC_WEBSOCKET_VERSION, "13") {
        return Err(Fault::new(1001, "only WebSocket version 13 is spoken here").at("Sec-WebSocket-Version"));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let key = key.ok_or_else(|| Fault::new(1001, "Sec-WebSocket-Key is not there").at("Sec-WebSocket-Key"))?;
    let accept = derive_accept_key(key.as_bytes());
    let names_protocol = headers.contains_key(SEC_WEBSOCKET_PROTOCOL);
    // Compact for whoever names it: such a client can read JSON too.
    let protocol = [SUBPROTOCOL_COMPACT, SUBPROTOCOL];
    let protocol = protocol.into_iter().find(|one| has(headers, &SEC_WEBSOCKET_PROTOCOL, one));
    if names_protocol && protocol.is_none() {
        let text = format!("the subprotocol is {SUBPROTOCOL} or {SUBPROTOCOL_COMPACT}");
        return Err(Fault::new(1001, text).at("Sec-WebSocket-Protocol"));
    }
    let compact = protocol == Some(SUBPROTOCOL_COMPACT);
    // A wrong or revoked key is told here; without one, the first message must be hello. An Origin was
    // checked on the way here.
    let principal = app.identify(headers)?;
    let browser = headers.contains_key(ORIGIN);
    let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let on_upgrade = on_upgrade.ok_or_else(|| Fault::new(1001, "this connection cannot become a WebSocket"))?;
    let place = request.extensions().get::<Arc<Place>>().cloned();
    app.hand_over(Upgrade { on_upgrade, principal, place, compact, address: app.address })?;
    tracing::debug!(browser, role = principal.map(|who| who.role_name()), "websocket");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, http::HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, http::HeaderValue::from_static("upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.parse().map_err(|_| Fault::new(1001, "Sec-WebSocket-Key is wrong"))?);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, http::HeaderValue::from_static(protocol));
    }
    Ok(response)
}

/// Whether a list in a header has a word.
fn has(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
}
