//! Sockets that watch items while they are sold.

use super::books::Ms;
use super::desk::Desk;
use super::goods::{Goods, Place};
use futures_util::{SinkExt, StreamExt};
use onhand_engine::ids::Code;
use onhand_protocol::client::Socket;
use onhand_protocol::message::{Body, Request, Subscribe};
use onhand_protocol::value::{Text, Time};
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// A level that came: of which place, which version, and when, in milliseconds since the run began by
/// the server's clock.
pub(super) type Arrival = (Place, u64, Ms);

/// What a watcher has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The newest version of each place, in the order of the places.
    pub(super) versions: RefCell<Vec<(Place, u64)>>,
    pub(super) went_back: Cell<u64>,
    pub(super) lost: Cell<bool>,
    /// Of some watchers: every level.
    pub(super) arrivals: Option<RefCell<Vec<Arrival>>>,
}

impl Seen {
    /// Of these places, nothing yet.
    pub(super) fn new(mut places: Vec<Place>, timed: bool) -> Self {
        places.sort_unstable();
        let versions = RefCell::new(places.into_iter().map(|place| (place, 0)).collect());
        Self { versions, arrivals: timed.then(RefCell::default), ..Self::default() }
    }

    /// Whether a level is still missing whose version the server has told.
    pub(super) fn is_behind(&self, server: &[(Place, u64)]) -> bool {
        !self.lost.get() && self.versions.borrow().iter().any(|(place, version)| *version < at(server, *place))
    }

    fn take(&self, place: Place, version: u64, now: Ms) {
        let mut versions = self.versions.borrow_mut();
        let Ok(found) = versions.binary_search_by_key(&place, |(place, _)| *place) else { return };
        let newest = &mut versions[found].1;
        if version < *newest {
            self.went_back.set(self.went_back.get() + 1);
        }
        *newest = version.max(*newest);
        if let Some(arrivals) = &self.arrivals {
            arrivals.borrow_mut().push((place, version, now));
        }
    }
}

/// The version of a place, in a list in the order of places.
pub(super) fn at(versions: &[(Place, u64)], place: Place) -> u64 {
    versions.binary_search_by_key(&place, |(place, _)| *place).map_or(0, |found| versions[found].1)
}

/// The last message anybody got: where all get the same bytes, each is read once.
#[derive(Default)]
pub(super) struct Newest(RefCell<(Utf8Bytes, Vec<Level>)>);

/// What a message says of one place: its version, and when that was decided.
#[derive(Clone, Copy)]
struct Level {
    place: Place,
    version: u64,
    decided_ms: i64,
}

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    ok: Option<Cow<'a, str>>,
    #[serde(borrow)]
    levels: Vec<OnTheWire<'a>>,
}

#[derive(Deserialize)]
struct OnTheWire<'a> {
    #[serde(borrow)]
    location: Cow<'a, str>,
    #[serde(borrow)]
    sku: Cow<'a, str>,
    version: u64,
    time: Time,
}

/// Opens the eyes: what is asked to watch these places. Items at one location make one request.
fn subscriptions(goods: &Goods, places: &[Place]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = places;
    while let Some(first) = rest.first() {
        let location = first / goods.items();
        let here = rest.iter().take_while(|place| *place / goods.items() == location).count();
        let (some, more) = rest.split_at(here);
        rest = more;
        let code = |text: &str| Code::new(text).ok().map(Text);
        let skus =
            some.iter().filter_map(|place| Code::new(&goods.sku(place % goods.items())).ok().map(Text)).collect();
        let locations = code(&goods.location(location)).map(|code| vec![code]);
        let what = Subscribe { skus: Some(skus), locations, ..Subscribe::default() };
        texts.push(Request::new(Body::Subscribe(what)).to_json());
    }
    texts
}

/// What all watchers share.
#[derive(Default)]
pub(super) struct Gallery {
    newest: Newest,
    /// Subscriptions that were asked for and not answered yet.
    missing: Cell<usize>,
    ready: Notify,
}

impl Gallery {
    /// One more watcher, whose subscriptions have to be answered before the run begins.
    pub(super) fn expect(&self, goods: &Goods, seen: &Seen) -> Vec<String> {
        let places: Vec<Place> = seen.versions.borrow().iter().map(|(place, _)| *place).collect();
        let texts = subscriptions(goods, &places);
        self.missing.set(self.missing.get() + texts.len());
        texts
    }

    /// Until everybody watches.
    pub(super) async fn ready(&self) {
        while self.missing.get() > 0 {
            self.ready.notified().await;
        }
    }

    fn answered(&self) {
        self.missing.set(self.missing.get().saturating_sub(1));
        if self.missing.get() == 0 {
            self.ready.notify_one();
        }
    }
}

/// Subscribes, and reads until the connection ends.
pub(super) async fn watch(desk: Rc<Desk>, gallery: Rc<Gallery>, seen: Rc<Seen>, ask: Vec<String>, mut socket: Socket) {
    let mut running = true;
    for text in ask {
        running &= socket.send(Message::text(text)).await.is_ok();
    }
    while running {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => take(&desk, &gallery, &seen, text),
            Some(Ok(Message::Close(_)) | Err(_)) | None => running = false,
            Some(Ok(_)) => {}
        }
    }
    seen.lost.set(true);
    desk.measure.borrow_mut().error("a watcher's connection was lost", 1);
}

fn take(desk: &Desk, gallery: &Gallery, seen: &Seen, text: Utf8Bytes) {
    let mut newest = gallery.newest.0.borrow_mut();
    if newest.0 != text {
        let Ok(push) = serde_json::from_str::<Push<'_>>(&text) else {
            return desk.measure.borrow_mut().error("unreadable level", 1);
        };
        let answered = push.ok.is_some();
        let auditor = desk.auditor.borrow();
        let level = |level: OnTheWire<'_>| {
            let place = auditor.goods().place(&level.location, &level.sku)?;
            Some(Level { place, version: level.version, decided_ms: i64::try_from(level.time.0.0).unwrap_or(0) })
        };
        newest.1 = push.levels.into_iter().filter_map(level).collect();
        if answered {
            gallery.answered();
        }
        // An answer has the watcher's own id: no other message is like it.
        newest.0 = if answered { Utf8Bytes::default() } else { text };
    }
    let (now_ms, start_ms) = (desk.server_ms(), desk.start_ms.get());
    let mut oldest = None;
    for level in &newest.1 {
        seen.take(level.place, level.version, now_ms - start_ms);
        oldest = oldest.min(Some(level.decided_ms)).or(Some(level.decided_ms));
    }
    if let Some(decided_ms) = oldest.filter(|_| desk.due.get() > 0 || desk.next.get() > 0) {
        let age_ms = u64::try_from(now_ms - decided_ms.max(start_ms)).unwrap_or(0);
        desk.measure.borrow_mut().levels(newest.1.len() as u64, age_ms);
    }
}

/// How late changes of one place were: a level that arrives ends the wait for every change since the
/// one before, and counts as late as the oldest of them. `changes` has the time of each change, which
/// raised the version by one, beginning above the `base` version. Gives when each level came and how late.
pub(super) fn lateness(arrivals: &[(u64, Ms)], base: u64, changes: &[Ms]) -> Vec<(Ms, u64)> {
    let mut before = base;
    let mut late = Vec::new();
    for (version, arrived) in arrivals {
        let oldest = usize::try_from(before.saturating_sub(base)).ok().and_then(|oldest| changes.get(oldest));
        if let (true, Some(decided)) = (*version > before, oldest) {
            late.push((*arrived, u64::try_from(arrived - decided).unwrap_or(0)));
        }
        before = before.max(*version);
    }
    late
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::goods::Scenario;
    use super::*;

    #[test]
    fn a_level_is_as_late_as_the_oldest_change_it_brings() {
        // Changes at 100, 110, 120 and 130 raise the version from 5 to 9; one level brings three of them.
        let arrivals = [(5, 90), (6, 104), (9, 135), (9, 136)];
        assert_eq!(lateness(&arrivals, 5, &[100, 110, 120, 130]), [(104, 4), (135, 25)]);
        assert_eq!(lateness(&[(7, 115)], 5, &[100, 110, 120, 130]), [(115, 15)], "the opening level was missed");
        assert_eq!(lateness(&[], 5, &[100]), []);
    }

    #[test]
    fn one_request_for_each_location() {
        let goods = Goods::new(Scenario::Holiday, "LT1", 2, 1, 1_000);
        let seen = Seen::new(goods.watched(2), true);
        let gallery = Gallery::default();
        let texts = gallery.expect(&goods, &seen);
        assert_eq!((texts.len(), gallery.missing.get()), (2, 2), "its own, and that of the flash drop");
        assert!(texts[0].contains("LT1-00200") && texts[0].contains("LT1-L0"), "{}", texts[0]);
        assert!(texts[1].contains("LT1-00019") && texts[1].contains("LT1-L2"), "{}", texts[1]);
        seen.take(200, 4, 1);
        assert!(!seen.is_behind(&[(200, 4)]) && seen.is_behind(&[(200, 5)]));
        seen.take(200, 3, 2);
        assert_eq!((seen.went_back.get(), at(&seen.versions.borrow(), 200)), (1, 4));
    }
}
