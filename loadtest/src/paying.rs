//! How simulated customers pay at tills: in cash, or by a card that a payment driver takes.

use crate::traders::{ask, euro};
use onhand_engine::money::Minor;
use onhand_protocol::client::Client;
use onhand_protocol::message::{
    Body, GiveUpPayment, PaymentMessage, PaymentState, Request, StartPayment, Tender, TenderType, WatchPayments,
};
use onhand_protocol::value::{Amount, Id, Label, LocationCode};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long one attempt may take, in seconds, before nobody knows.
const ATTEMPT_S: u64 = 10;
/// How long a customer waits for the card, with the inquiry where nobody knew.
const PATIENCE: Duration = Duration::from_secs(40);
/// Cash is given in whole notes of so much.
const NOTE: i64 = 500;

/// What came of asking for a card.
pub(crate) enum Card {
    /// It is approved.
    Approved(Id),
    /// No money will move: the customer pays in cash.
    Declined,
    /// Nobody knows: the customer has left.
    Left,
}

/// The card payments of everybody on one connection.
#[derive(Default)]
pub(crate) struct Cards(Mutex<HashMap<Id, oneshot::Sender<PaymentState>>>);

impl Cards {
    /// Tells whoever waits how their payments stand, until the connection ends.
    pub(crate) async fn tell(&self, client: &Client, provider: Option<&Label>) {
        let Some(provider) = provider else { return };
        let watch = WatchPayments { locations: Vec::new(), provider: Some(provider.clone()), till: None };
        if ask(client, Body::WatchPayments(watch)).await.is_err() {
            return;
        }
        while let Some(PaymentMessage { payment, state, .. }) = client.payments().next().await {
            if matches!(state, PaymentState::Asked | PaymentState::Sent | PaymentState::Unknown) {
                continue;
            }
            if let Some(waiting) = self.waiting().remove(&payment) {
                let _ = waiting.send(state);
            }
        }
        // Nobody waits for what a connection that is gone will not tell.
        self.waiting().clear();
    }

    /// Asks for a card, and waits for what its provider says.
    pub(crate) async fn ask_for(
        &self,
        client: &Client,
        (location, till): (&LocationCode, u16),
        provider: &Label,
        (sale, amount): (Id, Amount),
    ) -> Card {
        let payment = Id::mint();
        let start = StartPayment {
            location: location.clone(),
            channel: None,
            till: Some(till),
            sale,
            provider: provider.clone(),
            currency: euro(),
            amount,
            token: None,
            reservation: None,
            timeout_s: Some(ATTEMPT_S),
        };
        let (tell, told) = oneshot::channel();
        self.waiting().insert(payment, tell);
        let request = Request { id: payment, approval: None, body: Body::StartPayment(start) };
        let started = client.call(&request).await.is_ok_and(|reply| reply.result.is_ok());
        let state = if started { tokio::time::timeout(PATIENCE, told).await } else { Ok(Ok(PaymentState::Declined)) };
        self.waiting().remove(&payment);
        match state {
            Ok(Ok(PaymentState::Approved)) => Card::Approved(payment),
            Ok(Ok(_)) => Card::Declined,
            Ok(Err(_)) | Err(_) => {
                give_up(client, location, payment).await;
                Card::Left
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Id, oneshot::Sender<PaymentState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody wants the payment any more.
pub(crate) async fn give_up(client: &Client, location: &LocationCode, payment: Id) {
    let _ = ask(client, Body::GiveUpPayment(GiveUpPayment { location: location.clone(), payment })).await;
}

/// What pays for so much: the card, or notes with the change that goes back.
pub(crate) fn tenders(total: Amount, card: Option<Id>) -> Vec<Tender> {
    let tender = |kind, amount, payment| Tender { kind, amount, payment, account: None, code: None, points: None };
    if card.is_some() {
        return vec![tender(TenderType::Card, total, card)];
    }
    let change = total.0.0.rem_euclid(NOTE);
    let change = if change == 0 { 0 } else { NOTE - change };
    let mut cash = vec![tender(TenderType::Cash, Amount(Minor(total.0.0 + change)), None)];
    if change > 0 {
        cash.push(tender(TenderType::Cash, Amount(Minor(-change)), None));
    }
    cash
}
