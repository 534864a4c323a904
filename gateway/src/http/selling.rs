//! The selling rules over HTTP: quotes, price books, promotions, tax classes without a rate.

use super::app::App;
use super::reads::{Answer, Asking, asked, reader, respond, unreadable};
use super::{answer, commands};
use crate::fault::Fault;
use crate::people;
use crate::rights::{self, Read};
use crate::wire;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use http::header::HeaderMap;
use onhand_engine::ids::Label;
use onhand_engine::people::By;
use onhand_engine::tax;
use onhand_engine::time::Millis;
use onhand_protocol::convert;
use onhand_protocol::limits::MESSAGE_BYTES_MAX;
use onhand_protocol::message::{Body, PriceBookList, PromotionPage};
use onhand_protocol::value::Time;
use serde::Deserialize;
use std::ops::Bound;
use std::sync::Arc;

pub(crate) async fn quote(State(app): State<Arc<App>>, request: Request) -> Response {
    respond(read_quote(&app, request).await)
}

async fn read_quote(app: &App, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let caller = app.caller(&head.headers)?;
    rights::check_op(&caller, "quote")?;
    let (body, approval) = Body::parse("quote", commands::read(app, body, MESSAGE_BYTES_MAX).await?.checked()?)?;
    rights::check(&caller, &body)?;
    people::check_approval(&body, approval.as_deref(), By::default)?;
    let Body::Quote(asked) = body else { return Err(Fault::new(5005, "a quote is a quote")) };
    let book = wire::Book(app.shared.handle.directory());
    Ok(answer::json(&convert::quote(&asked, caller.role().channel(), &book)?))
}

pub(crate) async fn price_books(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    respond(reader(&app, &headers, Read::Rules).map(|_| {
        let directory = app.shared.handle.directory();
        let (rules, names) = (directory.rules(), wire::Book(directory));
        let books = rules.books.list().iter().map(|book| convert::price_book_message(book, &names)).collect();
        answer::json(&PriceBookList { books })
    }))
}

pub(crate) async fn promotions(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    respond(read_promotions(&app, query, &headers))
}

fn read_promotions(app: &App, query: Asking, headers: &HeaderMap) -> Answer {
    reader(app, headers, Read::Rules)?;
    let asked = asked(query)?;
    let wrong = |_| Fault::new(1017, "`after` is not the `next` of a page").at("after");
    let after = asked.after.as_deref().map(Label::new).transpose().map_err(wrong)?;
    let directory = app.shared.handle.directory();
    let (rules, names) = (directory.rules(), wire::Book(directory));
    let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let page: Vec<_> = rules.promotions.after(from).take(asked.limit()).collect();
    let next = page.last().filter(|_| page.len() == asked.limit()).map(|last| last.code.to_string());
    let promotions = page.into_iter().map(|one| convert::promotion_message(one, &names)).collect();
    Ok(answer::json(&PromotionPage { promotions, next }))
}

/// The time that is asked about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    from: Option<Time>,
    until: Option<Time>,
}

pub(crate) async fn tax_gaps(
    State(app): State<Arc<App>>,
    query: Result<Query<Range>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    respond(read_tax_gaps(&app, query, &headers).await)
}

async fn read_tax_gaps(app: &App, query: Result<Query<Range>, QueryRejection>, headers: &HeaderMap) -> Answer {
    reader(app, headers, Read::Rules)?;
    let Query(Range { from, until }) = query.map_err(unreadable)?;
    let with_times = from.is_some() || until.is_some();
    let from = from.map_or_else(|| app.shared.handle.now(), |time| time.0);
    let until = until.map_or(from.plus(Millis(1)), |time| time.0);
    if until <= from {
        return Err(Fault::new(1001, "`until` is not after `from`").at("until"));
    }
    let handle = app.shared.handle.clone();
    // A whole catalogue is gone through: not on the thread of the sockets.
    let looking = tokio::task::spawn_blocking(move || {
        let directory = handle.directory();
        let gaps = tax::gaps(&directory.items(None, usize::MAX), &directory.locations(), from, until);
        convert::tax_gaps(&gaps, with_times, &wire::Book(directory))
    });
    let gaps = looking.await.map_err(|_| Fault::new(5005, "an error inside the server was contained"))?;
    Ok(answer::json(&gaps))
}
