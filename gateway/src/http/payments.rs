//! `GET /v1/payments`: the payments of a location that are not ended. At both addresses.

use super::answer;
use super::app::App;
use super::reads::{self, Answer, Asking};
use crate::fault::Fault;
use crate::payments::message;
use crate::rights::Read;
use crate::training;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use onhand_protocol::message::PaymentPage;
use onhand_protocol::value::Id;
use std::sync::Arc;

pub(crate) async fn list(State(app): State<Arc<App>>, query: Asking, headers: HeaderMap) -> Response {
    reads::respond(read(&app, query, &headers))
}

fn read(app: &App, query: Asking, headers: &HeaderMap) -> Answer {
    let caller = reads::reader(app, headers, Read::Payments)?;
    let asked = reads::asked(query)?;
    let missing = || Fault::new(1001, "say where: ?location=CODE").at("location");
    let location = asked.location(app)?.ok_or_else(missing)?;
    let after = asked.after.as_deref().map(str::parse::<Id>).transpose();
    let after = after.map_err(|_| Fault::new(1017, "`after` is not the `next` of a page").at("after"))?;
    let handle = &app.shared.handle;
    let at = training::ledger(location.id, training::is_asked(headers, &caller)?);
    let mut open = handle.payments(at);
    open.retain(|change| after.is_none_or(|after| change.id.0 > after.0));
    let next = (open.len() > asked.limit()).then(|| open.get(asked.limit() - 1)).flatten();
    let next = next.map(|last| Id::from(last.id));
    open.truncate(asked.limit());
    let payments = open.iter().filter_map(|change| message(handle, change)).collect();
    Ok(answer::json(&PaymentPage { payments, next }))
}
