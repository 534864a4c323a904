//! What comes back of a known sale: granted where it was sold, given back where the customer stands.

use super::form::{check_named_once, check_sale_lines, check_takes, check_tenders};
use super::settling::{gross, rounding, settled_refund};
use super::{Place, goods, next_receipt, sold};
use crate::account::{HOLD, RETRY_MS, Redemption, Take, Way, later_than};
use crate::command::{Action, Command, Disposition, Sell, Standing, Tender};
use crate::drawer::Drawer;
use crate::event::{Event, Return};
use crate::ids::{CommandId, TillNo};
use crate::money::Minor;
use crate::payment::{Refunds, going_back};
use crate::refusal::Refusal;
use crate::returns::unreceipted::{Asked, OverLimit, Unreceipted};
use crate::returns::{Grant, GrantAsk, KnownSale, Of, Payout, PendingGrant, TakeBack, payout, takes};
use crate::time::Timestamp;

/// The step before a return that others have a part in: what is to come back is booked as given back, until
/// it is known whether the return stands.
pub(super) fn grant_for(place: &impl Place, ask: &GrantAsk, now: Timestamp) -> Result<Event, Refusal> {
    let GrantAsk { command, to, of, payout } = ask;
    let old = place.store().grants.get(command);
    // One id for returns at two places would let them share one grant.
    if old.is_some_and(|old| old.to != *to) {
        return Err(Refusal::IdReused { field: "location" });
    }
    let grant = grant(place, *command, of, payout)?;
    let deadline = later_than(now.plus(HOLD), old.map(|old| old.deadline));
    let pending = PendingGrant { to: *to, sale: of.sale.of.seq, deadline, grant };
    Ok(Event::ReturnGranted { command: *command, pending: Box::new(pending) })
}

/// What may come back by the books of this location. What others may still give up is no reason to say no.
fn grant(place: &impl Place, command: CommandId, of: &TakeBack, payout: &Payout) -> Result<Grant, Refusal> {
    let (store, sale) = (place.store(), of.sale.of.seq);
    let found = if store.grants.contains_key(&command) {
        store.given_without(sale, |one| one == command).grant(of, payout)
    } else {
        store.given_back(sale).grant(of, payout)
    };
    let mut grant = found.map_err(|why| {
        let others = store.grants.iter().any(|(one, pending)| *one != command && pending.sale == sale);
        if others && store.given_without(sale, |_| true).grant(of, payout).is_ok() {
            return Refusal::GrantPending { retry_ms: RETRY_MS };
        }
        why
    })?;
    grant.refunds = going_back(store, &of.sale.payments, &grant.tenders, command)?;
    Ok(grant)
}

/// What is given back here: as it was granted, or by the books of this location where nobody else has a part.
fn granted(place: &impl Place, command: &Command, of: &TakeBack, till: Option<TillNo>) -> Result<Grant, Refusal> {
    let is_here = of.sale.of.location == command.location;
    if of.void.is_some() {
        if !is_here || of.sale.till != till {
            return Err(Refusal::AnotherTill);
        }
        let till = till.and_then(|no| place.till(no));
        check_session(&of.sale, till.and_then(|till| till.drawer.as_deref()))?;
    }
    match &of.granted {
        Some(grant) => Ok(grant.clone()),
        None if is_here => grant(place, command.id, of, &payout(&command.action, rounding(place))),
        None => Err(Refusal::SoldElsewhere),
    }
}

/// A sale is cancelled in the till session in which it was rung up; what a Z has counted stays counted.
fn check_session(sale: &KnownSale, drawer: Option<&Drawer>) -> Result<(), Refusal> {
    let Some(drawer) = drawer else { return Ok(()) };
    let is_of_it = match &drawer.session {
        Some(session) => sale.late.is_none() && sale.time >= session.opened,
        None => drawer.closed.last().is_none_or(|last| sale.late.is_none() && sale.time > last.closed),
    };
    if is_of_it { Ok(()) } else { Err(Refusal::SessionOver) }
}

/// A return or a cancelled sale.
pub(super) fn give_back(
    place: &impl Place,
    command: &Command,
    till: Option<TillNo>,
    disposition: Disposition,
    of: &TakeBack,
) -> Result<Event, Refusal> {
    let grant = granted(place, command, of, till)?;
    let mut back = given_back(place, command, till, disposition, of, grant);
    back.redemption = redemption(command, takes(&command.action), Some(of));
    Ok(Event::GoodsReturned(back))
}

/// What others hold for a command, as its record keeps it.
pub(super) fn redemption(command: &Command, takes: Vec<Take>, of: Option<&TakeBack>) -> Option<Box<Redemption>> {
    let granted_by = of.filter(|of| of.granted.is_some()).map(|of| of.sale.of.location);
    let has_others = !takes.is_empty() || granted_by.is_some();
    has_others.then(|| Box::new(Redemption { sale: command.id, takes, granted_by }))
}

fn given_back(
    place: &impl Place,
    command: &Command,
    till: Option<TillNo>,
    disposition: Disposition,
    of: &TakeBack,
    grant: Grant,
) -> Return {
    let Grant { portions, lines, tenders, pieces, refunds: parts, .. } = grant;
    let goods = goods::given_back(&of.sale, &portions, pieces);
    let granted = of.granted.is_some();
    let of = Some(Box::new(Of { sale: of.sale.of, portions, void: of.void.clone(), granted }));
    let receipt = next_receipt(place, till);
    let channel = command.channel;
    let refunds = (!parts.is_empty()).then(|| Box::new(Refunds { id: command.id, parts }));
    let (redemption, unreceipted) = (None, None);
    Return { receipt, channel, lines, disposition, tenders, of, redemption, goods, unreceipted, refunds }
}

/// A return of which nobody knows the sale. What a request is refused for becomes an exception where it has
/// happened.
pub(super) fn without_receipt(place: &impl Place, command: &Command) -> Result<Event, Refusal> {
    let Action::Return { till, lines, disposition, tenders, accounts, goods, unreceipted, .. } = &command.action else {
        return Err(Refusal::Internal);
    };
    let asked = unreceipted.as_deref();
    let standing = asked.map_or(Standing::Request, |asked| asked.standing);
    check_sale_lines(lines)?;
    let mut goods = goods::given_back_unseen(place, lines, goods.as_deref(), standing)?;
    check_tenders(tenders)?;
    check_takes(accounts)?;
    let due = gross(lines);
    let settled = settled_refund(rounding(place), due, tenders);
    let tenders = if standing == Standing::Fact { settled.unwrap_or_else(|_| tenders.clone()) } else { settled? };
    let over = asked.map(|asked| asked.over(place.store().returns_of_day.as_ref(), due)).unwrap_or_default();
    let mut going = takes(&command.action);
    if let (Standing::Fact, Some(asked), Some(first)) = (standing, asked, lines.first()) {
        let exceptions = over.iter().map(|over| over.exception(first.sku));
        let exceptions: Vec<_> = exceptions.chain(asked.lost(accounts, first.sku)).collect();
        if !exceptions.is_empty() {
            goods.get_or_insert_default().exceptions.extend(exceptions);
        }
        going = asked.taken_in(going);
    }
    let unreceipted = asked.map(|asked| kept(asked, over)).transpose()?;
    Ok(Event::GoodsReturned(Return {
        receipt: next_receipt(place, *till),
        channel: command.channel,
        lines: lines.clone(),
        disposition: *disposition,
        tenders,
        of: None,
        redemption: redemption(command, going, None),
        goods,
        unreceipted,
        refunds: None,
    }))
}

/// What the record keeps of it. Whether whoever asks may lift a limit is looked at with who that is.
fn kept(asked: &Asked, over: Vec<OverLimit>) -> Result<Box<Unreceipted>, Refusal> {
    let Asked { standing, customer, day, limits, .. } = asked;
    let lifted = match (standing, over.first()) {
        (Standing::Fact, _) => Vec::new(),
        (Standing::Request, Some(first)) if !limits.can_be_lifted => return Err((*first).into()),
        (Standing::Request, _) => over,
    };
    Ok(Box::new(Unreceipted { standing: *standing, customer: customer.clone(), day: *day, lifted }))
}

/// One receipt: the sale has it. What is due is the difference, and the tenders of the sale settle it; where
/// money goes back, each means of payment gets at most what was paid with it.
pub(super) fn exchange(
    place: &impl Place,
    (command, now): (&Command, Timestamp),
    back: &TakeBack,
    disposition: Disposition,
    sell: &Sell,
) -> Result<Event, Refusal> {
    let grant = granted(place, command, back, None)?;
    let due = gross(&sell.lines).minus(gross(&grant.lines));
    if due >= Minor::ZERO && sell.takes.iter().any(|take| take.way != Way::Out) {
        return Err(Refusal::BadAmount);
    }
    if due > Minor::ZERO && sell.tenders.is_empty() {
        return Err(Refusal::TenderMismatch { due: due.0, tendered: 0 });
    }
    let takes = takes(&command.action);
    check_named_once(&takes)?;
    let out = grant.tenders.iter().map(|tender| Tender { amount: Minor::ZERO.minus(tender.amount), ..*tender });
    let as_paid: Vec<Tender> = if sell.tenders.is_empty() { out.collect() } else { sell.tenders.clone() };
    let mut sale = sold(place, sell, &as_paid, due, (command, now))?;
    sale.redemption = redemption(command, takes, Some(back));
    let back = given_back(place, command, None, disposition, back, grant);
    Ok(Event::Exchanged { back: Box::new(back), sale: Box::new(sale) })
}
