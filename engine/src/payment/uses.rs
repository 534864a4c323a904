//! The payments that pay for a sale.

use super::card::Card;
use super::{Payment, Refused, Stage, USES_MAX};
use crate::command::{Sell, Standing};
use crate::event::Freed;
use crate::ids::{CommandId, PaymentId};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::store::Store;

/// What a sale takes of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub payment: PaymentId,
    /// How much of it, above zero.
    pub amount: Minor,
    /// Whether the payment has it. A completed sale is recorded also when it has not: a conflict for a
    /// person to decide.
    pub covered: bool,
    /// The card, as far as it is known.
    pub card: Option<Card>,
}

/// What payments pay of one sale, as its record keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// What is taken of which.
    pub uses: Vec<Use>,
    /// Others of the same sale, which are wanted no more.
    pub given_up: Vec<PaymentId>,
}

impl Paid {
    /// Every payment that it changes.
    pub fn each(&self) -> impl Iterator<Item = PaymentId> {
        self.uses.iter().filter(|one| one.covered).map(|one| one.payment).chain(self.given_up.iter().copied())
    }
}

/// What payments pay of a sale.
///
/// # Errors
/// 3092 to 3096, 3003 and 1011, as [`Refusal`]; a fact is never refused.
pub fn paid(store: &Store, sell: &Sell, sale: CommandId, freed: &[Freed]) -> Result<Option<Box<Paid>>, Refusal> {
    if sell.payments.is_empty() {
        return Ok(None);
    }
    if sell.payments.len() > USES_MAX {
        return Err(Refusal::TooManyLines { max: USES_MAX });
    }
    let mut paid = Paid::default();
    for (payment, amount) in &sell.payments {
        if *amount <= Minor::ZERO || *amount > Minor::MAX {
            return Err(Refusal::BadAmount);
        }
        let known = store.payments.get(*payment);
        let repeated = paid.uses.iter().any(|one| one.payment == *payment);
        let covered = match sell.standing {
            Standing::Request => {
                check(known, sale, *amount, freed)?;
                if repeated {
                    return Err(Refused::Amount { has: 0 }.into());
                }
                true
            }
            Standing::Fact => !repeated && known.is_some_and(|known| covers(known, sale, *amount)),
        };
        let card = known.and_then(|known| known.approval.as_ref()).map(|approval| approval.card.clone());
        paid.uses.push(Use { payment: *payment, amount: *amount, covered, card });
    }
    let others = store.payments.of_sale(sale).filter(|(id, other)| {
        let wanted = other.sold.is_none() && !other.given_up;
        let open = other.stage.is_undecided() || other.stage == Stage::Approved;
        wanted && open && paid.uses.iter().all(|one| one.payment != *id)
    });
    paid.given_up = others.map(|(id, _)| id).collect();
    Ok(Some(Box::new(paid)))
}

fn check(known: Option<&Payment>, sale: CommandId, amount: Minor, freed: &[Freed]) -> Result<(), Refused> {
    let known = known.ok_or(Refused::Unknown)?;
    if known.start.sale != sale {
        return Err(Refused::AnotherSale);
    }
    if known.sold.is_some() {
        return Err(Refused::SaleRecorded);
    }
    if known.stage != Stage::Approved {
        return Err(Refused::Stage { stage: known.stage });
    }
    if !has(known, amount) {
        return Err(Refused::amount(known.start.amount));
    }
    // What was held for the payment is what is sold.
    let held = |reservation| freed.iter().any(|freed| freed.reservation == reservation);
    if known.start.reservation.is_some_and(|reservation| !held(reservation)) {
        return Err(Refused::NotHeld);
    }
    Ok(())
}

/// A fact counts on what is not decided yet: its approval is captured when it comes.
fn covers(known: &Payment, sale: CommandId, amount: Minor) -> bool {
    let may_come = known.stage == Stage::Approved || matches!(known.stage, Stage::Sent | Stage::Unknown);
    known.start.sale == sale && known.sold.is_none() && !known.given_up && may_come && has(known, amount)
}

/// A part of it can be captured, but what was taken with the approval was taken whole.
fn has(known: &Payment, amount: Minor) -> bool {
    if known.is_taken() { amount == known.start.amount } else { amount <= known.start.amount }
}
