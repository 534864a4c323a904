//! What is asked for, against what is there.

use super::Place;
use crate::command::{Channel, SkuQty, Standing};
use crate::event::Freed;
use crate::ids::{OrderId, Owner, ReservationId, SkuId};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::stock::StockRow;

/// An item that does not cover the demand for it.
pub(super) struct Shortage {
    pub(super) sku: SkuId,
    pub(super) short_by: Qty,
    pub(super) available: Qty,
}

/// What an asker may count on beside what anybody could have.
pub(super) struct Claim<'a> {
    pub(super) channel: Channel,
    pub(super) standing: Standing,
    /// Their own reservations, which end with the command.
    pub(super) freed: &'a [Freed],
    /// Their order, with its allocation.
    pub(super) order: Option<&'a OrderId>,
}

/// Where the demand, summed per item, is above what this asker could have.
pub(super) fn shortages(
    place: &impl Place,
    demand: impl ExactSizeIterator<Item = SkuQty>,
    claim: &Claim<'_>,
) -> Vec<Shortage> {
    let untouched = StockRow::default();
    let short = |line: SkuQty| {
        let row = place.row(line.sku).unwrap_or(&untouched);
        let held: Qty = claim.freed.iter().map(|freed| row.held_by(freed.reservation)).sum();
        let bound = claim.order.map_or(Qty::ZERO, |order| row.allocated_to(order));
        let available = row.available_to(claim.channel, claim.standing, held, bound);
        let short_by = line.qty.minus(available);
        short_by.is_positive().then_some(Shortage { sku: line.sku, short_by, available })
    };
    if demand.len() == 1 {
        return demand.filter_map(short).collect();
    }
    summed(demand).into_iter().filter_map(short).collect()
}

/// Refuses a request for what is not there, beside what the asker holds.
pub(crate) fn refuse_what_is_short(
    place: &impl Place,
    channel: Channel,
    demand: &[SkuQty],
    freed: &[Freed],
) -> Result<(), Refusal> {
    let claim = Claim { channel, standing: Standing::Request, freed, order: None };
    refuse_short(&shortages(place, demand.iter().copied(), &claim))
}

pub(super) fn refuse_short(shortages: &[Shortage]) -> Result<(), Refusal> {
    match shortages.first() {
        None => Ok(()),
        Some(first) => {
            Err(Refusal::ShortStock { sku: first.sku, short_by: first.short_by, available: first.available })
        }
    }
}

/// One line per item: a basket that names an item twice asks for the sum.
pub(crate) fn summed(lines: impl Iterator<Item = SkuQty>) -> Vec<SkuQty> {
    let mut sums: Vec<SkuQty> = lines.collect();
    if sums.len() > 1 {
        sums.sort_by_key(|line| line.sku);
        sums.dedup_by(|next, kept| {
            let same = next.sku == kept.sku;
            if same {
                kept.qty = kept.qty.plus(next.qty);
            }
            same
        });
    }
    sums
}

/// The reservations that end with this command: the one named and all of the owner.
pub(crate) fn ending(
    place: &impl Place,
    named: Option<ReservationId>,
    owner: Option<&Owner>,
) -> Result<Vec<Freed>, Refusal> {
    let mut freed = Vec::new();
    if let Some(reservation) = named {
        freed.push(live(place, reservation)?);
    }
    if let Some(owner) = owner {
        let store = place.store();
        freed.extend(store.reservations_of(owner).filter_map(|id| store.freed(id)));
    }
    Ok(without_repeats(freed))
}

pub(super) fn without_repeats(mut freed: Vec<Freed>) -> Vec<Freed> {
    if freed.len() > 1 {
        freed.sort_by_key(|one| one.reservation);
        freed.dedup_by_key(|one| one.reservation);
    }
    freed
}

pub(super) fn live(place: &impl Place, reservation: ReservationId) -> Result<Freed, Refusal> {
    place.store().freed(reservation).ok_or(Refusal::UnknownReservation { reservation })
}
