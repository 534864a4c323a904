//! Sockets that watch the item being sold.

use super::seller::Desk;
use crate::clock;
use futures_util::{SinkExt, StreamExt};
use onhand_protocol::client::Socket;
use onhand_protocol::message::{Body, Request, Subscribe};
use onhand_protocol::value::Text;
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
    /// Of some watchers: every version and when it came, in milliseconds since 1970.
    pub(super) arrivals: Option<RefCell<Vec<(u64, i64)>>>,
}

/// The last message anybody got: all get the same bytes, so each is read once.
#[derive(Default)]
pub(super) struct Newest(RefCell<(Utf8Bytes, u64)>);

#[derive(Deserialize)]
struct Push {
    levels: Vec<Level>,
}

#[derive(Deserialize)]
struct Level {
    version: u64,
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
    while running {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => take(&desk, &newest, &seen, text),
            Some(Ok(Message::Close(_)) | Err(_)) | None => running = false,
            Some(Ok(_)) => {}
        }
    }
    seen.lost.set(true);
    desk.measure.borrow_mut().error("a watcher's connection was lost", 1);
}

fn take(desk: &Desk, newest: &Newest, seen: &Seen, text: Utf8Bytes) {
    let mut newest = newest.0.borrow_mut();
    if newest.0 != text {
        let Ok(push) = serde_json::from_str::<Push>(&text) else {
            return desk.measure.borrow_mut().error("unreadable level", 1);
        };
        let Some(level) = push.levels.into_iter().max_by_key(|level| level.version) else { return };
        *newest = (text, level.version);
    }
    let (_, version) = *newest;
    if version < seen.version.get() {
        seen.went_back.set(seen.went_back.get() + 1);
    }
    seen.version.set(version.max(seen.version.get()));
    desk.measure.borrow_mut().levels += 1;
    if let Some(arrivals) = &seen.arrivals {
        arrivals.borrow_mut().push((version, clock::wall_ms()));
    }
}

/// How late changes were, once the log has told when each was decided: a level that arrives ends the
/// wait for every change since the one before, and counts as late as the oldest of them.
/// `decided_ms` has the time of each sale, which raised the version by one.
pub(super) fn lateness(arrivals: &[(u64, i64)], decided_ms: &[i64]) -> Vec<u64> {
    let Some((opening, _)) = arrivals.first() else { return Vec::new() };
    let late = |pair: &[(u64, i64)]| {
        let ((before, _), (after, arrived_ms)) = (pair.first()?, pair.last()?);
        let oldest = usize::try_from(before.checked_sub(*opening)?).ok()?;
        let decided_ms = decided_ms.get(oldest).filter(|_| after > before)?;
        u64::try_from(arrived_ms - decided_ms).ok()
    };
    arrivals.windows(2).filter_map(late).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_as_late_as_the_oldest_change_it_brings() {
        // Sales at 100, 110, 120 and 130 raise the version from 5 to 9; one level brings three of them.
        let arrivals = [(5, 90), (6, 104), (9, 135), (9, 136)];
        assert_eq!(lateness(&arrivals, &[100, 110, 120, 130]), [4, 25]);
        assert_eq!(lateness(&[], &[100]), [0_u64; 0]);
    }
}
