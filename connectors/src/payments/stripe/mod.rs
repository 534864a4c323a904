//! Stripe's `PaymentIntents`: <https://docs.stripe.com/api/payment_intents>.
//!
//! An intent is made first, which charges nothing; the server keeps its name before it is confirmed. So an
//! inquiry asks by this name, however long after. One that finds an intent nobody has confirmed cancels it:
//! a confirmation that is still on its way then finds nothing to charge, and the answer stays true.
//!
//! Amounts are approved first and captured with their sale. A refund carries our id of it: whoever sends it
//! looks for it first, and Stripe takes the same one once.

mod amount;
mod api;

use super::driver::{Answer, Approved, Provider, Ready};
use crate::https::{AddressError, Https};
use amount::units;
use api::{Api, Card, Form, Intent, Not, Part, Refund, Refunds};
use hyper::StatusCode;
use onhand_protocol::message::{CardMessage, PaymentMessage};
use onhand_protocol::value::{Amount, Id};
use serde::de::IgnoredAny;

/// Where Stripe's API is.
pub const STRIPE: &str = "https://api.stripe.com";

/// The most refunds of one payment that there are, here and so there.
const REFUNDS_MAX: &str = "100";

/// Why an account at Stripe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// Its address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The secret.
    #[error("the secret key of a Stripe account begins with sk_ or rk_ and has no spaces")]
    NoSecret,
    /// Stripe does not know it, or it may not do this.
    #[error("Stripe refuses the secret key ({0}): it must read and write PaymentIntents and refunds")]
    Refused(u16),
}

/// An account at Stripe.
pub struct Stripe {
    api: Api,
}

impl Stripe {
    /// An account by the address of the API and a secret key.
    ///
    /// # Errors
    /// [`StripeError`] says what is wrong with them.
    pub fn new(url: &str, secret: &str) -> Result<Self, StripeError> {
        let https = Https::new(url)?;
        let secret = secret.trim();
        if !(secret.starts_with("sk_") || secret.starts_with("rk_")) {
            return Err(StripeError::NoSecret);
        }
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StripeError::NoSecret);
        }
        Ok(Self { api: Api::new(https, secret).ok_or(StripeError::NoSecret)? })
    }

    /// Whether Stripe takes the secret. That it cannot be reached says nothing about that.
    ///
    /// # Errors
    /// [`StripeError::Refused`].
    pub async fn check(&self) -> Result<(), StripeError> {
        let asked = self.api.get::<IgnoredAny>("/v1/payment_intents", Form::default().with("limit", "1"));
        match asked.await {
            Err(Not::Refused(status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), _)) => {
                Err(StripeError::Refused(status.as_u16()))
            }
            _ => Ok(()),
        }
    }

    async fn intent(&self, name: &str) -> Result<Intent, Not> {
        self.api.get(&path(name, ""), whole(Form::default())).await
    }

    /// Cancels what was not charged; what stands afterwards.
    async fn cancel(&self, name: &str) -> Result<Intent, Not> {
        match self.api.post(&path(name, "/cancel"), Form::default(), None).await {
            // It may have been cancelled before, or charged meanwhile.
            Err(Not::Refused(..)) => self.intent(name).await,
            said => said,
        }
    }

    /// Nobody confirms it any more.
    async fn end(&self, name: &str, why: &str) -> Answer {
        match self.cancel(name).await {
            Ok(intent) if intent.status == "canceled" => Answer::Declined(Some(why.to_owned())),
            Ok(intent) => decided(&intent).unwrap_or(Answer::Nothing),
            Err(_) => Answer::Nothing,
        }
    }

    async fn settled(&self, intent: Result<Intent, Not>) -> Answer {
        match intent {
            Ok(intent) if intent.status == "requires_action" => self.end(&intent.id, "authentication_required").await,
            Ok(intent) if intent.status == "requires_confirmation" => self.end(&intent.id, "it was never sent").await,
            Ok(intent) => decided(&intent).unwrap_or(Answer::Nothing),
            Err(_) => Answer::Nothing,
        }
    }
}

/// The path of an intent, which Stripe has named.
fn path(name: &str, more: &str) -> String {
    let name: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    format!("/v1/payment_intents/{name}{more}")
}

/// With the card.
fn whole(form: Form) -> Form {
    form.with("expand[0]", "latest_charge").with("expand[1]", "payment_method")
}

/// What became of an intent; nothing while that is open.
fn decided(intent: &Intent) -> Option<Answer> {
    let approved = |taken| Answer::Approved(Approved { transaction: intent.id.clone(), card: card(intent), taken });
    Some(match intent.status.as_str() {
        "requires_capture" => approved(false),
        "succeeded" => approved(true),
        "requires_payment_method" => {
            Answer::Declined(intent.last_payment_error.as_ref().and_then(|fault| fault.reason()))
        }
        "canceled" => Answer::Declined(Some("canceled".to_owned())),
        _ => return None,
    })
}

/// What is known of the card. What is longer than a receipt has room for is left out.
fn card(intent: &Intent) -> CardMessage {
    let charge = intent.latest_charge.as_ref().and_then(Part::whole);
    let charged = charge.and_then(|charge| charge.payment_method_details.as_ref()?.card.as_ref());
    let method = intent.payment_method.as_ref().and_then(Part::whole);
    let shown = |of: fn(&Card) -> Option<&String>, max: usize| {
        let either = charged.and_then(of).or_else(|| method?.card.as_ref().and_then(of));
        either.filter(|text| text.len() <= max).cloned()
    };
    CardMessage {
        brand: shown(|card| card.brand.as_ref(), 32),
        last4: shown(|card| card.last4.as_ref(), 4),
        token: method.map(|method| method.id.clone()).filter(|token| token.len() <= 64),
        authorisation: shown(|card| card.authorization_code.as_ref(), 16),
    }
}

/// Why something is not done, where Stripe says so.
fn failed(why: Not) -> Answer {
    match why {
        Not::Refused(status, fault) => {
            Answer::Failed(fault.reason().unwrap_or_else(|| format!("refused with {}", status.as_u16())))
        }
        Not::Known => Answer::Nothing,
    }
}

fn done(refund: &Refund) -> Answer {
    match refund.status.as_deref() {
        Some("succeeded") => Answer::Done,
        Some("failed" | "canceled") => Answer::Declined(refund.failure_reason.clone()),
        Some(other) => {
            let why = refund.failure_reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            Answer::Failed(format!("the refund is {other}{why}"))
        }
        None => Answer::Nothing,
    }
}

impl Provider for Stripe {
    async fn prepare(&self, payment: &PaymentMessage) -> Ready {
        let Some(token) = &payment.token else { return Ready::Never("no token of a card was given".to_owned()) };
        let Some(amount) = units(payment.amount.0, payment.currency.0) else {
            return Ready::Never("the provider has no such amount".to_owned());
        };
        let form = Form::default()
            .with("amount", &amount.to_string())
            .with("currency", &payment.currency.0.as_str().to_ascii_lowercase())
            .with("capture_method", "manual")
            .with("payment_method_types[0]", "card")
            .with("payment_method", token)
            .with("metadata[payment]", &payment.payment.to_string())
            .with("metadata[sale]", &payment.sale.to_string())
            .with("metadata[location]", payment.location.as_str());
        match self.api.post::<Intent>("/v1/payment_intents", form, Some(&payment.payment.to_string())).await {
            Ok(intent) => Ready::Yes(Some(intent.id)),
            Err(Not::Refused(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) | Not::Known) => Ready::NotNow,
            Err(Not::Refused(_, fault)) => Ready::Never(fault.reason().unwrap_or_else(|| "refused".to_owned())),
        }
    }

    async fn authorise(&self, payment: &PaymentMessage) -> Answer {
        let Some(name) = &payment.transaction else { return Answer::Nothing };
        let key = format!("{}-confirm", payment.payment);
        match self.api.post(&path(name, "/confirm"), whole(Form::default()), Some(&key)).await {
            Err(Not::Refused(StatusCode::PAYMENT_REQUIRED, fault)) => Answer::Declined(fault.reason()),
            said => self.settled(said).await,
        }
    }

    async fn inquire(&self, payment: &PaymentMessage) -> Answer {
        // What has no name was never sent: it is kept before anything is.
        let Some(name) = &payment.transaction else { return Answer::NotFound };
        self.settled(self.intent(name).await).await
    }

    async fn capture(&self, payment: &PaymentMessage, amount: Amount) -> Answer {
        let Some(name) = &payment.transaction else { return Answer::NotFound };
        let Some(amount) = units(amount.0, payment.currency.0) else {
            return Answer::Failed("the provider has no such amount".to_owned());
        };
        let form = Form::default().with("amount_to_capture", &amount.to_string());
        match self.api.post::<Intent>(&path(name, "/capture"), form, None).await {
            Ok(intent) if intent.status == "succeeded" => Answer::Done,
            Ok(_) => Answer::Nothing,
            Err(why) => match self.intent(name).await {
                Ok(intent) if intent.status == "succeeded" => Answer::Done,
                _ => failed(why),
            },
        }
    }

    async fn void(&self, payment: &PaymentMessage) -> Answer {
        let Some(name) = &payment.transaction else { return Answer::NotFound };
        match self.cancel(name).await {
            Ok(intent) if intent.status == "canceled" => Answer::Done,
            Ok(intent) => Answer::Failed(format!("the intent is {}", intent.status)),
            Err(why) => failed(why),
        }
    }

    async fn refund(&self, payment: &PaymentMessage, refund: Id, amount: Amount) -> Answer {
        let Some(name) = &payment.transaction else { return Answer::NotFound };
        let Some(amount) = units(amount.0, payment.currency.0) else {
            return Answer::Failed("the provider has no such amount".to_owned());
        };
        let id = refund.to_string();
        let sent = Form::default().with("payment_intent", name).with("limit", REFUNDS_MAX);
        match self.api.get::<Refunds>("/v1/refunds", sent).await {
            Ok(sent) => {
                if let Some(known) = sent.data.iter().find(|one| one.metadata.refund.as_ref() == Some(&id)) {
                    return done(known);
                }
            }
            Err(why) => return failed(why),
        }
        let form = Form::default()
            .with("payment_intent", name)
            .with("amount", &amount.to_string())
            .with("metadata[refund]", &id)
            .with("metadata[payment]", &payment.payment.to_string());
        // One return may give back of two payments, under its one name.
        let key = format!("{}-{id}", payment.payment);
        match self.api.post::<Refund>("/v1/refunds", form, Some(&key)).await {
            Ok(refund) => done(&refund),
            // It will say so however often it is asked.
            Err(Not::Refused(StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED, fault)) => {
                Answer::Declined(fault.reason())
            }
            Err(why) => failed(why),
        }
    }
}
