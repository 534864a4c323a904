//! For those who run it: health, readiness, queues, metrics, the document of the API.

use super::Peer;
use super::answer;
use super::app::App;
use crate::fault::Fault;
use crate::metrics;
use crate::rights::{self, Read};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderMap};
use onhand_protocol::value::{Position, Time};
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

/// The process is up.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// It takes connections and its log can be trusted. A full disk is no reason to send readers away.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let observed = app.shared.handle.observe();
    if observed.stopped {
        return Fault::new(5003, "the log has stopped after a failed write; restart the server").into_response();
    }
    if *app.shared.stopping.borrow() {
        return Fault::new(5004, "the server is shutting down").into_response();
    }
    if observed.disk_full { "ready, but the disk is full: 5002 for writes\n" } else { "ready\n" }.into_response()
}

#[derive(Serialize)]
struct Status {
    server: &'static str,
    time: Time,
    sockets: usize,
    inbox_depth: Vec<usize>,
    sku_actors: usize,
    reservations: usize,
    log_queue: usize,
    last_seq: Position,
    disk_full: bool,
    stopped: bool,
}

pub(crate) async fn status(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Err(fault) = app.caller(&headers).and_then(|caller| rights::check_read(&caller, Read::Status)) {
        return fault.into_response();
    }
    let observed = app.shared.handle.observe();
    answer::json(&Status {
        server: concat!("onhand ", env!("CARGO_PKG_VERSION")),
        time: Time(app.shared.handle.now()),
        sockets: app.shared.sockets.load(Ordering::Relaxed),
        inbox_depth: observed.inbox_depth,
        sku_actors: observed.sku_actors,
        reservations: observed.reservations,
        log_queue: observed.log_queue,
        last_seq: Position(observed.last_seq),
        disk_full: observed.disk_full,
        stopped: observed.stopped,
    })
}

/// For keys of operations, analysts and administrators, and for a Prometheus on this machine. What
/// came through a proxy is not from this machine.
pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let proxied = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    if (proxied || !peer.ip().is_loopback())
        && let Err(fault) = app.caller(&headers).and_then(|caller| rights::check_read(&caller, Read::Metrics))
    {
        return fault.into_response();
    }
    app.shared.handle.tell_metrics();
    let text = metrics::render(app.shared.exporter, &app.shared.handle.observe());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

pub(crate) async fn openapi() -> Response {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
        let document = onhand_protocol::openapi::document(env!("CARGO_PKG_VERSION"));
        document.to_string().into()
    });
    answer::bytes(DOCUMENT.clone())
}
