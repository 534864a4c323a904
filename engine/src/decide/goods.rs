//! Goods with terms: what lines of them move, and what the record keeps of them.

use super::Place;
use super::form::check_lines;
use crate::command::{Channel, SaleLine, Sell, SkuQty, Standing};
use crate::date::Date;
use crate::event::Freed;
use crate::goods::check::{self, Asking};
use crate::goods::{Goods, Kit, Piece, SoldGoods, each_moved, moved};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::returns::{KnownSale, Portion, What};
use crate::time::Timestamp;
use std::borrow::Cow;

/// What a reservation or an order holds: of kits, their parts.
pub(crate) fn asked<'a>(
    lines: &'a [SkuQty],
    goods: Option<&Goods>,
    channel: Channel,
) -> Result<Cow<'a, [SkuQty]>, Refusal> {
    let Some(goods) = goods else { return Ok(Cow::Borrowed(lines)) };
    check_lines(lines)?;
    check::check_request(goods, lines, channel)?;
    let moved = moved(lines, Some(goods));
    check_moved(&moved)?;
    Ok(Cow::Owned(moved))
}

/// What the record of a sale keeps of its goods.
pub(super) fn sold(
    place: &impl Place,
    sell: &Sell,
    goods: &Goods,
    (channel, freed): (Channel, &[Freed]),
    now: Timestamp,
) -> Result<Option<Box<SoldGoods>>, Refusal> {
    let lines: Vec<SkuQty> = sell.lines.iter().map(SaleLine::sku_qty).collect();
    let store = place.store();
    let asking = Asking {
        channel,
        standing: sell.standing,
        lines: &lines,
        is_ordered: sell.order.as_ref().is_some_and(|order| store.orders.contains_key(order)),
        today: goods.today.unwrap_or_else(|| Date::of(now)),
        serials: &store.serials,
        freed,
    };
    check::sold(goods, &asking).map(SoldGoods::boxed)
}

/// What the lines of a sale move.
pub(super) fn moved_by(lines: &[SaleLine], goods: &SoldGoods) -> Result<Vec<SkuQty>, Refusal> {
    let mut moved = Vec::with_capacity(lines.len());
    each_moved(lines.iter().map(SaleLine::sku_qty), &goods.kits, |line| moved.push(line));
    check_moved(&moved)?;
    Ok(moved)
}

/// Parts of many kits are within the range of a quantity, too.
pub(super) fn check_moved(lines: &[SkuQty]) -> Result<(), Refusal> {
    match lines.iter().find(|line| line.qty > Qty::MAX) {
        Some(line) => Err(Refusal::BadQuantity { sku: line.sku }),
        None => Ok(()),
    }
}

/// What the record of a return keeps of goods whose sale is not known. A piece that comes back was sold here.
pub(super) fn given_back_unseen(
    place: &impl Place,
    lines: &[SaleLine],
    goods: Option<&Goods>,
    standing: Standing,
) -> Result<Option<Box<SoldGoods>>, Refusal> {
    let Some(goods) = goods else { return Ok(None) };
    let asked: Vec<SkuQty> = lines.iter().map(SaleLine::sku_qty).collect();
    let back = check::came_back(goods, &asked, standing, &place.store().serials)?;
    moved_by(lines, &back)?;
    Ok(back.boxed())
}

/// What the record of a return keeps of the goods of a known sale.
pub(super) fn given_back(sale: &KnownSale, portions: &[Portion], pieces: Vec<Piece>) -> Option<Box<SoldGoods>> {
    sale.goods.as_ref()?;
    let kit = |(no, portion): (u16, &Portion)| {
        let kit = sale.kit(portion.line).filter(|_| matches!(portion.what, What::Goods(_)))?;
        Some(Kit { line: no, ..kit.clone() })
    };
    let kits = (0_u16..).zip(portions).filter_map(kit).collect();
    SoldGoods { kits, pieces, ..SoldGoods::default() }.boxed()
}
