//! What is asked of layaways, decided.

use super::{Ask, ByKind, Happening, Layaway, OPEN_MAX, TTL_MAX, total, used_in};
use crate::command::{Command, SaleLine, Sell, SkuQty, Standing, Tender, TenderKind};
use crate::decide::demand::{ending, refuse_what_is_short, summed};
use crate::decide::form::check_sale_lines;
use crate::decide::goods::asked as moved_by_request;
use crate::decide::{Place, TTL_MIN};
use crate::event::Event;
use crate::goods::Goods;
use crate::ids::{Label, OrderId, Owner, ReservationId, TillNo};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::store::OrderState;
use crate::time::{Millis, Timestamp};
use std::sync::Arc;

/// Decides what is asked of a layaway.
///
/// # Errors
/// The numbered [`Refusal`].
pub(crate) fn decide(
    place: &impl Place,
    command: &Command,
    (till, name): (TillNo, &OrderId),
    ask: &Ask,
    now: Timestamp,
) -> Result<Event, Refusal> {
    let happening = match ask {
        Ask::Open { customer, lines, ttl, fee, tenders, reservation, said: _, goods } => {
            let goods = goods.as_deref();
            let asked = Opening { customer, lines, ttl: *ttl, fee: *fee, tenders, reservation: *reservation, goods };
            open(place, command, (till, name), &asked, now)?
        }
        Ask::Deposit { tenders } => deposit(place, (till, name), tenders)?,
        Ask::Cancel { tenders, reason } => cancel(place, (till, name), tenders, reason)?,
    };
    Ok(Event::Layaway { till, layaway: name.clone(), happening: Box::new(happening) })
}

/// What is asked to be set aside.
struct Opening<'a> {
    customer: &'a Owner,
    lines: &'a [SaleLine],
    ttl: Millis,
    fee: Minor,
    tenders: &'a [Tender],
    reservation: Option<ReservationId>,
    goods: Option<&'a Goods>,
}

fn open(
    place: &impl Place,
    command: &Command,
    (till, name): (TillNo, &OrderId),
    asked: &Opening<'_>,
    now: Timestamp,
) -> Result<Happening, Refusal> {
    check_sale_lines(asked.lines)?;
    if !(TTL_MIN..=TTL_MAX).contains(&asked.ttl) {
        return Err(Refusal::BadTtl);
    }
    if !(Minor::ZERO..=Minor::MAX).contains(&asked.fee) {
        return Err(Refusal::BadAmount);
    }
    check_money(place, till, asked.tenders)?;
    let store = place.store();
    if store.orders.contains_key(name) {
        return Err(Refusal::LayawayExists { layaway: name.clone() });
    }
    if store.layaways().open.len() >= OPEN_MAX {
        return Err(Refusal::TooManyLayaways { max: OPEN_MAX });
    }
    let mut layaway = Layaway {
        customer: asked.customer.clone(),
        lines: asked.lines.to_vec(),
        opened: now,
        due: now.plus(asked.ttl),
        fee: asked.fee,
        deposits: ByKind::default(),
    };
    check_room(layaway.gross(), asked.tenders)?;
    layaway.take(asked.tenders);
    let freed = ending(place, asked.reservation, None)?;
    let named: Vec<SkuQty> = asked.lines.iter().map(SaleLine::sku_qty).collect();
    let goods = summed(moved_by_request(&named, asked.goods, command.channel)?.iter().copied());
    refuse_what_is_short(place, command.channel, &goods, &freed)?;
    Ok(Happening::Opened { layaway: Arc::new(layaway), goods, tenders: asked.tenders.to_vec(), freed })
}

fn deposit(place: &impl Place, (till, name): (TillNo, &OrderId), tenders: &[Tender]) -> Result<Happening, Refusal> {
    let open = known(place, name)?;
    if tenders.is_empty() {
        return Err(Refusal::BadAmount);
    }
    check_money(place, till, tenders)?;
    check_room(open.left(), tenders)?;
    let amount = total(tenders);
    let (deposits, left) = (open.deposited().plus(amount), open.left().minus(amount));
    Ok(Happening::Deposited { tenders: tenders.to_vec(), deposits, left })
}

fn cancel(
    place: &impl Place,
    (till, name): (TillNo, &OrderId),
    tenders: &[Tender],
    reason: &Label,
) -> Result<Happening, Refusal> {
    let open = known(place, name)?;
    let kept = open.kept();
    let due = open.deposited().minus(kept);
    let tenders = if tenders.is_empty() { as_paid(open, due) } else { tenders.to_vec() };
    check_money(place, till, &tenders)?;
    if total(&tenders) != due {
        return Err(Refusal::TenderMismatch { due: due.0, tendered: total(&tenders).0 });
    }
    for kind in TenderKind::MONEY {
        let back: Minor = tenders.iter().filter(|tender| tender.kind == kind).map(|tender| tender.amount).sum();
        if back > open.paid_with(kind) && kind != TenderKind::StoreCredit {
            return Err(Refusal::TenderSpent { kind, left: open.paid_with(kind).0 });
        }
    }
    let goods = match place.store().orders.get(name) {
        Some(OrderState::Open { left, .. }) => left.clone(),
        _ => Vec::new(),
    };
    Ok(Happening::Cancelled { goods, tenders, kept, reason: reason.clone() })
}

/// Back as they were paid; the fee is kept of the kinds that come last.
fn as_paid(open: &Layaway, due: Minor) -> Vec<Tender> {
    let mut rest = due;
    let back = TenderKind::MONEY.into_iter().map(|kind| {
        let amount = open.paid_with(kind).min(rest);
        rest = rest.minus(amount);
        Tender { kind, amount }
    });
    back.filter(|tender| tender.amount > Minor::ZERO).collect()
}

fn known<'a>(place: &'a impl Place, name: &OrderId) -> Result<&'a Layaway, Refusal> {
    let unknown = || Refusal::UnknownLayaway { layaway: name.clone() };
    place.store().layaways().open.get(name).map(|open| &**open).ok_or_else(unknown)
}

/// Money that moves lies in a drawer: its session counts it.
fn check_money(place: &impl Place, till: TillNo, tenders: &[Tender]) -> Result<(), Refusal> {
    if tenders.is_empty() {
        return Ok(());
    }
    let is_money = |tender: &Tender| TenderKind::MONEY.contains(&tender.kind);
    if tenders.iter().any(|tender| !is_money(tender) || !(Minor(1)..=Minor::MAX).contains(&tender.amount)) {
        return Err(Refusal::BadAmount);
    }
    let drawer = place.till(till).and_then(|till| till.drawer.as_deref());
    if drawer.is_some_and(|drawer| drawer.session.is_some()) {
        return Ok(());
    }
    Err(Refusal::SessionNotOpen { till, session: None })
}

fn check_room(left: Minor, tenders: &[Tender]) -> Result<(), Refusal> {
    if total(tenders) > left { Err(Refusal::DepositTooLarge { left: left.0 }) } else { Ok(()) }
}

/// The tenders of a sale, which pay with a layaway's deposits what is deposited: all of it, and only where the
/// sale fulfils that layaway. A fact has happened: what it says beyond that is money that nobody named.
///
/// # Errors
/// [`Refusal::DepositMismatch`], for a request.
pub(crate) fn checked_deposits(place: &impl Place, sell: &Sell) -> Result<Option<Vec<Tender>>, Refusal> {
    let used = used_in(&sell.tenders);
    let layaways = place.store().layaways();
    let open = sell.order.as_ref().and_then(|order| layaways.open.get(order));
    let there = open.map_or(Minor::ZERO, |open| open.deposited());
    if used == there
        && sell.tenders.iter().all(|tender| tender.kind != TenderKind::Deposit || tender.amount > Minor::ZERO)
    {
        return Ok(None);
    }
    if sell.standing == Standing::Request {
        return Err(Refusal::DepositMismatch { deposits: there.0, tendered: used.0 });
    }
    let fitting = used.min(there).max(Minor::ZERO);
    let mut tenders: Vec<Tender> =
        sell.tenders.iter().filter(|tender| tender.kind != TenderKind::Deposit).copied().collect();
    for (kind, amount) in [(TenderKind::Deposit, fitting), (TenderKind::Other, used.minus(fitting))] {
        if amount != Minor::ZERO {
            tenders.push(Tender { kind, amount });
        }
    }
    Ok(Some(tenders))
}
