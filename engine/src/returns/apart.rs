//! What comes back of a line in other ways than so many of it: single parts of its kits, and pieces by their
//! serial numbers.

use super::given::share;
use super::{GivenBack, LineBack, Portion, TakeBack, What};
use crate::command::{SaleLine, SkuQty};
use crate::goods::{Kit, Piece, SoldGoods, each_moved};
use crate::ids::SkuId;
use crate::money::{Minor, divide_half_up};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::scan::Mark;
use crate::tax::Taxed;
use std::collections::{BTreeMap, BTreeSet};

/// What came back of a line beside whole units of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// Parts of its kits that came back alone.
    pub parts: BTreeMap<SkuId, Qty>,
    /// Pieces with serial numbers, those in kits among them.
    pub serials: BTreeSet<(SkuId, Mark)>,
}

impl Apart {
    pub(super) fn take_part(&mut self, sku: SkuId, qty: Qty) {
        let sum = self.parts.entry(sku).or_default();
        *sum = sum.plus(qty);
    }
}

impl LineBack {
    pub(super) fn take_pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.apart.get_or_insert_default().serials.insert((piece.sku, piece.serial.clone()));
        }
    }

    /// So much of a part does not come back after all.
    pub(super) fn undo_part(&mut self, sku: SkuId, qty: Qty) {
        if let Some(apart) = &mut self.apart {
            let sum = apart.parts.entry(sku).or_default();
            *sum = sum.minus(qty);
            apart.parts.retain(|_, sum| !sum.is_zero());
        }
        self.drop_if_empty();
    }

    /// A piece does not come back after all.
    pub(super) fn undo_piece(&mut self, piece: &Piece) {
        if let Some(apart) = &mut self.apart {
            apart.serials.remove(&(piece.sku, piece.serial.clone()));
        }
        self.drop_if_empty();
    }

    fn drop_if_empty(&mut self) {
        if self.apart.as_deref() == Some(&Apart::default()) {
            self.apart = None;
        }
    }

    fn has(&self, piece: &Piece) -> bool {
        self.apart.as_ref().is_some_and(|apart| apart.serials.contains(&(piece.sku, piece.serial.clone())))
    }

    fn parts(&self) -> &BTreeMap<SkuId, Qty> {
        static NONE: BTreeMap<SkuId, Qty> = BTreeMap::new();
        self.apart.as_ref().map_or(&NONE, |apart| &apart.parts)
    }
}

/// The part of a line of kits that comes next, where parts come back alone or have done so.
///
/// # Errors
/// [`Refusal::BadQuantity`], [`Refusal::MoreThanSold`].
pub(super) fn part_of_kit(line: &SaleLine, kit: &Kit, back: &LineBack, what: What) -> Result<SaleLine, Refusal> {
    let (sku, qty, left) = match what {
        What::Goods(qty) => (line.sku, qty, kit.kits_left(line.qty, back.qty, back.parts())),
        What::Part { sku, qty } => {
            let left = kit.part(sku).map(|part| kit.part_left(part, line.qty, back.qty, back.parts()));
            (sku, qty, left.unwrap_or_default())
        }
        What::Money(_) => return Err(Refusal::BadQuantity { sku: line.sku }),
    };
    if !qty.is_positive() {
        return Err(Refusal::BadQuantity { sku });
    }
    if qty > left {
        return Err(Refusal::MoreThanSold { sku, left: left.floored() });
    }
    let mut then = back.clone();
    match what {
        What::Part { sku, qty } => then.apart.get_or_insert_default().take_part(sku, qty),
        _ => then.qty = then.qty.plus(qty),
    }
    let gross = line.taxed.gross();
    let money_left = gross.minus(back.for_goods).minus(back.alone);
    let worth = kit.worth(gross, line.qty, then.qty, then.parts());
    let amount = worth.minus(back.for_goods).max(Minor::ZERO).min(money_left);
    let given = back.for_goods.plus(back.alone).plus(amount);
    let tax = share(line.taxed.tax, given.0, gross.0).minus(back.tax);
    let taxed = Taxed { net: amount.minus(tax), tax, rate: line.taxed.rate };
    let (unit_price, unit_cost) = match what {
        What::Part { sku, .. } => (per_unit(amount, qty), line.unit_cost.and_then(|cost| part_cost(kit, sku, cost))),
        _ => (line.unit_price, line.unit_cost),
    };
    Ok(SaleLine { sku, qty, unit_price, taxed, unit_cost })
}

fn per_unit(amount: Minor, qty: Qty) -> Minor {
    let exact = i128::from(amount.0).saturating_mul(i128::from(Qty::SCALE));
    Minor(divide_half_up(exact, i128::from(qty.milli())))
}

/// What a unit of a part costs the shop: its share in what a kit costs.
fn part_cost(kit: &Kit, sku: SkuId, cost: Minor) -> Option<Minor> {
    let mut shares = kit.parts.iter().zip(kit.shares(cost));
    shares.find(|(part, _)| part.sku == sku).map(|(part, share)| per_unit(share, part.qty))
}

/// All that is left of a line of kits of which parts came back: whole kits, then parts.
pub(super) fn rest_of_kit(line: u16, sold: Qty, kit: &Kit, back: &LineBack) -> Vec<Portion> {
    let kits = kit.kits_left(sold, back.qty, back.parts());
    let mut rest = vec![Portion { line, what: What::Goods(kits) }];
    for part in kit.parts.iter() {
        let qty = kit.part_left(part, sold, back.qty.plus(kits), back.parts());
        rest.push(Portion { line, what: What::Part { sku: part.sku, qty } });
    }
    rest
}

/// Whether nothing is left of a line of kits of which parts, or pieces with serial numbers, came back.
pub(super) fn is_all_of_kit(sold: Qty, kit: &Kit, back: &LineBack) -> bool {
    let is_back = |portion: &Portion| match portion.what {
        What::Goods(qty) | What::Part { qty, .. } => !qty.is_positive(),
        What::Money(_) => true,
    };
    rest_of_kit(0, sold, kit, back).iter().all(is_back)
}

/// The pieces of a line that come back with a part of it: those that are named, or all that are left where the
/// part is all that is left.
///
/// # Errors
/// [`Refusal::TraceMissing`] when it is neither.
pub(super) fn pieces_back(
    goods: &SoldGoods,
    portion: &Portion,
    part: &SaleLine,
    back: &LineBack,
    named: &[Mark],
) -> Result<Vec<Piece>, Refusal> {
    let sold: Vec<&Piece> = goods.pieces.iter().filter(|piece| piece.line == portion.line).collect();
    if sold.is_empty() || matches!(portion.what, What::Money(_)) {
        return Ok(Vec::new());
    }
    let kit = goods.kit(portion.line).filter(|_| matches!(portion.what, What::Goods(_)));
    let kit: Vec<Kit> = kit.map(|kit| Kit { line: 0, ..kit.clone() }).into_iter().collect();
    let mut moved: Vec<SkuQty> = Vec::new();
    each_moved(std::iter::once(part.sku_qty()), &kit, |line| moved.push(line));
    let mut pieces = Vec::new();
    for SkuQty { sku, qty } in moved {
        let left: Vec<&Piece> = sold.iter().filter(|piece| piece.sku == sku && !back.has(piece)).copied().collect();
        let known = sold.iter().any(|piece| piece.sku == sku);
        let count = usize::try_from(qty.milli().checked_div(Qty::SCALE).unwrap_or(0)).unwrap_or(usize::MAX);
        let own: Vec<&Piece> = left.iter().filter(|piece| named.contains(&piece.serial)).copied().collect();
        match (own.is_empty(), own.len() == count, left.len() == count) {
            (false, true, _) => pieces.extend(own.into_iter().cloned()),
            (true, _, true) => pieces.extend(left.into_iter().cloned()),
            _ if known => return Err(Refusal::TraceMissing { sku, field: "serials" }),
            _ => {}
        }
    }
    Ok(pieces)
}

/// Every serial number that is named was sold with the sale, and is not back yet.
///
/// # Errors
/// [`Refusal::SerialNotSold`].
pub(super) fn check_sold(asked: &TakeBack, given: &GivenBack) -> Result<(), Refusal> {
    let is_back = |piece: &Piece| given.lines.get(&piece.line).is_some_and(|back| back.has(piece));
    let sold: Vec<&Piece> = asked.sale.goods.iter().flat_map(|goods| &goods.pieces).collect();
    let is_out = |serial: &Mark| sold.iter().any(|piece| piece.serial == *serial && !is_back(piece));
    all_there(&asked.serials, is_out)
}

/// Every serial number that is named comes back with one of the portions.
///
/// # Errors
/// [`Refusal::SerialNotSold`].
pub(super) fn check_named(named: &[Mark], pieces: &[Piece]) -> Result<(), Refusal> {
    all_there(named, |serial| pieces.iter().any(|piece| piece.serial == *serial))
}

fn all_there(named: &[Mark], is_there: impl Fn(&Mark) -> bool) -> Result<(), Refusal> {
    match named.iter().find(|serial| !is_there(serial)) {
        Some(serial) => Err(Refusal::SerialNotSold { serial: serial.clone() }),
        None => Ok(()),
    }
}
