//! A simulated provider with its terminals. The last two digits of an amount say how it behaves, as with
//! the providers' own test systems, by the response codes of ISO 8583:
//!
//! | amount ends in | what happens |
//! |---|---|
//! | 51 | declined: insufficient funds |
//! | 57 | approved; a refund of such an amount is declined: not permitted |
//! | 68 | approved, and then it says nothing: the response comes too late |
//! | 91 | not approved, and it says nothing: the issuer cannot be reached |
//! | anything else | approved |

use super::bank::{Bank, Entry, Known};
use super::driver::{Answer, Approved, Provider};
use onhand_protocol::message::{CardMessage, PaymentMessage};
use onhand_protocol::value::{Amount, Id};
use std::time::Duration;

/// The simulated provider.
#[derive(Default)]
pub struct Simulator {
    /// Its books.
    pub bank: Bank,
    /// How long a customer takes to show the card.
    pub delay: Duration,
    /// Whether amounts are taken with the approval, as simple terminals do.
    pub immediate: bool,
}

impl Simulator {
    /// With these books; it approves at once and captures later.
    #[must_use]
    pub fn new(bank: Bank) -> Self {
        Self { bank, ..Self::default() }
    }

    fn approve(&self, payment: &PaymentMessage) -> Answer {
        let id = payment.payment;
        self.bank.with(id, |known| match known {
            Some(known) => (None, said(id, known)),
            None => {
                let transaction = format!("sim-{id}");
                let (amount, currency, taken) = (payment.amount, payment.currency, self.immediate);
                let entry = Entry::Approved { payment: id, amount, currency, transaction: transaction.clone(), taken };
                (Some(entry), Answer::Approved(Approved { transaction, card: card(id), taken }))
            }
        })
    }
}

/// The card that always pays here.
fn card(payment: Id) -> CardMessage {
    CardMessage {
        brand: Some("simulated".to_owned()),
        last4: Some("4242".to_owned()),
        token: Some(format!("token-{payment}")),
        authorisation: Some(format!("{:06}", payment.0 % 1_000_000)),
    }
}

fn said(id: Id, known: &Known) -> Answer {
    match (&known.transaction, &known.declined) {
        (Some(transaction), _) => {
            let (transaction, card, taken) = (transaction.clone(), card(id), known.taken);
            Answer::Approved(Approved { transaction, card, taken })
        }
        (None, reason) => Answer::Declined(reason.clone()),
    }
}

impl Provider for Simulator {
    async fn authorise(&self, payment: &PaymentMessage) -> Answer {
        if self.delay > Duration::ZERO {
            tokio::time::sleep(self.delay).await;
        }
        match payment.amount.0.0.rem_euclid(100) {
            51 => {
                let (id, reason) = (payment.payment, "insufficient funds".to_owned());
                let entry = Entry::Declined { payment: id, reason: reason.clone() };
                self.bank.with(id, |known| (known.is_none().then_some(entry), Answer::Declined(Some(reason))))
            }
            68 => {
                self.approve(payment);
                std::future::pending().await
            }
            91 => std::future::pending().await,
            _ => self.approve(payment),
        }
    }

    async fn inquire(&self, payment: &PaymentMessage) -> Answer {
        let id = payment.payment;
        self.bank.with(id, |known| (None, known.map_or(Answer::NotFound, |known| said(id, known))))
    }

    async fn capture(&self, payment: &PaymentMessage, amount: Amount) -> Answer {
        let id = payment.payment;
        self.bank.with(id, |known| match known {
            Some(known) if known.captured.is_some() => (None, Answer::Done),
            Some(known) if known.transaction.is_some() && !known.voided && amount <= known.amount => {
                (Some(Entry::Captured { payment: id, amount }), Answer::Done)
            }
            _ => (None, Answer::Failed("nothing to capture".to_owned())),
        })
    }

    async fn void(&self, payment: &PaymentMessage) -> Answer {
        let id = payment.payment;
        self.bank.with(id, |known| match known {
            Some(known) if known.voided => (None, Answer::Done),
            Some(known) if known.transaction.is_some() && known.captured.is_none() => {
                (Some(Entry::Voided { payment: id }), Answer::Done)
            }
            _ => (None, Answer::Failed("nothing to void".to_owned())),
        })
    }

    async fn refund(&self, payment: &PaymentMessage, refund: Id, amount: Amount) -> Answer {
        if amount.0.0.rem_euclid(100) == 57 {
            return Answer::Declined(Some("not permitted".to_owned()));
        }
        let id = payment.payment;
        self.bank.with(id, |known| match known {
            Some(known) if known.refunds.contains_key(&refund) => (None, Answer::Done),
            Some(known) if known.captured.is_some() => {
                (Some(Entry::Refunded { payment: id, refund, amount }), Answer::Done)
            }
            _ => (None, Answer::Failed("nothing to refund".to_owned())),
        })
    }
}
