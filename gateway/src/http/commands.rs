//! `POST /v1/{op}`: the same commands as on the WebSocket, the id in `Idempotency-Key`.

use super::answer;
use super::app::App;
use super::people::check_pin;
use crate::fault::Fault;
use crate::{card_numbers, cards, clock, giving, people, rights, training, wire};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use onhand_actors::port::Outcome;
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::limits::{IMPORT_BYTES_MAX, MESSAGE_BYTES_MAX};
use onhand_protocol::message::{self, Approval, Channel};
use onhand_protocol::value::Id;
use std::sync::Arc;

pub(crate) async fn command(State(app): State<Arc<App>>, Path(op): Path<String>, request: Request) -> Response {
    match run(&app, &op, request).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    }
}

async fn run(app: &Arc<App>, op: &str, request: Request) -> Result<Response, Fault> {
    let (head, body) = request.into_parts();
    let principal = app.caller(&head.headers)?;
    if !message::OPS.contains(&op) {
        return Err(Fault::new(1002, format!("there is no command {op:.40}")).at("op"));
    }
    rights::check_op(&principal, op)?;
    let by = app.by(&head.headers, &principal)?;
    let id = idempotency_key(&head.headers)?;
    let trains = training::is_asked(&head.headers, &principal)?;
    let large = matches!(op, "define_items" | "define_price_book" | "define_promotions" | "settle_payments");
    let received = read(app, body, if large { IMPORT_BYTES_MAX } else { MESSAGE_BYTES_MAX }).await?;
    let (mut body, approval) = if large {
        // A whole catalogue or price list takes a while to read: not on the thread of the sockets.
        let (op, received) = (op.to_owned(), received.clone());
        blocking(move || parse(&op, &received).map_err(|fault| fault.placed(&received.0))).await??
    } else {
        parse(op, &received)?
    };
    rights::check(&principal, &body)?;
    people::check_approval(&body, approval.as_deref(), || by)?;
    let approver = match approval {
        Some(approval) => {
            let checked = check_pin(app, by.device, (*approval).into()).await;
            Some(checked.map_err(|fault| people::in_approval(&fault))?.user)
        }
        None => None,
    };
    app.shared.guesses.check(&principal, &body, clock::now())?;
    cards::prepare(id, &mut body)?;
    let (by, channel, sale) = (By { approver, ..by }, principal.role().channel(), body.sale());
    let entered = match (body, sale) {
        (message::Body::SetPin(asked), _) => {
            let pin = app.shared.pins.hash(id.command(), &asked).await?;
            convert::set_pin(id.command(), asked, pin, channel)
        }
        (body, Some(sale)) => giving::enter(&app.shared.handle, (id, body, channel), sale, trains).await?,
        (body, None) if large => {
            let app = app.clone();
            blocking(move || enter(&app, channel, id, body).map_err(|fault| fault.placed(&received.0))).await??
        }
        (body, None) => enter(app, channel, id, body)?,
    };
    let book = wire::Book(app.shared.handle.directory());
    let Entered { command, asked } = if trains { entered.in_training(&book)? } else { entered };
    let outcome = app.decide(by, command).await?;
    if let Outcome::Refused(refusal) = &outcome {
        if *refusal == Refusal::UnknownAccount {
            app.shared.guesses.miss(principal, clock::now());
        }
        return Err(asked.refusal(refusal, &wire::Book(app.shared.handle.directory())).into());
    }
    let mut text = Vec::with_capacity(256);
    wire::write_reply(&mut text, &app.shared.handle, &asked, &outcome);
    Ok(answer::bytes(text))
}

fn parse(op: &str, received: &Received) -> Result<(message::Body, Option<Box<Approval>>), Fault> {
    Ok(message::Body::parse(op, received.checked()?)?)
}

fn enter(app: &App, channel: Channel, id: Id, body: message::Body) -> Result<Entered, Fault> {
    let book = wire::Book(app.shared.handle.directory());
    Ok(convert::command(id.command(), body, channel, &book)?)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::new(5005, "an error inside the server was contained"))
}

/// The id of the command, as UUID, in quotes or without.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Id, Fault> {
    let missing = || {
        let text = "send Idempotency-Key with a UUID made when the customer decided, the same one for every try";
        Fault::new(1009, text).at("Idempotency-Key")
    };
    let value = headers.get("idempotency-key").ok_or_else(missing)?;
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    text.parse().map_err(|_| Fault::new(1009, "the Idempotency-Key is not a UUID").at("Idempotency-Key"))
}

/// A body that was received and not yet looked at.
#[derive(Clone)]
pub(crate) struct Received(Bytes);

impl Received {
    /// Its bytes, which have no card number in them.
    pub(crate) fn checked(&self) -> Result<&[u8], Fault> {
        card_numbers::check_json(&self.0)?;
        Ok(&self.0)
    }
}

/// The whole body, if it is not too large and does not take too long.
pub(crate) async fn read(app: &App, body: Body, max: usize) -> Result<Received, Fault> {
    let whole = tokio::time::timeout(app.shared.limits.body, Limited::new(body, max).collect()).await;
    match whole {
        Ok(Ok(whole)) => Ok(Received(whole.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Fault::new(1006, format!("the body has more than {max} bytes")))
        }
        Ok(Err(_)) => Err(Fault::new(1001, "the body ended early")),
        Err(_) => Err(Fault::new(1001, "the body did not come in time")),
    }
}
