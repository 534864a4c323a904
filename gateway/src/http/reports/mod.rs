//! Central reports: what was sold and how it was paid, over stores, tills, people, days and goods. They are read from
//! the log itself, so they say what the Zs say, and are as of its last record.

mod asked;
mod table;

use super::answer;
use super::app::App;
use super::reads::{Answer, reader, respond};
use crate::fault::Fault;
use crate::office::Wanted;
use crate::rights::Read;
use crate::wire;
use asked::{Asked, Asking, Form, Kind};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue};
use onhand_actors::directory::Directory;
use onhand_actors::handle::Handle;
use onhand_actors::scanning::{Found, Scan};
use onhand_engine::event::Record;
use onhand_engine::ids::{LocationId, Seq, SkuId};
use onhand_engine::money::Currency;
use onhand_engine::report::{About, Full, Key, ROWS_MAX, Report, SalesSums, TenderSums};
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Timestamp;
use onhand_protocol::convert;
use onhand_protocol::message::{ReportPage, ReportRows, SalesRow, TenderRow};
use onhand_protocol::value::{Day, Position, Time};
use serde::Serialize;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Records that one report may look at.
const RECORDS_MAX: u64 = 50_000_000;

pub(crate) async fn sales(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    respond(report::<SalesSums>(&app, query, &headers).await)
}

pub(crate) async fn tenders(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    respond(report::<TenderSums>(&app, query, &headers).await)
}

async fn report<S: Sums>(app: &App, query: Asking, headers: &HeaderMap) -> Answer {
    reader(app, headers, Read::Reports)?;
    let handle = app.shared.handle.clone();
    let asked = Asked::read(S::KIND, query, &wire::Book(handle.directory()), handle.now())?;
    let form = asked.form;
    let name = format!("attachment; filename=\"{}-{}-{}.csv\"", S::KIND.name(), asked.scope.from, asked.scope.until);
    let make = move |wanted: &Wanted<_>| make::<S>(&handle, &asked, wanted);
    let text = app.shared.office.make(app.shared.stopping.clone(), make).await??;
    if form == Form::Json {
        return Ok(answer::bytes(text));
    }
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// What a kind of report adds up, and its rows on the wire.
trait Sums: Default + Send + 'static {
    const KIND: Kind;
    type Row: Serialize;
    fn take(report: &mut Report<Self>, record: &Record, about: &Known<'_>) -> Result<(), Full>;
    fn measure(&self, name: &str) -> i64;
    fn row(&self, key: &Key, names: &wire::Book<'_>) -> Self::Row;
    fn rows(rows: Vec<Self::Row>) -> ReportRows;
}

impl Sums for SalesSums {
    const KIND: Kind = Kind::Sales;
    type Row = SalesRow;

    fn take(report: &mut Report<Self>, record: &Record, about: &Known<'_>) -> Result<(), Full> {
        report.take(record, about)
    }

    fn measure(&self, name: &str) -> i64 {
        match name {
            "net" => self.net().0,
            "margin" => self.margin().0,
            "sold_qty" => self.sold_qty.milli(),
            "discounts" => self.discounts.amount.0,
            _ => self.gross().0,
        }
    }

    fn row(&self, key: &Key, names: &wire::Book<'_>) -> SalesRow {
        convert::sales_row(key, self, names)
    }

    fn rows(rows: Vec<SalesRow>) -> ReportRows {
        ReportRows::Sales(rows)
    }
}

impl Sums for TenderSums {
    const KIND: Kind = Kind::Tenders;
    type Row = TenderRow;

    fn take(report: &mut Report<Self>, record: &Record, about: &Known<'_>) -> Result<(), Full> {
        report.take(record, about)
    }

    fn measure(&self, _: &str) -> i64 {
        self.net().0
    }

    fn row(&self, key: &Key, names: &wire::Book<'_>) -> TenderRow {
        convert::tender_row(key, self, names)
    }

    fn rows(rows: Vec<TenderRow>) -> ReportRows {
        ReportRows::Tenders(rows)
    }
}

/// What the directory knows for reports.
struct Known<'a>(&'a Directory);

impl About for Known<'_> {
    fn place(&self, location: LocationId) -> Option<(Currency, PriceBasis)> {
        self.0.location(location).map(|place| (place.currency, place.tax.basis))
    }

    fn category(&self, sku: SkuId) -> Arc<str> {
        self.0.item(sku).map_or_else(|| Arc::from(""), |item| item.category.clone())
    }
}

/// Reads the log and writes the whole answer: on the report's own thread.
fn make<S: Sums>(handle: &Handle, asked: &Asked, wanted: &Wanted<Result<Vec<u8>, Fault>>) -> Result<Vec<u8>, Fault> {
    let newest = handle.last_seq();
    let (last, skip) = asked.after.unwrap_or((newest, 0));
    if last > newest {
        return Err(Fault::new(1017, "`after` is not the `next` of a page").at("after"));
    }
    let only = asked.scope.location;
    let is_meant = |location: LocationId| !location.is_training() && only.is_none_or(|only| only == location);
    let sessions = handle.sessions(is_meant);
    let mut report = Report::<S>::new(asked.scope.clone(), asked.groups.clone(), sessions);
    let (from, until) = report.window();
    let about = Known(handle.directory());
    let mut why_not = None;
    let tell = |found: Found<'_>| {
        why_not = match found {
            Found::Record(record) => S::take(&mut report, record, &about).err().map(|Full| too_many_rows()),
            Found::Pause(_) if !wanted.is_wanted() => Some(Fault::new(5004, "the server is shutting down")),
            Found::Pause(records) if records > RECORDS_MAX => Some(too_much()),
            Found::Pause(_) => {
                std::thread::yield_now();
                None
            }
        };
        if why_not.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let scanned = handle.scan(Scan { last, from, until }, is_meant, tell).map_err(|why| {
        tracing::error!(%why, "a report cannot be made");
        Fault::new(5010, "the log cannot be read; run onhand verify")
    })?;
    if let Some(fault) = why_not {
        return Err(fault);
    }
    let by = asked.sort.as_deref().map(|name| move |sums: &S| sums.measure(name));
    let rows = report.finish().1.sorted(by);
    let names = wire::Book(handle.directory());
    if asked.form == Form::Table {
        return table::write(S::KIND, &asked.groups, rows.iter().map(|(key, sums)| sums.row(key, &names)));
    }
    let page: Vec<S::Row> = rows.iter().skip(skip).take(asked.limit).map(|(key, sums)| sums.row(key, &names)).collect();
    let shown = skip.saturating_add(page.len());
    let next = (shown < rows.len()).then(|| format!("{}-{shown}", last.0));
    answered(asked, (last, scanned.oldest), S::rows(page), rows.len(), next)
}

fn answered(
    asked: &Asked,
    (last, oldest): (Seq, Option<Timestamp>),
    rows: ReportRows,
    row_count: usize,
    next: Option<String>,
) -> Result<Vec<u8>, Fault> {
    let page = ReportPage {
        from: Day(asked.scope.from),
        until: Day(asked.scope.until),
        group_by: asked.groups.iter().map(|group| group.name().to_owned()).collect(),
        utc_offset_min: asked.scope.clocks.offset_min(),
        as_of: Position(last),
        oldest: oldest.map(Time),
        row_count: u64::try_from(row_count).unwrap_or(u64::MAX),
        rows,
        next,
    };
    serde_json::to_vec(&page).map_err(|_| Fault::new(5005, "the answer could not be written"))
}

fn too_many_rows() -> Fault {
    let text = format!("it would have more than {ROWS_MAX} rows: group by less, or ask for less");
    Fault::new(1052, text).at("group_by")
}

fn too_much() -> Fault {
    let text = format!("it would read more than {RECORDS_MAX} records: ask for fewer days");
    Fault::new(1053, text).at("from")
}
