//! Keys over HTTP, for administrators. A secret is shown once, when it is made.

use super::answer;
use super::app::App;
use super::commands::{idempotency_key, read};
use crate::fault::Fault;
use crate::keys::mint;
use crate::{rights, wire};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use onhand_actors::port::Outcome;
use onhand_engine::catalogue::{Key, KeyId, Role};
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::ids::{Label, LocationId};
use onhand_engine::people::By;
use onhand_protocol::convert;
use onhand_protocol::limits::MESSAGE_BYTES_MAX;
use onhand_protocol::message::CreateKey;
use onhand_protocol::message::read::KeyList;
use onhand_protocol::value::Id;
use std::sync::Arc;

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    respond(admin(&app, &headers).map(|_| {
        let keys = app.shared.handle.directory().keys();
        answer::json(&KeyList { keys: keys.iter().map(|key| convert::key_message(key, None)).collect() })
    }))
}

pub(crate) async fn create(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let creating = async {
        let by = admin(&app, &head.headers)?;
        let asked = CreateKey::parse(read(&app, body, MESSAGE_BYTES_MAX).await?.checked()?)?;
        let role =
            asked.role.of_key().ok_or_else(|| Fault::new(1001, "a shopper has a token, not a key").at("role"))?;
        make(&app, &head.headers, by, role, asked.holder.0).await
    };
    respond(creating.await)
}

/// A second key for the same holder; the first is good until it is revoked.
pub(crate) async fn rotate(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let rotating = async {
        let by = admin(&app, &headers)?;
        let old = find(&app, &id)?;
        make(&app, &headers, by, old.role, old.holder).await
    };
    respond(rotating.await)
}

pub(crate) async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let revoking = async {
        let by = admin(&app, &headers)?;
        let key = find(&app, &id)?;
        store(&app, &headers, by, Action::RevokeKey { key: key.id }).await?;
        Ok(answer::json(&convert::key_message(&find(&app, &id)?, None)))
    };
    respond(revoking.await)
}

async fn make(app: &App, headers: &HeaderMap, by: By, role: Role, holder: Label) -> Result<Response, Fault> {
    let minted = mint(role, holder, app.shared.handle.now());
    let minted = minted.map_err(|_| Fault::new(5005, "no key can be made now"))?;
    store(app, headers, by, Action::CreateKey { key: minted.key.clone() }).await?;
    tracing::info!(id = convert::key_id(minted.key.id), role = role.name(), "key made");
    Ok(answer::json(&convert::key_message(&minted.key, Some(minted.text))))
}

/// A repeat with the same Idempotency-Key is refused with 1008: a secret is never shown twice.
async fn store(app: &App, headers: &HeaderMap, by: By, action: Action) -> Result<(), Fault> {
    let given = headers.contains_key("idempotency-key");
    let id = if given { idempotency_key(headers)? } else { Id::mint() };
    let command = Command { id: id.command(), location: LocationId::CHAIN, channel: Channel::Till, action };
    match app.decide(by, command).await? {
        Outcome::Done { .. } => Ok(()),
        Outcome::Refused(refusal) => Err(convert::refusal(&refusal, &wire::Book(app.shared.handle.directory())).into()),
    }
}

/// Who asks, if they may.
fn admin(app: &App, headers: &HeaderMap) -> Result<By, Fault> {
    let caller = app.caller(headers)?;
    rights::check_keys(&caller)?;
    app.by(headers, &caller)
}

fn find(app: &App, id: &str) -> Result<Key, Fault> {
    let number = (id.len() == 16).then(|| u64::from_str_radix(id, 16).ok()).flatten();
    let key = number.and_then(|number| app.shared.handle.directory().key(KeyId(number)));
    key.ok_or_else(|| Fault::new(4007, "there is no key with this id; GET /v1/keys lists them"))
}

fn respond(result: Result<Response, Fault>) -> Response {
    result.unwrap_or_else(IntoResponse::into_response)
}
