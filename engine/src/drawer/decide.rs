//! What is asked of a drawer, decided.

use super::journal::journal;
use super::report::{Count, Counted, Report};
use super::rules::DrawerRules;
use super::{Ask, Drawer, Happening, Told};
use crate::answer::Answer;
use crate::command::TenderKind;
use crate::decide::{Decision, LINES_MAX};
use crate::event::Event;
use crate::ids::{SessionNo, TillNo};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::store::Store;
use crate::time::Timestamp;

/// Decides what is asked of the drawer of a till; `drawer` is none where it has never been opened.
///
/// # Errors
/// [`Refusal::SessionNotOpen`], [`Refusal::SessionOpen`], or [`Refusal::BadAmount`] and
/// [`Refusal::TooManyLines`] for amounts and counts that cannot be.
pub fn decide(
    till: TillNo,
    drawer: Option<&Drawer>,
    store: &Store,
    ask: &Ask,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let is_open = drawer.is_some_and(|drawer| drawer.session.is_some());
    let happening = match ask {
        Ask::Open { business_day, float, basis } => {
            check_amount(*float, Minor::ZERO)?;
            let session = drawer.map_or(SessionNo(1), Drawer::current);
            if is_open {
                return Err(Refusal::SessionOpen { till, session });
            }
            let (business_day, float, basis) = (business_day.date(), *float, *basis);
            Happening::SessionOpened { session, opened: now, business_day, float, basis }
        }
        Ask::Move { movement, amount, reason, person } => {
            check_amount(*amount, Minor(1))?;
            if !is_open {
                return Err(Refusal::SessionNotOpen { till, session: None });
            }
            let (reason, person) = (reason.clone(), person.clone());
            Happening::CashMoved { movement: *movement, amount: *amount, reason, person }
        }
        // It has been opened, whether or not it should have been.
        Ask::NoSale { reason } => Happening::NoSaleOpened { reason: reason.clone() },
        Ask::Read => {
            let report = read(till, drawer, store, now)?;
            return Ok(Decision::Already(Answer::Drawer(Told::Read(Box::new(report)))));
        }
        Ask::Close { session, counts, pending } => {
            counts.iter().try_for_each(check_count)?;
            session.map_or(Ok(None), |named| session_of(Some(till), drawer, named, false))?;
            let mut z = read(till, drawer, store, now)?;
            z.pending = *pending;
            z.count(counts);
            let untouched = DrawerRules::default();
            let journal = journal(&z, store.drawer_rules.as_deref().unwrap_or(&untouched));
            Happening::SessionClosed { z: Box::new(z), journal }
        }
    };
    Ok(Decision::Happens(Event::Drawer { till, happening }))
}

/// The open session as it reads now, with what the till has left suspended.
fn read(till: TillNo, drawer: Option<&Drawer>, store: &Store, now: Timestamp) -> Result<Report, Refusal> {
    let report = drawer.and_then(|drawer| drawer.read(now));
    let mut report = report.ok_or(Refusal::SessionNotOpen { till, session: None })?;
    report.note_suspended(till, store);
    Ok(report)
}

/// The closed session that is meant by a number: none when it is the open one, which a request has to mean.
///
/// # Errors
/// [`Refusal::UnknownSession`]; for a request also [`Refusal::SessionNotOpen`].
pub fn session_of(
    till: Option<TillNo>,
    drawer: Option<&Drawer>,
    named: SessionNo,
    is_fact: bool,
) -> Result<Option<SessionNo>, Refusal> {
    let till = till.ok_or(Refusal::UnknownSession { session: named })?;
    let drawer = drawer.ok_or(Refusal::UnknownSession { session: named })?;
    if drawer.session.is_some() && drawer.current() == named {
        return Ok(None);
    }
    if drawer.closed(named).is_none() {
        return Err(Refusal::UnknownSession { session: named });
    }
    if is_fact { Ok(Some(named)) } else { Err(Refusal::SessionNotOpen { till, session: Some(named) }) }
}

fn check_amount(amount: Minor, min: Minor) -> Result<(), Refusal> {
    if (min..=Minor::MAX).contains(&amount) { Ok(()) } else { Err(Refusal::BadAmount) }
}

/// Any sum can be counted, also below zero where a terminal paid out more than it took; only what no
/// drawer holds is no count.
fn check_count(count: &Count) -> Result<(), Refusal> {
    if matches!(count.kind, TenderKind::CashRounding | TenderKind::Deposit) {
        return Err(Refusal::BadAmount);
    }
    if let Counted::Pieces(pieces) = &count.counted {
        if pieces.len() > LINES_MAX {
            return Err(Refusal::TooManyLines { max: LINES_MAX });
        }
        pieces.iter().try_for_each(|one| check_amount(one.value, Minor(1)))?;
    }
    check_amount(count.counted.total(), Minor::ZERO.minus(Minor::MAX))
}
