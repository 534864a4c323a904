//! After the run: what is in doubt is asked again, the log is read, the shelves are counted.

use super::audit::Logged;
use super::goods::Scenario;
use super::ledger::{Fate, SALE, ending};
use super::seller::{Desk, judge};
use super::watcher::{Seen, lateness};
use super::{Error, Options};
use onhand_engine::ids::Code;
use onhand_protocol::client::{self, Client, Patience, Reconnecting};
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::limits::PAGE_MAX;
use onhand_protocol::message::read::LevelPage;
use onhand_protocol::message::{Body, Get, Request, Success};
use onhand_protocol::value::{Id, Text, Time};
use serde::Deserialize;
use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

/// How long watchers have to see the last level once all is quiet.
const WATCHERS_CATCH_UP: Duration = Duration::from_secs(5);

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
}

/// Sends every request without an answer once more, with the same id.
pub(super) async fn resolve(desk: &Desk) -> Result<(), Error> {
    let doubtful: Vec<((usize, usize), Request)> = {
        let auditor = desk.auditor.borrow();
        let ledger = &auditor.ledger;
        let open = ledger.all().filter(|at| ledger.fate(*at) == Fate::InDoubt);
        open.filter_map(|at| {
            let id = Id(ledger.id(at.0, at.1)).to_string();
            let text = format!("{SALE}{id}{}", ending(auditor.goods(), ledger.place(at)));
            Some((at, Request::parse(&text).ok()?))
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
        let calls = some.iter().map(|(at, request)| {
            let link = &link;
            async move { (*at, link.call(request).await) }
        });
        for (at, reply) in futures_util::future::join_all(calls).await {
            // Without an answer it stays in doubt, which the auditor reports.
            if let Ok(reply) = reply {
                desk.auditor.borrow_mut().resolved(at, judge(reply.result.err().map(|error| error.number)));
            }
        }
    }
    Ok(())
}

/// Reads the log from where the run began; gives when each sale of the run was decided, in milliseconds
/// since 1970.
pub(super) async fn read_log(desk: &Desk, begin: u64, mut tell: impl FnMut(u64)) -> Result<Vec<i64>, Error> {
    let mut decided_ms = Vec::new();
    // Only watchers are compared with it, and of a long run it is much.
    let timed = desk.options.scenario == Scenario::Watchers;
    let http = HttpClient::new(&desk.options.server, Some(&desk.options.key));
    let mut after = begin.to_string();
    let mut read = 0;
    loop {
        let response = http.get(&format!("/v1/events?after={after}&limit={PAGE_MAX}")).await?;
        let page: Page<'_> =
            serde_json::from_slice(&response.body).map_err(|why| client::Error::Unreadable(why.to_string()))?;
        if page.events.is_empty() {
            return Ok(decided_ms);
        }
        read += page.events.len() as u64;
        let mut auditor = desk.auditor.borrow_mut();
        for Event { seq, time, command, event } in &page.events {
            if timed && auditor.ledger.find(command.0).is_some() {
                decided_ms.push(i64::try_from(time.0.0).unwrap_or(i64::MAX));
            }
            auditor.logged(Logged { seq, command: command.0, event });
        }
        tell(read);
        after = page.next.into_owned();
    }
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
            let asked = some.iter().map(|place| on_hand(desk, &client, *place));
            let found = futures_util::future::join_all(asked).await;
            for (place, milli) in some.iter().zip(found) {
                desk.auditor.borrow_mut().counted(*place, milli?);
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
                if let (Some(place), Some(on_hand)) = (place, level.on_hand) {
                    auditor.counted(place, on_hand.0.milli());
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
pub(super) async fn on_hand(desk: &Desk, client: &Client, place: u32) -> Result<i64, Error> {
    Ok(level(desk, client, place).await?.0)
}

/// On hand, and the version.
async fn level(desk: &Desk, client: &Client, place: u32) -> Result<(i64, u64), Error> {
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
        Success::Level(reply) => {
            let on_hand = reply.level.on_hand.ok_or_else(|| client::Error::Unreadable("no on_hand".to_owned()))?;
            Ok((on_hand.0.milli(), reply.level.version))
        }
        other => Err(client::Error::Unreadable(format!("get was answered with {}", other.ok())).into()),
    }
}

/// Compares every watcher's last level with the server's own.
pub(super) async fn watchers(desk: &Desk, seen: &[Rc<Seen>], decided_ms: &[i64]) -> Result<(), Error> {
    if seen.is_empty() {
        return Ok(());
    }
    let client = Client::connect(&desk.options.server, &desk.options.key).await?;
    let (_, version) = level(desk, &client, 0).await?;
    for arrivals in seen.iter().filter_map(|seen| seen.arrivals.as_ref()) {
        let late = lateness(&arrivals.borrow(), decided_ms);
        late.into_iter().for_each(|ms| desk.measure.borrow_mut().stale(ms));
    }
    let behind = || seen.iter().any(|seen| seen.version.get() < version && !seen.lost.get());
    let waited = crate::clock::Stopwatch::start();
    while behind() && waited.elapsed() < WATCHERS_CATCH_UP {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut auditor = desk.auditor.borrow_mut();
    for (at, seen) in seen.iter().enumerate().filter(|(_, seen)| !seen.lost.get()) {
        auditor.watched(at, seen.version.get(), seen.went_back.get(), version);
    }
    Ok(())
}
