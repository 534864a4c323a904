//! After the run: what is in doubt is asked again, the log is read, the shelves are counted.

use super::audit::Logged;
use super::books::Ms;
use super::desk::Desk;
use super::goods::{Place, Scenario};
use super::ledger::{At, Fate};
use super::seller::judge;
use super::watcher::{Seen, at, lateness};
use super::{Error, Options};
use onhand_engine::ids::Code;
use onhand_protocol::client::{self, Client, Patience, Reconnecting};
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::limits::PAGE_MAX;
use onhand_protocol::message::read::LevelPage;
use onhand_protocol::message::{Body, Get, LevelMessage, Request, Success};
use onhand_protocol::value::{Id, Quantity, Text, Time};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// How long watchers have to see the last level once all is quiet.
const WATCHERS_CATCH_UP: Duration = Duration::from_secs(5);
/// How much later than its deadline a reservation may end.
const EXPIRES_WITHIN: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    events: Vec<Event<'a>>,
    #[serde(borrow)]
    next: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    seq: Cow<'a, str>,
    time: Time,
    command: Id,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    location: Option<Cow<'a, str>>,
    /// Read only where it matters: most events are sales of our own, whose lines are known.
    #[serde(borrow)]
    lines: Option<&'a RawValue>,
    reservation: Option<Id>,
    deadline: Option<Time>,
}

#[derive(Deserialize)]
struct EventLine<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    qty: Quantity,
}

/// Sends every request without an answer once more, with the same id.
pub(super) async fn resolve(desk: &Desk) -> Result<(), Error> {
    let doubtful: Vec<(At, Request)> = {
        let auditor = desk.auditor.borrow();
        let ledger = &auditor.ledger;
        let open = ledger.all().filter(|at| ledger.fate(*at) == Fate::InDoubt);
        open.filter_map(|at| {
            let mut text = Vec::new();
            let (what, about) = ((ledger.kind(at), ledger.place(at)), ledger.about(at).map(|(_, about)| about));
            desk.phrases.write(&mut text, what, ledger.id_stem(at.0).as_bytes(), (at.1, about));
            Some((at, Request::parse(std::str::from_utf8(&text).ok()?).ok()?))
        })
        .collect()
    };
    let link = Reconnecting::new(
        &desk.options.server,
        &desk.options.key,
        client::Options::default(),
        Patience { give_up_after: Duration::from_secs(20), ..Patience::default() },
    );
    for some in doubtful.chunks(256) {
        let sent_us = desk.now_us();
        let calls = some.iter().map(|(at, request)| {
            let link = &link;
            async move { (*at, link.call(request).await) }
        });
        for (at, reply) in futures_util::future::join_all(calls).await {
            // Without an answer it stays in doubt, which the auditor reports.
            if let Ok(reply) = reply {
                let (fate, span) =
                    (judge(reply.result.err().map(|error| error.number)), desk.span(sent_us, desk.now_us()));
                desk.auditor.borrow_mut().resolved(at, fate, span);
            }
        }
    }
    Ok(())
}

/// Waits until every reservation has come to its deadline.
pub(super) async fn expire(desk: &Desk) {
    if desk.options.scenario == Scenario::Holiday {
        let hold = Duration::from_millis(desk.auditor.borrow().goods().hold_ms());
        tokio::time::sleep(hold + EXPIRES_WITHIN).await;
    }
}

/// Reads the log from where the run began.
pub(super) async fn read_log(desk: &Desk, begin: u64, mut tell: impl FnMut(u64)) -> Result<(), Error> {
    let http = HttpClient::new(&desk.options.server, Some(&desk.options.key));
    let mut after = begin.to_string();
    let mut read = 0;
    loop {
        let response = http.get(&format!("/v1/events?after={after}&limit={PAGE_MAX}")).await?;
        let page: Page<'_> =
            serde_json::from_slice(&response.body).map_err(|why| client::Error::Unreadable(why.to_string()))?;
        if page.events.is_empty() {
            return Ok(());
        }
        read += page.events.len() as u64;
        page.events.iter().for_each(|event| log(desk, event));
        tell(read);
        after = page.next.into_owned();
    }
}

fn log(desk: &Desk, event: &Event<'_>) {
    let ms = |time: Time| i64::try_from(time.0.0).unwrap_or(i64::MAX) - desk.start_ms.get();
    let mut auditor = desk.auditor.borrow_mut();
    let at_ms = ms(event.time);
    if event.event == "received" {
        let lines = event.lines.and_then(|lines| serde_json::from_str::<Vec<EventLine<'_>>>(lines.get()).ok());
        for line in lines.unwrap_or_default() {
            let location = event.location.as_deref().unwrap_or_default();
            if let Some(place) = auditor.goods().place(location, &line.sku) {
                auditor.goods_came(place, line.qty.0.milli() / 1000, at_ms);
            }
        }
        return;
    }
    // Nobody asks for an expiry: it is the reservation's.
    let expired = event.reservation.filter(|_| event.event == "expired");
    let command = expired.unwrap_or(event.command).0;
    let deadline_ms = event.deadline.map(ms);
    auditor.logged(Logged { seq: &event.seq, command, event: &event.event, at_ms, deadline_ms });
}

/// Counts what is there at every place of the run.
pub(super) async fn count(desk: &Desk) -> Result<(), Error> {
    let http = HttpClient::new(&desk.options.server, Some(&desk.options.key));
    let (client, places) = {
        let Options { server, key, .. } = &desk.options;
        (Client::connect(server, key).await?, desk.auditor.borrow().goods().places())
    };
    // Few places are asked for one by one: the lists also hold what others have on their shelves.
    if places <= 2_000 {
        let all: Vec<u32> = (0..places).collect();
        for some in all.chunks(256) {
            let asked = some.iter().map(|place| level(desk, &client, *place));
            let found = futures_util::future::join_all(asked).await;
            for (place, level) in some.iter().zip(found) {
                let (on_hand, reserved) = shelf(&level?)?;
                desk.auditor.borrow_mut().counted(*place, on_hand, reserved);
            }
        }
        return Ok(());
    }
    let locations = desk.auditor.borrow().goods().locations();
    for location in 0..locations {
        let code = desk.auditor.borrow().goods().location(location);
        let mut after = String::new();
        loop {
            let path = format!("/v1/stock?location={code}&limit={PAGE_MAX}{after}");
            let page: LevelPage = http.get(&path).await?.json()?;
            let mut auditor = desk.auditor.borrow_mut();
            for level in &page.levels {
                let place = auditor.goods().place(level.location.as_str(), level.sku.as_str());
                if let Some(place) = place {
                    let (on_hand, reserved) = shelf(level)?;
                    auditor.counted(place, on_hand, reserved);
                }
            }
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
    }
    Ok(())
}

/// What is on hand at a place, in thousandths of a unit.
pub(super) async fn on_hand(desk: &Desk, client: &Client, place: Place) -> Result<i64, Error> {
    Ok(shelf(&level(desk, client, place).await?)?.0)
}

/// On hand and reserved, in thousandths of a unit.
fn shelf(level: &LevelMessage) -> Result<(i64, i64), Error> {
    match (level.on_hand, level.reserved) {
        (Some(on_hand), Some(reserved)) => Ok((on_hand.0.milli(), reserved.0.milli())),
        _ => Err(client::Error::Unreadable("a level without on_hand".to_owned()).into()),
    }
}

async fn level(desk: &Desk, client: &Client, place: Place) -> Result<LevelMessage, Error> {
    let body = {
        let auditor = desk.auditor.borrow();
        let goods = auditor.goods();
        let location = Code::new(&goods.location(place / goods.items()));
        let sku = Code::new(&goods.sku(place % goods.items()));
        let (Ok(location), Ok(sku)) = (location, sku) else {
            return Err(Error::Prefix(desk.options.prefix.clone()));
        };
        Body::Get(Get { location: Text(location), sku: Text(sku) })
    };
    match client.ask(body).await? {
        Success::Level(reply) => Ok(reply.level),
        other => Err(client::Error::Unreadable(format!("get was answered with {}", other.ok())).into()),
    }
}

/// The version of every place that somebody watches, in the order of places.
pub(super) async fn versions(desk: &Desk, client: &Client) -> Result<Vec<(Place, u64)>, Error> {
    let mut versions = Vec::new();
    let places = desk.auditor.borrow().goods().all_watched();
    for place in places {
        versions.push((place, level(desk, client, place).await?.version));
    }
    Ok(versions)
}

/// Compares every watcher's last levels with the server's own; finds out how late all levels were.
pub(super) async fn watchers(desk: &Desk, seen: &[Rc<Seen>], base: &[(Place, u64)]) -> Result<(), Error> {
    if seen.is_empty() {
        return Ok(());
    }
    let client = Client::connect(&desk.options.server, &desk.options.key).await?;
    let server = versions(desk, &client).await?;
    let waited = crate::clock::Stopwatch::start();
    while seen.iter().any(|seen| seen.is_behind(&server)) && waited.elapsed() < WATCHERS_CATCH_UP {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    staleness(desk, seen, base);
    let mut auditor = desk.auditor.borrow_mut();
    for (number, seen) in seen.iter().enumerate().filter(|(_, seen)| !seen.lost.get()) {
        auditor.watcher(number, seen.went_back.get());
        for (place, version) in seen.versions.borrow().iter() {
            auditor.watched(number, *place, *version, at(&server, *place));
        }
    }
    Ok(())
}

fn staleness(desk: &Desk, seen: &[Rc<Seen>], base: &[(Place, u64)]) {
    let auditor = desk.auditor.borrow();
    let mut all: Vec<(Ms, u64)> = Vec::new();
    for arrivals in seen.iter().filter_map(|seen| seen.arrivals.as_ref()) {
        let mut by_place: BTreeMap<Place, Vec<(u64, Ms)>> = BTreeMap::new();
        for (place, version, arrived) in arrivals.take() {
            by_place.entry(place).or_default().push((version, arrived));
        }
        for (place, arrivals) in by_place {
            all.extend(lateness(&arrivals, at(base, place), auditor.books.changes(place)));
        }
    }
    all.sort_unstable();
    desk.measure.borrow_mut().stale(&all, &desk.plan);
}
