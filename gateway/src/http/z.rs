//! Closed till sessions: the Z with its journal, and the journal as a table for the bookkeeping. Both are read from
//! the record that closed the session, so they are the same whenever they are asked for.

use super::answer;
use super::app::App;
use super::reads::{place, reader, respond};
use crate::fault::Fault;
use crate::rights::{self, Read};
use crate::training;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use onhand_engine::ids::{SessionNo, TillNo};
use onhand_protocol::convert;
use onhand_protocol::message::{Account, Channel, JournalEntry, Posting, Report, TenderType, Z};
use onhand_protocol::value::{Amount, Currency, Day, LocationCode, Time};
use std::sync::Arc;

type Spot = Path<(String, String, String)>;

pub(crate) async fn z(State(app): State<Arc<App>>, Path(spot): Spot, headers: HeaderMap) -> Response {
    respond(find(&app, spot, &headers).await.map(|z| answer::json(&z)))
}

pub(crate) async fn journal(State(app): State<Arc<App>>, Path(spot): Spot, headers: HeaderMap) -> Response {
    respond(find(&app, spot, &headers).await.and_then(|z| download(&z)))
}

async fn find(app: &App, (location, till, session): (String, String, String), headers: &HeaderMap) -> Result<Z, Fault> {
    let caller = reader(app, headers, Read::Drawers)?;
    let place = place(app, &location)?;
    let till =
        till.parse().map(TillNo).map_err(|_| Fault::new(1001, "a till has a number from 1 to 9999").at("till"))?;
    let with_costs = rights::check_read(&caller, Read::Reports).is_ok();
    let wrong = |_| Fault::new(1001, "a session is a whole number").at("session");
    let session = session.parse().map(SessionNo).map_err(wrong)?;
    let (handle, location) =
        (app.shared.handle.clone(), training::ledger(place.id, training::is_asked(headers, &caller)?));
    let reading = tokio::task::spawn_blocking(move || handle.closed_session(location, till, session));
    let found = reading.await.map_err(|_| Fault::new(5005, "an error inside the server was contained"))?;
    let found = found.map_err(|why| {
        tracing::error!(%why, "a closed session cannot be read");
        Fault::new(5010, "the session cannot be read; run onhand verify")
    })?;
    let z = found.and_then(|(seq, record)| convert::z(seq, &record, &place, with_costs));
    z.ok_or_else(|| {
        Fault::new(1015, "this till has no Z of this number: the session is open, or never was").at("session")
    })
}

/// The columns of a journal, for good: a new one goes to the end.
const COLUMNS: [&str; 17] = [
    "location",
    "till",
    "z",
    "business_day",
    "closed",
    "line",
    "account",
    "code",
    "posting",
    "tender",
    "channel",
    "rate_ppm",
    "late_session",
    "debit",
    "credit",
    "currency",
    "unknown_lines",
];

/// One line, with what it is a line of.
type Row<'a> = (
    (&'a LocationCode, u16, u32, Day, Time, usize),
    (Account, &'a str, Posting, Option<TenderType>, Option<Channel>, Option<u32>, Option<u32>),
    (Amount, Amount, Currency, u64),
);

fn download(z: &Z) -> Result<Response, Fault> {
    let text = table(z).map_err(|why| {
        tracing::error!(%why, "a journal cannot be written as a table");
        Fault::new(5005, "an error inside the server was contained")
    })?;
    let report = &z.report;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"z-{}-{}-{}.csv\"", report.location, report.till, report.session);
    // A location's code may have letters that a header cannot: then the browser names the file.
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A line each, amounts in minor units.
fn table(z: &Z) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for (no, entry) in (1..).zip(&z.journal) {
        writer.serialize(row(z, no, entry))?;
    }
    writer.into_inner().map_err(|why| csv::Error::from(why.into_error()))
}

fn row<'a>(z: &'a Z, no: usize, entry: &'a JournalEntry) -> Row<'a> {
    let Report { location, till, session, business_day, currency, .. } = &z.report;
    let JournalEntry { account, code, posting, tender, channel, rate_ppm, late_session, unknown_lines, debit, credit } =
        entry;
    (
        (location, *till, *session, *business_day, z.time, no),
        (*account, code, *posting, *tender, *channel, *rate_ppm, *late_session),
        (*debit, *credit, *currency, *unknown_lines),
    )
}
