//! What is asked of Stripe's API over HTTP, and what it says.

use crate::https::{Https, Trouble};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::time::Duration;

/// The version of the API whose answers are read here.
const VERSION: &str = "2024-06-20";
/// The wait before what was not taken is sent again; doubles with each try.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// One account at Stripe.
pub(super) struct Api {
    https: Https,
    /// Never shown: a header that says so.
    authorisation: HeaderValue,
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// Stripe said no.
    Refused(StatusCode, Fault),
    /// It is not known whether it was done.
    Known,
}

/// What Stripe says is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Fault {
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
}

impl Fault {
    /// Why, in Stripe's word for it.
    pub(super) fn reason(&self) -> Option<String> {
        let generic = |code: &String| code == "card_declined";
        let code = self.code.clone();
        let finer = self.decline_code.clone().filter(|_| code.as_ref().is_none_or(generic));
        finer.or(code).or_else(|| self.message.clone())
    }
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(default)]
    error: Fault,
}

/// A part of an answer that is there whole where it was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Part<T> {
    Whole(T),
    #[allow(dead_code, reason = "only that it is no whole one counts")]
    Name(String),
}

impl<T> Part<T> {
    pub(super) fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(whole) => Some(whole),
            Self::Name(_) => None,
        }
    }
}

/// A `PaymentIntent`.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) last_payment_error: Option<Fault>,
    pub(super) latest_charge: Option<Part<Charge>>,
    pub(super) payment_method: Option<Part<PaymentMethod>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    pub(super) payment_method_details: Option<Details>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Details {
    pub(super) card: Option<Card>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentMethod {
    pub(super) id: String,
    pub(super) card: Option<Card>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Card {
    pub(super) brand: Option<String>,
    pub(super) last4: Option<String>,
    pub(super) authorization_code: Option<String>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) failure_reason: Option<String>,
}

/// What we have put to a refund.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) refund: Option<String>,
}

/// Those of one intent.
#[derive(Debug, Deserialize)]
pub(super) struct Refunds {
    pub(super) data: Vec<Refund>,
}

/// The fields of a request, as a form.
#[derive(Default)]
pub(super) struct Form(String);

impl Form {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.encode(name);
        self.0.push('=');
        self.encode(value);
        self
    }

    fn encode(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => self.0.push(byte.into()),
                // A String takes whatever is written.
                _ => drop(write!(self.0, "%{byte:02X}")),
            }
        }
    }
}

impl Api {
    pub(super) fn new(https: Https, secret: &str) -> Option<Self> {
        let mut authorisation = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
        authorisation.set_sensitive(true);
        Some(Self { https, authorisation })
    }

    /// Reads.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, Not> {
        let path = if form.0.is_empty() { path.to_owned() } else { format!("{path}?{}", form.0) };
        self.send(&Method::GET, &path, None, Bytes::new()).await
    }

    /// Has something done. What has a `key` is done once, however often it is sent.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, form: Form, key: Option<&str>) -> Result<T, Not> {
        self.send(&Method::POST, path, key, form.0.into()).await
    }

    /// What was not taken is sent again, until whoever waits for it gives up.
    async fn send<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<T, Not> {
        let mut wait = FIRST_WAIT;
        loop {
            let request = self.request(method, path, key, body.clone()).ok_or(Not::Known)?;
            match self.https.send(request).await {
                Ok((status, body)) if status.is_success() => {
                    return serde_json::from_slice(&body).map_err(|_| Not::Known);
                }
                Ok((status, body)) if !is_later(status) => return Err(refused(path, status, &body)),
                Err(Trouble::NoAnswer) => return Err(Not::Known),
                Ok(_) | Err(Trouble::NotSent) => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn request(&self, method: &Method, path: &str, key: Option<&str>, body: Bytes) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(AUTHORIZATION, &self.authorisation).header("stripe-version", VERSION);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.body(Full::new(body)).ok()
    }
}

/// Whether it was not taken, and may be later: too many requests, or another one about the same thing.
fn is_later(status: StatusCode) -> bool {
    matches!(status, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS)
}

/// A server that fails may have done it.
fn refused(path: &str, status: StatusCode, body: &[u8]) -> Not {
    let fault = serde_json::from_slice::<Wrong>(body).map(|wrong| wrong.error).unwrap_or_default();
    if status != StatusCode::PAYMENT_REQUIRED {
        let status = status.as_u16();
        tracing::warn!(path, status, reason = fault.reason(), "the provider does not do it");
    }
    if status.is_client_error() { Not::Refused(status, fault) } else { Not::Known }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_form_says_what_was_meant() {
        let form = Form::default().with("metadata[sale]", "a b&c=d/é").with("amount", "5");
        assert_eq!(form.0, "metadata%5Bsale%5D=a%20b%26c%3Dd%2F%C3%A9&amount=5");
    }

    #[test]
    fn a_refusal_is_told_by_its_finest_word() {
        let reason = |text: &str| serde_json::from_str::<Fault>(text).unwrap().reason();
        assert_eq!(
            reason(r#"{"code": "card_declined", "decline_code": "insufficient_funds", "message": "m"}"#).unwrap(),
            "insufficient_funds"
        );
        assert_eq!(reason(r#"{"code": "expired_card", "decline_code": "x"}"#).unwrap(), "expired_card");
        assert_eq!(reason(r#"{"message": "No such token"}"#).unwrap(), "No such token");
        assert_eq!(reason("{}"), None);
    }

    #[test]
    fn what_may_have_been_done_is_not_known() {
        let of = |status: u16| refused("/", StatusCode::from_u16(status).unwrap(), b"<html>");
        assert_eq!(of(500), Not::Known);
        assert_eq!(of(503), Not::Known);
        assert_eq!(of(302), Not::Known);
        assert!(matches!(of(402), Not::Refused(..)));
        assert!(is_later(StatusCode::CONFLICT) && is_later(StatusCode::TOO_MANY_REQUESTS));
    }
}
