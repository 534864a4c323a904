//! What a till asks about baskets, decided.

use super::{Ask, Basket, COUPONS_MAX, Happening, NamedLine, SUSPENDED_MAX, Suspended, VoidedLine};
use crate::command::{Channel, Command, SkuQty, Standing};
use crate::decide::demand::{ending, summed};
use crate::decide::form::{check_count, check_ttl};
use crate::decide::{Place, new_reservation};
use crate::event::{Event, Freed};
use crate::goods::{Goods, check, each_asked};
use crate::ids::{Owner, ReservationId, TillNo};
use crate::money::Minor;
use crate::qty::Qty;
use crate::quote::ByHand;
use crate::refusal::Refusal;
use crate::stock::StockRow;
use crate::store::Reservation;
use crate::time::{Millis, Timestamp};
use std::sync::Arc;

/// Decides what a till asks.
///
/// # Errors
/// The numbered [`Refusal`].
pub(crate) fn decide(
    place: &impl Place,
    command: &Command,
    till: TillNo,
    ask: &Ask,
    now: Timestamp,
) -> Result<Event, Refusal> {
    let happening = match ask {
        Ask::Suspend { owner, ttl, basket, goods } => {
            suspend(place, command, till, (owner, *ttl), (basket, goods.as_deref()), now)?
        }
        Ask::Recall { basket, owner, ttl } => recall(place, command, *basket, (owner, *ttl), now)?,
        Ask::VoidLine { line, reservation } => void_line(place, line, *reservation)?,
    };
    Ok(Event::Basket { till, happening: Box::new(happening) })
}

/// It is there, whether or not the books know of its goods: what they do not is told, not refused. A piece that
/// somebody else has or holds is refused: its serial number was read wrong.
fn suspend(
    place: &impl Place,
    command: &Command,
    till: TillNo,
    (owner, ttl): (&Owner, Millis),
    (basket, goods): (&Basket, Option<&Goods>),
    now: Timestamp,
) -> Result<Happening, Refusal> {
    check(basket)?;
    check_ttl(ttl)?;
    let reservation = new_reservation(place, command)?;
    if place.store().suspended_count() >= SUSPENDED_MAX {
        return Err(Refusal::TooManySuspended { max: SUSPENDED_MAX });
    }
    let freed = ending(place, None, Some(owner))?;
    let named: Vec<SkuQty> = basket.lines.iter().map(NamedLine::sku_qty).collect();
    let mut demand = Vec::with_capacity(named.len());
    each_asked(named.iter().copied(), goods, |line| demand.push(line));
    let demand = summed(demand.into_iter());
    let pieces = match goods {
        None => Vec::new(),
        Some(goods) => check::held(goods, &named, &place.store().serials, &freed)?,
    };
    let (lines, short) = divided(place, command.channel, &demand, &freed);
    let traced = goods.map_or_else(Box::default, |goods| goods.traced.as_slice().into());
    let suspended = Some(Arc::new(Suspended { till, at: now, basket: basket.clone(), traced }));
    let (owner, deadline) = (owner.clone(), now.plus(ttl));
    let held = Reservation { owner, channel: command.channel, deadline, lines, suspended, pieces: pieces.into() };
    Ok(Happening::Suspended { reservation, held, freed, short })
}

/// What there is of a demand for whoever held this, and what there is not.
fn divided(place: &impl Place, channel: Channel, demand: &[SkuQty], freed: &[Freed]) -> (Vec<SkuQty>, Vec<SkuQty>) {
    let untouched = StockRow::default();
    let (mut held, mut short) = (Vec::new(), Vec::new());
    for SkuQty { sku, qty } in demand.iter().copied() {
        let row = place.row(sku).unwrap_or(&untouched);
        let own: Qty = freed.iter().map(|one| row.held_by(one.reservation)).sum();
        let there = row.available_to(channel, Standing::Request, own, Qty::ZERO).floored().min(qty);
        held.extend(there.is_positive().then_some(SkuQty { sku, qty: there }));
        let missing = qty.minus(there);
        short.extend(missing.is_positive().then_some(SkuQty { sku, qty: missing }));
    }
    (held, short)
}

/// One event takes it from everybody else and gives it to one: of two who ask at once, the second finds
/// nothing.
fn recall(
    place: &impl Place,
    command: &Command,
    basket: ReservationId,
    (owner, ttl): (&Owner, Millis),
    now: Timestamp,
) -> Result<Happening, Refusal> {
    check_ttl(ttl)?;
    let reservation = new_reservation(place, command)?;
    let live = place.store().reservations.get(&basket);
    let unknown = Refusal::NoSuchBasket { basket };
    let (live, suspended) = live.and_then(|live| Some((live, live.suspended.as_ref()?))).ok_or(unknown)?;
    let held = Reservation {
        owner: owner.clone(),
        channel: command.channel,
        deadline: now.plus(ttl),
        lines: live.lines.clone(),
        suspended: None,
        pieces: live.pieces.clone(),
    };
    let freed = Freed { reservation: basket, lines: live.lines.clone() };
    Ok(Happening::Recalled { reservation, held, freed, basket: Arc::clone(suspended) })
}

/// It was taken out: a reservation that is gone by now has nothing left to free, and one that somebody else
/// will recall is not this basket's.
fn void_line(place: &impl Place, line: &VoidedLine, reservation: Option<ReservationId>) -> Result<Happening, Refusal> {
    if !line.qty.is_positive() || line.qty > Qty::MAX {
        return Err(Refusal::BadQuantity { sku: line.sku });
    }
    check_amount(line.amount)?;
    let store = place.store();
    let own = |id: &ReservationId| store.reservations.get(id).is_some_and(|live| live.suspended.is_none());
    let freed = reservation.filter(own).and_then(|id| store.freed(id));
    Ok(Happening::LineVoided { line: line.clone(), freed })
}

fn check(basket: &Basket) -> Result<(), Refusal> {
    check_count(basket.lines.len())?;
    if basket.coupons.len() > COUPONS_MAX {
        return Err(Refusal::TooManyLines { max: COUPONS_MAX });
    }
    for line in &basket.lines {
        if !line.qty.is_positive() || line.qty > Qty::MAX {
            return Err(Refusal::BadQuantity { sku: line.sku });
        }
        let amounts = [line.unit_price, line.amount, line.tax.map(|(tax, _)| tax)];
        amounts.into_iter().flatten().try_for_each(check_amount)?;
        line.discount.iter().flat_map(ByHand::numbers).flatten().try_for_each(check_amount)?;
    }
    Ok(())
}

fn check_amount(amount: Minor) -> Result<(), Refusal> {
    if (Minor::ZERO..=Minor::MAX).contains(&amount) { Ok(()) } else { Err(Refusal::BadAmount) }
}
