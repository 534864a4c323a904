//! What may be asked of a payment, and what then happens. Checks come in a fixed order: form, state.

use super::card::{Reason, Transaction};
use super::refunds::{check_one_more, left};
use super::settlement::settle;
use super::{
    ATTEMPT_RANGE, Approval, Declined, GRACE, Happening, KEPT, LIFE, OPEN_MAX, OPEN_PER_TILL_MAX, Payment, PaymentAsk,
    Refund, Refused, Report, Stage, Start, Started,
};
use crate::answer::Answer;
use crate::command::{Channel, Command};
use crate::decide::Decision;
use crate::event::Event;
use crate::ids::{CommandId, Label, PaymentId, ReservationId};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::store::Store;
use crate::time::Timestamp;

/// Ended payments that one new one lets be forgotten.
const FORGOTTEN_AT_ONCE: usize = 4;

/// Decides what is asked of a payment.
///
/// # Errors
/// 3090 to 3099, 1008, 1012, 2002 and 3003, as [`Refusal`]; nothing changes.
pub fn decide(
    store: &Store,
    command: &Command,
    payment: PaymentId,
    ask: &PaymentAsk,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    if let PaymentAsk::Start(asked) = ask {
        let happening = start(store, command.channel, payment, asked, now)?;
        return Ok(Decision::Happens(Event::Payment { payment, happening }));
    }
    if let PaymentAsk::Settle(asked) = ask {
        return Ok(Decision::Happens(Event::Payment { payment, happening: settle(store, asked)? }));
    }
    let known = store.payments.get(payment).ok_or(Refusal::Payment(Refused::Unknown))?;
    let happening = match ask {
        PaymentAsk::Start(_) | PaymentAsk::Settle(_) => None,
        PaymentAsk::Read => {
            return Ok(Decision::Already(Answer::Payment(payment, Box::new(known.clone()))));
        }
        PaymentAsk::Take(transaction) => Some(take(known, transaction.as_ref(), now)?),
        PaymentAsk::GiveUp => give_up(known)?,
        PaymentAsk::Refund(amount) => refund(store, (payment, known), command, *amount)?,
        PaymentAsk::RefundAgain(declined, amount) => {
            refund_again(store, (payment, known), command, (*declined, *amount))?
        }
        PaymentAsk::RefundOtherwise(declined, how) => refund_otherwise(known, *declined, how)?,
        PaymentAsk::Report(said) => report(store, known, said, now)?,
        PaymentAsk::Due => due(known, now)?,
    };
    Ok(match happening {
        Some(happening) => Decision::Happens(Event::Payment { payment, happening }),
        None => Decision::Already(Answer::PaymentStep),
    })
}

fn start(
    store: &Store,
    channel: Channel,
    payment: PaymentId,
    asked: &Start,
    now: Timestamp,
) -> Result<Happening, Refusal> {
    if asked.amount <= Minor::ZERO || asked.amount > Minor::MAX {
        return Err(Refusal::BadAmount);
    }
    if !ATTEMPT_RANGE.contains(&asked.attempt) {
        return Err(Refusal::BadTtl);
    }
    // It may be known for longer than its answer is remembered: its name stays its own.
    if store.payments.get(payment).is_some() {
        return Err(Refusal::IdReused { field: "id: there is a payment of this name" });
    }
    for (earlier, known) in store.payments.of_sale(asked.sale) {
        if known.sold.is_some() {
            return Err(Refused::SaleRecorded.into());
        }
        if known.stage.is_undecided() {
            return Err(Refused::Undecided { payment: earlier, stage: known.stage }.into());
        }
    }
    if let Some(till) = asked.till
        && store.payments.open_at(till) >= OPEN_PER_TILL_MAX
    {
        return Err(Refused::TooMany { max: OPEN_PER_TILL_MAX }.into());
    }
    if store.payments.open_count() >= OPEN_MAX {
        return Err(Refused::TooMany { max: OPEN_MAX }.into());
    }
    let expires = now.plus(LIFE);
    let keeps = match asked.reservation {
        Some(reservation) => {
            // Goods that are held once are paid for once.
            if store.payments.on(reservation).any(|other| other.start.sale != asked.sale && !other.given_up) {
                return Err(Refused::NotHeld.into());
            }
            Some(keeps(store, reservation, expires).ok_or(Refusal::UnknownReservation { reservation })?)
        }
        None if channel == Channel::Till => None,
        // No card is charged for goods that somebody else may buy meanwhile.
        None => return Err(Refused::NotHeld.into()),
    };
    let old = Timestamp(now.0.saturating_sub(KEPT.0));
    // A return that is granted may still begin a refund.
    let is_granted = |id: &PaymentId| {
        let mut granted = store.grants.values().flat_map(|pending| &pending.grant.refunds);
        granted.any(|(payment, _)| payment == id)
    };
    let ended = store.payments.ended_before(old).filter(|id| !is_granted(id));
    let forgotten = ended.take(FORGOTTEN_AT_ONCE).collect();
    let start = asked.clone();
    Ok(Happening::Started(Box::new(Started { start, channel, at: now, expires, keeps, forgotten })))
}

/// A live reservation with the deadline it has from now on: never an earlier one.
fn keeps(store: &Store, reservation: ReservationId, until: Timestamp) -> Option<(ReservationId, Timestamp)> {
    let live = store.reservations.get(&reservation)?;
    Some((reservation, live.deadline.max(until)))
}

/// One driver takes it, once: whoever comes later must not send it too.
fn take(known: &Payment, transaction: Option<&Transaction>, now: Timestamp) -> Result<Happening, Refusal> {
    match known.stage {
        Stage::Asked => {
            let transaction = transaction.cloned().map(Box::new);
            Ok(Happening::Sent { until: now.plus(known.start.attempt), transaction })
        }
        stage => Err(Refused::Stage { stage }.into()),
    }
}

fn give_up(known: &Payment) -> Result<Option<Happening>, Refusal> {
    if known.sold.is_some() {
        return Err(Refused::SaleRecorded.into());
    }
    let wanted = !known.given_up && (known.stage.is_undecided() || known.stage == Stage::Approved);
    Ok(wanted.then_some(Happening::GivenUp { by_itself: false }))
}

fn refund(
    store: &Store,
    (id, known): (PaymentId, &Payment),
    command: &Command,
    amount: Minor,
) -> Result<Option<Happening>, Refusal> {
    if amount <= Minor::ZERO || amount > Minor::MAX {
        return Err(Refusal::BadAmount);
    }
    // It is known for longer than its answer is remembered: asked once more, the money does not go back twice.
    if let Some(earlier) = known.refunds.iter().find(|one| one.id == command.id) {
        return if earlier.amount == amount { Ok(None) } else { Err(Refusal::IdReused { field: "amount" }) };
    }
    if !matches!(known.stage, Stage::Capturing | Stage::Captured) {
        return Err(Refused::Stage { stage: known.stage }.into());
    }
    let left = left(store, id, known, command.id);
    if amount > left {
        return Err(Refused::amount(left).into());
    }
    check_one_more(store, id, known, command.id)?;
    Ok(Some(Happening::RefundAsked { refund: command.id, amount }))
}

/// What the provider declined goes back once more, under a name of its own: the provider may remember what it said to
/// the first.
fn refund_again(
    store: &Store,
    (id, known): (PaymentId, &Payment),
    command: &Command,
    (declined, amount): (CommandId, Minor),
) -> Result<Option<Happening>, Refusal> {
    if known.refunds.iter().any(|one| one.id == command.id && one.amount == amount) {
        return Ok(None);
    }
    let owed = known.owed().find(|one| one.id == declined).ok_or(Refused::NotOwed)?;
    if owed.amount != amount {
        return Err(Refused::amount(owed.amount).into());
    }
    check_one_more(store, id, known, command.id)?;
    Ok(Some(Happening::RefundAskedAgain { refund: command.id, amount, instead_of: declined }))
}

/// Somebody gave it in another way, once.
fn refund_otherwise(known: &Payment, refund: CommandId, how: &Label) -> Result<Option<Happening>, Refusal> {
    match known.refunds.iter().find(|one| one.id == refund).and_then(|one| one.declined) {
        Some(Declined::Owed) => Ok(Some(Happening::RefundGivenOtherwise { refund, how: how.clone() })),
        Some(Declined::Otherwise | Declined::Again) | None => Err(Refused::NotOwed.into()),
    }
}

fn report(store: &Store, known: &Payment, said: &Report, now: Timestamp) -> Result<Option<Happening>, Refusal> {
    let happening = match (said, known.stage) {
        (Report::Approved(approval), _) => return approved(store, known, approval, now),
        (Report::Declined(reason), stage) if stage.is_undecided() => Happening::Declined { reason: reason.clone() },
        (Report::NotFound, Stage::Unknown) => Happening::Declined { reason: Reason::new(said.name()).ok() },
        (Report::Declined(_) | Report::NotFound, Stage::Declined | Stage::Cancelled) => return Ok(None),
        (Report::Unknown, Stage::Sent) => Happening::Lost { by_itself: false },
        (Report::Unknown, Stage::Unknown) => return Ok(None),
        (Report::Captured, Stage::Capturing) => Happening::Captured,
        (Report::Captured, Stage::Captured) => return Ok(None),
        // A provider lets go by itself what is not captured for long.
        (Report::Voided, Stage::Voiding | Stage::Approved) => Happening::Voided,
        (Report::Voided, Stage::Voided) => return Ok(None),
        (Report::Refunded(refund), Stage::Captured) => match known.refunds.iter().find(|one| one.id == *refund) {
            None => return Err(Refused::NoSuchRefund.into()),
            Some(one) if one.done => return Ok(None),
            Some(Refund { declined: Some(Declined::Again | Declined::Otherwise), .. }) => {
                return Err(Refused::NotOwed.into());
            }
            Some(_) => Happening::Refunded { refund: *refund },
        },
        (Report::RefundDeclined(refund, reason), Stage::Captured) => {
            match known.refunds.iter().find(|one| one.id == *refund) {
                None => return Err(Refused::NoSuchRefund.into()),
                Some(one) if one.declined.is_some() => return Ok(None),
                Some(one) if one.done => return Err(Refused::Stage { stage: known.stage }.into()),
                Some(_) => Happening::RefundDeclined { refund: *refund, reason: reason.clone() },
            }
        }
        (Report::Failed(reason), _) if known.task().is_some() => {
            if known.reason.as_ref() == Some(reason) {
                return Ok(None);
            }
            Happening::Failed { reason: reason.clone() }
        }
        (_, stage) => return Err(Refused::Stage { stage }.into()),
    };
    Ok(Some(happening))
}

/// That money is held or taken is a fact, whenever it comes.
fn approved(store: &Store, known: &Payment, approval: &Approval, now: Timestamp) -> Result<Option<Happening>, Refusal> {
    match &known.approval {
        Some(earlier) if earlier.transaction == approval.transaction => return Ok(None),
        Some(_) => return Err(Refused::AnotherTransaction.into()),
        None => {}
    }
    let expires = known.expires.max(now.plus(GRACE));
    let wanted = !known.given_up && known.stage.is_undecided() && known.sold.is_none();
    let keeps = known.start.reservation.filter(|_| wanted).and_then(|id| keeps(store, id, expires));
    Ok(Some(Happening::Approved { approval: Box::new(approval.clone()), expires, keeps }))
}

/// What happens by itself. The timer may come late, or too early for what has changed since.
fn due(known: &Payment, now: Timestamp) -> Result<Option<Happening>, Refusal> {
    if known.until.is_none_or(|until| until > now) {
        return Err(Refused::Stage { stage: known.stage }.into());
    }
    Ok(match known.stage {
        Stage::Sent => Some(Happening::Lost { by_itself: true }),
        Stage::Asked | Stage::Unknown | Stage::Approved => Some(Happening::GivenUp { by_itself: true }),
        _ => None,
    })
}
