//! What can be trained: the stock, tills, books and payments of one location, and accounts, which training has places of
//! its own for. No training payment reaches a driver: what a provider would say follows from its amount. What the whole
//! chain goes by is always real.

use crate::account::AccountAsk;
use crate::command::{Action, Command};
use crate::ids::{LocationId, PaymentId};
use crate::payment::card::{Brand, Card, Last4, Reason, Transaction};
use crate::payment::{self, Approval, Payment, PaymentAsk, Report, Task};
use crate::refusal::Refusal;
use crate::returns::TakeBack;
use crate::store::Store;

/// Whether a command stays in the ledger that it is decided in: training in training, trade in trade.
///
/// # Errors
/// [`Refusal::NotInTraining`] for what cannot be trained, [`Refusal::OtherLedger`] where a sale of one ledger would
/// come back in the other.
pub(crate) fn check(command: &Command) -> Result<(), Refusal> {
    let trains = command.location.is_training();
    if trains && !can_be_trained(&command.action) {
        return Err(Refusal::NotInTraining);
    }
    let crosses = |other: LocationId| other.is_training() != trains;
    let came_from = |of: &TakeBack| crosses(of.sale.of.location);
    let is_crossing = match &command.action {
        Action::Return { of: Some(of), .. } => came_from(of),
        Action::Exchange { back, .. } => came_from(back),
        Action::Account { ask, .. } => ask.at().is_some_and(crosses),
        Action::GrantReturn(ask) => crosses(ask.to) || came_from(&ask.of),
        _ => false,
    };
    if is_crossing { Err(Refusal::OtherLedger { field: "sale", is_real: trains }) } else { Ok(()) }
}

/// Why a command was refused where people train; `real` is the same location's store in the real ledger. What is
/// unknown to training and known there is said to belong there.
#[must_use]
pub fn explained(refusal: Refusal, action: &Action, real: &Store) -> Refusal {
    use AccountAsk::{Confirm, Hold, LetGo};
    let unknown_payment = Refusal::Payment(payment::Refused::Unknown);
    let (field, is_real) = match action {
        // What has happened stays unpaid.
        Action::Account { ask: Confirm { .. } | LetGo { .. } | Hold { fact: true, .. }, .. } => return refusal,
        Action::Account { account, .. } if refusal == Refusal::UnknownAccount => {
            ("account", real.accounts.list.contains_key(account))
        }
        Action::Payment { payment, .. } if refusal == unknown_payment => {
            ("payment", real.payments.get(*payment).is_some())
        }
        Action::Sell(sell) if refusal == unknown_payment => {
            ("payment", sell.payments.iter().any(|(payment, _)| real.payments.get(*payment).is_some()))
        }
        _ => return refusal,
    };
    if is_real { Refusal::OtherLedger { field, is_real } } else { refusal }
}

/// Deny is the default: what is new is real until somebody says that it can be trained.
fn can_be_trained(action: &Action) -> bool {
    match action {
        // It has no driver, and no provider settles it.
        Action::Payment { ask, .. } => !matches!(ask, PaymentAsk::Take(_) | PaymentAsk::Settle(_)),
        Action::IfKnown { asked, .. } => can_be_trained(asked),
        Action::Sell(_)
        | Action::Exchange { .. }
        | Action::Return { .. }
        | Action::Layaway { .. }
        | Action::Account { .. }
        | Action::Reserve { .. }
        | Action::Extend { .. }
        | Action::Release { .. }
        | Action::Expire { .. }
        | Action::Receive { .. }
        | Action::GrantReturn(_)
        | Action::Redemption(_)
        | Action::Adjust { .. }
        | Action::Count { .. }
        | Action::SetPolicy { .. }
        | Action::SetDrawerRules { .. }
        | Action::Drawer { .. } => true,
        _ => false,
    }
}

/// The amounts that are declined end in this, as at the simulated provider: insufficient funds.
const DECLINED: i64 = 51;

/// What its driver would report of a training payment, where it has anything to do. The card always pays, but for
/// amounts that end in 51.
#[must_use]
pub fn simulated(id: PaymentId, payment: &Payment) -> Option<Report> {
    Some(match payment.task()? {
        Task::Authorise if payment.start.amount.0.checked_rem(100) == Some(DECLINED) => {
            Report::Declined(Reason::new("insufficient funds").ok())
        }
        Task::Authorise | Task::Inquire => {
            let transaction = Transaction::new(&format!("training-{id}")).ok()?;
            let (brand, last4) = (Brand::new("training").ok(), Last4::new("4242"));
            let card = Card { brand, last4, token: None, authorisation: None };
            Report::Approved(Approval { transaction, card, taken: false })
        }
        Task::Capture(_) => Report::Captured,
        Task::Void => Report::Voided,
        Task::Refund(refund, _) => Report::Refunded(refund),
    })
}
