//! Reads over HTTP: levels, items, locations, totals, reservations, events. Lists come in pages: `next`
//! of one page is `after` of the following.

use super::answer;
use super::app::App;
use super::pages::is_match;
use crate::fault::Fault;
use crate::keys::Principal;
use crate::rights::{self, Read};
use crate::{training, wire};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderValue};
use onhand_actors::handle::Handle;
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::event::Record;
use onhand_engine::ids::{Code, LocationCode, OrderId, Seq, SkuCode, SkuId};
use onhand_persistence::log::Error;
use onhand_protocol::convert;
use onhand_protocol::limits::{PAGE_DEFAULT, PAGE_MAX};
use onhand_protocol::message::read::{EventPage, ItemPage, LevelPage, LocationList, TotalsList};
use onhand_protocol::message::{Channel, ItemInput, Scan};
use onhand_protocol::value::{Id, Position, Text};
use serde::Deserialize;
use std::sync::Arc;

/// Pages of the log that are read for one page of exceptions.
const LOOKS_MAX: usize = 20;

pub(super) type Answer = Result<Response, Fault>;

/// What a list may be asked with.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    location: Option<String>,
    pub(super) after: Option<String>,
    limit: Option<usize>,
    channel: Option<Channel>,
}

/// The query, or why it cannot be read.
pub(super) type Asking = Result<Query<Asked>, QueryRejection>;

pub(super) fn asked(query: Asking) -> Result<Asked, Fault> {
    let Query(asked) = query.map_err(unreadable)?;
    limit(asked.limit)?;
    Ok(asked)
}

fn limit(asked: Option<usize>) -> Result<usize, Fault> {
    match asked {
        Some(limit) if limit == 0 || limit > PAGE_MAX => {
            Err(Fault::new(1001, format!("limit is 1 to {PAGE_MAX}")).at("limit"))
        }
        limit => Ok(limit.unwrap_or(PAGE_DEFAULT)),
    }
}

/// The next events that a person has to look at, and how far was looked: not all of the log at once.
fn exceptions(handle: &Handle, after: Seq, limit: usize) -> Result<(Vec<(Seq, Record)>, Seq), Error> {
    let (mut found, mut next) = (Vec::new(), after);
    for _ in 0..LOOKS_MAX {
        let page = handle.events(next, PAGE_MAX)?;
        if page.is_empty() {
            break;
        }
        for (seq, record) in page {
            next = seq;
            if record.event.is_exceptional() {
                found.push((seq, record));
            }
            if found.len() == limit {
                return Ok((found, next));
            }
        }
    }
    Ok((found, next))
}

pub(super) fn unreadable(why: QueryRejection) -> Fault {
    Fault::new(1001, format!("the query cannot be read: {}", why.body_text()))
}

impl Asked {
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE_DEFAULT)
    }

    fn after_item(&self, app: &App) -> Result<Option<SkuId>, Fault> {
        let Some(after) = &self.after else { return Ok(None) };
        let wrong = || Fault::new(1017, "`after` is not the `next` of a page").at("after");
        let code = SkuCode::new(after).map_err(|_| wrong())?;
        Ok(Some(app.shared.handle.directory().item_by_code(&code).ok_or_else(wrong)?.sku))
    }

    pub(super) fn location(&self, app: &App) -> Result<Option<Arc<Location>>, Fault> {
        self.location.as_deref().map(|code| place(app, code)).transpose()
    }
}

pub(super) fn place(app: &App, code: &str) -> Result<Arc<Location>, Fault> {
    let code: LocationCode = coded(code, "location")?;
    wire::location(app.shared.handle.directory(), &code)
}

fn coded<const MAX: usize>(text: &str, field: &str) -> Result<Code<MAX>, Fault> {
    Code::new(text).map_err(|why| Fault::new(1013, format!("the {field} {why}")).at(field))
}

/// The caller, if it may read this.
pub(crate) fn reader(app: &App, headers: &HeaderMap, read: Read) -> Result<Principal, Fault> {
    let caller = app.caller(headers)?;
    rights::check_read(&caller, read)?;
    Ok(caller)
}

pub(super) fn respond(answer: Answer) -> Response {
    answer.unwrap_or_else(IntoResponse::into_response)
}

pub(crate) async fn stock(
    State(app): State<Arc<App>>,
    Path((location, sku)): Path<(String, String)>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    respond(read_stock(&app, &location, &sku, query, &headers))
}

fn read_stock(app: &App, location: &str, sku: &str, query: Asking, headers: &HeaderMap) -> Answer {
    let caller = reader(app, headers, Read::Levels)?;
    let asked = asked(query)?;
    let audience = caller.audience(asked.channel)?;
    let place = place(app, location)?;
    let handle = &app.shared.handle;
    let item = wire::item(handle.directory(), &coded(sku, "sku")?)?;
    let read = wire::level(handle, training::ledger(place.id, training::is_asked(headers, &caller)?), item.sku);
    let etag = format!("\"{}\"", read.level.version.0);
    let mut response = if is_match(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut text = Vec::with_capacity(320);
        wire::write_level(&mut text, handle, &read, audience);
        answer::bytes(text)
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

pub(crate) async fn stock_page(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    respond(read_stock_page(&app, query, &headers))
}

fn read_stock_page(app: &App, query: Asking, headers: &HeaderMap) -> Answer {
    let caller = reader(app, headers, Read::Levels)?;
    let asked = asked(query)?;
    let missing = || Fault::new(1001, "say where: ?location=CODE").at("location");
    let location = asked.location(app)?.ok_or_else(missing)?;
    let handle = &app.shared.handle;
    let page = handle.levels(location.id, asked.after_item(app)?, asked.limit());
    let audience = caller.audience(asked.channel)?;
    let next = page.last().filter(|_| page.len() == asked.limit());
    let next = next.and_then(|last| handle.directory().item(last.sku)).map(|item| item.code.to_string());
    let levels = page.iter().filter_map(|read| wire::level_message(handle, read, audience)).collect();
    Ok(answer::json(&LevelPage { levels, next }))
}

pub(crate) async fn items(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    respond(read_items(&app, query, &headers))
}

fn read_items(app: &App, query: Asking, headers: &HeaderMap) -> Answer {
    let caller = reader(app, headers, Read::Catalogue)?;
    let asked = asked(query)?;
    let items = app.shared.handle.directory().items(asked.after_item(app)?, asked.limit());
    let next = items.last().filter(|_| items.len() == asked.limit()).map(|item| item.code.to_string());
    let book = wire::Book(app.shared.handle.directory());
    let items = items.iter().map(|item| told(item, &caller, &book)).collect();
    Ok(answer::json(&ItemPage { items, next }))
}

pub(crate) async fn item(State(app): State<Arc<App>>, Path(sku): Path<String>, headers: HeaderMap) -> Response {
    let read = || {
        let caller = reader(&app, &headers, Read::Catalogue)?;
        let directory = app.shared.handle.directory();
        let item = wire::item(directory, &coded(&sku, "sku")?)?;
        Ok(answer::json(&told(&item, &caller, &wire::Book(directory))))
    };
    respond(read())
}

/// What things cost the shop is not for everybody who may see what it sells.
fn told(item: &Item, caller: &Principal, book: &wire::Book<'_>) -> ItemInput {
    let mut told = convert::item(item, book);
    told.unit_cost.take_if(|_| rights::check_read(caller, Read::Reports).is_err());
    told
}

/// What a scan is asked with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scanning {
    location: String,
    code: String,
}

pub(crate) async fn scan(
    State(app): State<Arc<App>>,
    query: Result<Query<Scanning>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let read = || {
        reader(&app, &headers, Read::Catalogue)?;
        let Query(Scanning { location, code }) = query.map_err(unreadable)?;
        let asked = Scan { location: Text(coded(&location, "location")?), code };
        Ok(answer::json(&wire::scan(&app.shared.handle, &asked)?))
    };
    respond(read())
}

pub(crate) async fn locations(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    respond(reader(&app, &headers, Read::Catalogue).map(|_| {
        let directory = app.shared.handle.directory();
        let told =
            |one: &Arc<Location>| convert::location(one, &directory.labels(one.id), directory.return_limits(one.id));
        answer::json(&LocationList { locations: directory.locations().iter().map(told).collect() })
    }))
}

pub(crate) async fn totals(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    let read = || {
        reader(&app, &headers, Read::Totals)?;
        let handle = &app.shared.handle;
        let places = match asked(query)?.location(&app)? {
            Some(place) => vec![place],
            None => handle.directory().locations(),
        };
        let mut totals = Vec::new();
        places.iter().for_each(|place| totals.extend(convert::totals(place, &handle.totals(place.id))));
        Ok(answer::json(&TotalsList { totals }))
    };
    respond(read())
}

pub(crate) async fn layaways(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    let read = || {
        let caller = reader(&app, &headers, Read::Baskets)?;
        let trains = training::is_asked(&headers, &caller)?;
        let asked = asked(query)?;
        let missing = || Fault::new(1001, "say where: ?location=CODE").at("location");
        let location: LocationCode = coded(asked.location.as_deref().ok_or_else(missing)?, "location")?;
        let after: Option<OrderId> = asked.after.as_deref().map(|after| coded(after, "after")).transpose()?;
        Ok(answer::json(&wire::layaways(&app.shared.handle, (&location, trains), after.as_ref())?))
    };
    respond(read())
}

pub(crate) async fn baskets(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    let read = || {
        reader(&app, &headers, Read::Baskets)?;
        let missing = || Fault::new(1001, "say where: ?location=CODE").at("location");
        let location: LocationCode = coded(asked(query)?.location.as_deref().ok_or_else(missing)?, "location")?;
        Ok(answer::json(&wire::baskets(&app.shared.handle, &location)?))
    };
    respond(read())
}

pub(crate) async fn reservation(
    State(app): State<Arc<App>>,
    Path((location, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let read = || {
        reader(&app, &headers, Read::Reservation)?;
        let place = place(&app, &location)?;
        let id: Id = id.parse().map_err(|_| Fault::new(1009, "the id is not a UUID").at("id"))?;
        let handle = &app.shared.handle;
        let live = handle.reservation(place.id, id.reservation()).ok_or_else(|| {
            Fault::new(2002, "there is no live reservation of this id here: it was released, completed or has expired")
        })?;
        Ok(answer::json(&convert::reservation(id.reservation(), &place, &live, &wire::Book(handle.directory()))))
    };
    respond(read())
}

/// What the feed is asked with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedAsked {
    after: Option<String>,
    limit: Option<usize>,
    only: Option<Only>,
}

/// Which events are told.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Only {
    /// Those that a person has to look at.
    Exceptions,
}

type AskingFeed = Result<Query<FeedAsked>, QueryRejection>;

pub(crate) async fn events(State(app): State<Arc<App>>, query: AskingFeed, headers: HeaderMap) -> Response {
    respond(read_events(&app, query, &headers).await)
}

/// The feed of durable events. The last page has a `next` too: to ask again later.
async fn read_events(app: &App, query: AskingFeed, headers: &HeaderMap) -> Answer {
    reader(app, headers, Read::Events)?;
    let Query(asked) = query.map_err(unreadable)?;
    let limit = limit(asked.limit)?;
    let wrong = |_| Fault::new(1017, "`after` is a place in the log: a whole number").at("after");
    let after = Seq(asked.after.as_deref().map_or(Ok(0), str::parse).map_err(wrong)?);
    let handle = app.shared.handle.clone();
    let reading = tokio::task::spawn_blocking(move || match asked.only {
        None => handle.events(after, limit).map(|mut found| {
            found.truncate(limit);
            let next = found.last().map_or(after, |(seq, _)| *seq);
            (found, next)
        }),
        Some(Only::Exceptions) => exceptions(&handle, after, limit),
    });
    let found = reading.await.map_err(|_| Fault::new(5005, "an error inside the server was contained"))?;
    let found = found.map_err(|why| {
        tracing::error!(%why, "the feed cannot be read");
        Fault::new(5010, "the events cannot be read; run onhand verify")
    })?;
    let book = wire::Book(app.shared.handle.directory());
    let (found, next) = found;
    // What was trained has happened to nobody.
    let real = found.iter().filter(|(_, record)| !record.location.is_training());
    let events = real.map(|(seq, record)| convert::event(*seq, record, &book)).collect();
    Ok(answer::json(&EventPage { events, next: Position(next) }))
}
