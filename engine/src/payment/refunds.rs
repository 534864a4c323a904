//! What goes back to card payments with a return, an exchange or a cancelled sale: its own record begins the refunds,
//! or the end of its grant does where it was granted first. So each begins once, with the return or not at all.

use super::{Payment, REFUNDS_MAX, Refused};
use crate::command::{Tender, TenderKind};
use crate::ids::{CommandId, PaymentId};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::store::Store;

/// What of a return goes back to card payments: a refund of each, named by the return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunds {
    /// The return, by its command.
    pub id: CommandId,
    /// How much goes back of which payment, above zero.
    pub parts: Vec<(PaymentId, Minor)>,
}

/// What of a refund goes back to which payments of a sale, in the order in which they paid: to each what it has left.
/// What none of them has left went back before, or was paid at a terminal of its own.
///
/// # Errors
/// 3090 for a payment of which nobody knows yet whether it paid, 3091 for one with too many refunds, 1008 for one that
/// has a refund of this name.
pub(crate) fn going_back(
    store: &Store,
    paid: &[PaymentId],
    tenders: &[Tender],
    command: CommandId,
) -> Result<Vec<(PaymentId, Minor)>, Refusal> {
    let by_card = tenders.iter().filter(|tender| tender.kind == TenderKind::Card);
    let mut due: Minor = by_card.map(|tender| tender.amount).sum();
    let mut parts = Vec::new();
    for id in paid {
        let Some(known) = store.payments.get(*id).filter(|_| due > Minor::ZERO) else { continue };
        if known.stage.is_undecided() {
            return Err(Refused::Undecided { payment: *id, stage: known.stage }.into());
        }
        let amount = left(store, *id, known, command).min(due);
        if amount > Minor::ZERO {
            check_one_more(store, *id, known, command)?;
            due = due.minus(amount);
            parts.push((*id, amount));
        }
    }
    Ok(parts)
}

/// What of a payment can still go back: what was captured of it, without what goes back already and what is granted to
/// returns that may still stand, other than this one.
pub(super) fn left(store: &Store, id: PaymentId, known: &Payment, command: CommandId) -> Minor {
    let granted: Minor = granted(store, id, command).sum();
    known.captured().minus(known.refunded()).minus(granted).max(Minor::ZERO)
}

pub(super) fn check_one_more(store: &Store, id: PaymentId, known: &Payment, command: CommandId) -> Result<(), Refusal> {
    // Its name is what tells it apart at the provider, for longer than answers are remembered.
    if known.refunds.iter().any(|one| one.id == command) {
        return Err(Refusal::IdReused { field: "id: the payment has a refund of this name" });
    }
    if known.refunds.len().saturating_add(granted(store, id, command).count()) >= REFUNDS_MAX {
        return Err(Refused::TooMany { max: REFUNDS_MAX }.into());
    }
    Ok(())
}

fn granted(store: &Store, id: PaymentId, command: CommandId) -> impl Iterator<Item = Minor> {
    let others = store.grants.iter().filter(move |(other, _)| **other != command);
    let parts = others.flat_map(|(_, pending)| &pending.grant.refunds);
    parts.filter(move |(payment, _)| *payment == id).map(|(_, amount)| *amount)
}

/// That no payment is to give back more than it took, together with what is granted.
///
/// # Errors
/// The sentence says what is wrong.
pub(crate) fn check_granted(store: &Store) -> Result<(), &'static str> {
    let all = store.grants.values().flat_map(|pending| &pending.grant.refunds);
    for (id, _) in all {
        let parts = store.grants.values().flat_map(|pending| &pending.grant.refunds);
        let granted: Minor = parts.filter(|(one, _)| one == id).map(|(_, amount)| *amount).sum();
        let fits = |known: &Payment| known.refunded().plus(granted) <= known.captured();
        if !store.payments.get(*id).is_some_and(fits) {
            return Err("more of a payment is granted to returns than it has left");
        }
    }
    Ok(())
}
