//! People over HTTP: a PIN for a short-lived token, and who works here.

use super::answer;
use super::app::App;
use super::commands::read;
use super::reads::reader;
use crate::fault::Fault;
use crate::people::Signed;
use crate::rights::{self, Read};
use crate::wire;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use onhand_engine::catalogue::KeyId;
use onhand_protocol::convert;
use onhand_protocol::limits::MESSAGE_BYTES_MAX;
use onhand_protocol::message::{SignIn, SignedIn};
use onhand_protocol::value::Time;
use std::sync::Arc;

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let list = reader(&app, &headers, Read::People).map(|_| {
        let directory = app.shared.handle.directory();
        answer::json(&convert::people(&directory.people(), &wire::Book(directory)))
    });
    list.unwrap_or_else(IntoResponse::into_response)
}

pub(crate) async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Response {
    match signed_in(&app, request).await {
        Ok(signed_in) => answer::json(&signed_in),
        Err(fault) => fault.into_response(),
    }
}

async fn signed_in(app: &App, request: Request) -> Result<SignedIn, Fault> {
    let (head, body) = request.into_parts();
    let principal = app.caller(&head.headers)?;
    rights::check_op(&principal, "sign_in")?;
    let device = principal.device();
    let asked = SignIn::parse(read(app, body, MESSAGE_BYTES_MAX).await?.checked()?)?;
    let signed = check_pin(app, device, asked).await?;
    let shared = &app.shared;
    let people = shared.handle.directory().people();
    let gone = || Fault::new(4018, "user and PIN do not belong together");
    let user = people.user(signed.user).ok_or_else(gone)?;
    let device = device.ok_or_else(gone)?;
    let (token, expires) = shared.tokens.issue_person(device, signed, shared.handle.now());
    Ok(SignedIn { token: Some(token), expires: Some(Time(expires)), ..convert::signed_in(&people, user) })
}

/// Whether a PIN that was shown at a device is right.
pub(crate) async fn check_pin(app: &App, device: Option<KeyId>, asked: SignIn) -> Result<Signed, Fault> {
    let device = device.ok_or_else(|| Fault::new(4004, "people sign in at devices with a key"))?;
    app.shared.pins.check(&app.shared, device, asked).await
}
