//! Sockets that watch the item being sold.

use super::seller::Desk;
use crate::clock;
use futures_util::{SinkExt, StreamExt};
use onhand_protocol::client::Socket;
use onhand_protocol::message::{Body, Request, Subscribe};
use onhand_protocol::value::{Text, Time};
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// What a watcher has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) version: Cell<u64>,
    pub(super) went_back: Cell<u64>,
    pub(super) lost: Cell<bool>,
}

/// The last message anybody got: all get the same bytes, so each is read once.
#[derive(Default)]
pub(super) struct Newest(RefCell<(Utf8Bytes, u64, i64)>);

#[derive(Deserialize)]
struct Push {
    levels: Vec<Level>,
}

#[derive(Deserialize)]
struct Level {
    version: u64,
    time: Time,
}

/// Subscribes to the run's first place and reads until the connection ends.
pub(super) async fn watch(desk: Rc<Desk>, newest: Rc<Newest>, seen: Rc<Seen>, mut socket: Socket) {
    let request = {
        let auditor = desk.auditor.borrow();
        let sku = onhand_engine::ids::Code::new(&auditor.goods().sku(0)).ok().map(|sku| vec![Text(sku)]);
        let location = onhand_engine::ids::Code::new(&auditor.goods().location(0)).ok().map(|code| vec![Text(code)]);
        Request::new(Body::Subscribe(Subscribe { skus: sku, locations: location, ..Subscribe::default() }))
    };
    let mut running = socket.send(Message::text(request.to_json())).await.is_ok();
    let mut first = true;
    while running {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                take(&desk, &newest, &seen, text, first);
                first = false;
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => running = false,
            Some(Ok(_)) => {}
        }
    }
    seen.lost.set(true);
    desk.measure.borrow_mut().error("a watcher's connection was lost", 1);
}

fn take(desk: &Desk, newest: &Newest, seen: &Seen, text: Utf8Bytes, snapshot: bool) {
    let mut newest = newest.0.borrow_mut();
    if newest.0 != text {
        let Ok(push) = serde_json::from_str::<Push>(&text) else {
            return desk.measure.borrow_mut().error("unreadable level", 1);
        };
        let Some(level) = push.levels.into_iter().max_by_key(|level| level.version) else { return };
        *newest = (text, level.version, i64::try_from(level.time.0.0).unwrap_or(0));
    }
    let (_, version, time_ms) = *newest;
    if version < seen.version.get() {
        seen.went_back.set(seen.went_back.get() + 1);
    }
    seen.version.set(version.max(seen.version.get()));
    // A snapshot is as old as the last change, not late.
    if !snapshot {
        let late_ms = u64::try_from(clock::wall_ms() - time_ms).unwrap_or(0);
        desk.measure.borrow_mut().level(late_ms);
    }
}
