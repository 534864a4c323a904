//! What can be trained: whatever changes nothing but the stock, tills and books of one location. Money on accounts,
//! payments by card and what the whole chain goes by are always real.

use crate::command::{Action, Command, Sell};
use crate::ids::LocationId;
use crate::refusal::Refusal;
use crate::returns::TakeBack;

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
        Action::GrantReturn(ask) => crosses(ask.to) || came_from(&ask.of),
        _ => false,
    };
    if is_crossing { Err(Refusal::OtherLedger) } else { Ok(()) }
}

/// Deny is the default: what is new is real until somebody says that it can be trained.
fn can_be_trained(action: &Action) -> bool {
    let is_paid_here = |sell: &Sell| sell.takes.is_empty() && sell.payments.is_empty();
    match action {
        Action::Sell(sell) => is_paid_here(sell),
        Action::Exchange { sell, .. } => is_paid_here(sell),
        // Store credit that a return opens is real.
        Action::Return { accounts, .. } => accounts.is_empty(),
        Action::Reserve { .. }
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
