//! Kits: what they are made of, what a line of them moves, and what its parts are worth.

use crate::catalogue::Item;
use crate::command::SkuQty;
use crate::ids::SkuId;
use crate::money::{Minor, divide_half_up, split};
use crate::qty::Qty;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A part of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The item.
    pub sku: SkuId,
    /// How much of it is in one kit.
    pub qty: Qty,
    /// Its weight when the price of a kit is shared out among its parts: where nobody said, what so much of it
    /// cost by the catalogue when the kit was defined.
    pub worth: Minor,
}

/// A line that is a kit, with its parts as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// The line, from zero.
    pub line: u16,
    /// The parts of one kit.
    pub parts: Arc<[Part]>,
}

impl Part {
    /// How much of it is in so many kits.
    #[must_use]
    pub fn in_kits(&self, kits: Qty) -> Qty {
        let exact = i128::from(self.qty.milli()).saturating_mul(i128::from(kits.milli()));
        Qty::from_milli(divide_half_up(exact, i128::from(Qty::SCALE)))
    }

    /// How many whole kits so much of it is enough for; none below zero.
    #[must_use]
    pub fn kits_in(&self, qty: Qty) -> i64 {
        qty.floored().milli().checked_div(self.qty.milli()).unwrap_or(0)
    }
}

/// Tells what lines move, in their order: a kit moves its parts, any other line what it names. The kits are in
/// the order of their lines. Whoever asks what a line does to stock asks here.
pub fn each_moved(lines: impl Iterator<Item = SkuQty>, kits: &[Kit], mut tell: impl FnMut(SkuQty)) {
    if kits.is_empty() {
        return lines.for_each(tell);
    }
    let mut kits = kits.iter().peekable();
    for (no, line) in (0_u16..).zip(lines) {
        match kits.next_if(|kit| kit.line == no) {
            None => tell(line),
            Some(kit) => {
                kit.parts.iter().for_each(|part| tell(SkuQty { sku: part.sku, qty: part.in_kits(line.qty) }));
            }
        }
    }
}

/// What one of an item costs the shop. Of a kit, what its parts cost together; where nobody knows that of all of
/// them, what the catalogue says of the kit itself.
#[must_use]
pub fn unit_cost(item: &Item, of: impl Fn(SkuId) -> Option<Minor>) -> Option<Minor> {
    let Some(terms) = item.terms.as_ref().filter(|terms| terms.is_kit()) else { return item.unit_cost };
    let parts = terms.parts.iter().map(|part| Some(of(part.sku)?.times(part.qty)));
    parts.sum::<Option<Minor>>().or(item.unit_cost)
}

impl Kit {
    /// The part that is this item.
    #[must_use]
    pub fn part(&self, sku: SkuId) -> Option<&Part> {
        self.parts.iter().find(|part| part.sku == sku)
    }

    /// How many of so many kits can still come back whole, and how much of a part, after so many kits and these
    /// parts came back.
    #[must_use]
    pub fn kits_left(&self, sold: Qty, back: Qty, parts_back: &BTreeMap<SkuId, Qty>) -> Qty {
        let left = |part: &Part| Qty::units(part.kits_in(self.part_left(part, sold, back, parts_back)));
        self.parts.iter().map(left).min().unwrap_or_default()
    }

    /// How much of a part can still come back.
    #[must_use]
    pub fn part_left(&self, part: &Part, sold: Qty, back: Qty, parts_back: &BTreeMap<SkuId, Qty>) -> Qty {
        let alone = parts_back.get(&part.sku).copied().unwrap_or_default();
        part.in_kits(sold.minus(back)).minus(alone)
    }

    /// What came back is worth in all, of so many kits that cost so much, after so many kits and these parts
    /// came back. Parts that make up whole kits are worth those; the others have their share in the price of the
    /// next one. When all is back it is all.
    #[must_use]
    pub fn worth(&self, gross: Minor, sold: Qty, back: Qty, parts_back: &BTreeMap<SkuId, Qty>) -> Minor {
        let alone = |part: &Part| parts_back.get(&part.sku).copied().unwrap_or_default();
        let made_up = self.parts.iter().map(|part| part.kits_in(alone(part))).min().unwrap_or(0);
        let made_up = Qty::units(made_up);
        let whole = back.plus(made_up);
        let worth_of = |kits: Qty| {
            let exact = i128::from(gross.0).saturating_mul(i128::from(kits.milli()));
            if kits >= sold { gross } else { Minor(divide_half_up(exact, i128::from(sold.milli()))) }
        };
        let base = worth_of(whole);
        let next = worth_of(whole.plus(Qty::units(1))).minus(base);
        let loose = |(part, share): (&Part, Minor)| {
            let qty = alone(part).minus(part.in_kits(made_up));
            let exact = i128::from(share.0).saturating_mul(i128::from(qty.milli()));
            Minor(divide_half_up(exact, i128::from(part.qty.milli())))
        };
        let loose: Minor = self.parts.iter().zip(self.shares(next)).map(loose).sum();
        base.plus(loose).min(gross)
    }

    /// An amount shared out among the parts by what they are worth, by the largest remainder: the shares add up
    /// to it. Parts that are all worth nothing share alike.
    #[must_use]
    pub fn shares(&self, amount: Minor) -> Vec<Minor> {
        let weights: Vec<u64> = self.parts.iter().map(|part| u64::try_from(part.worth.0).unwrap_or(0)).collect();
        let weights = if weights.iter().all(|weight| *weight == 0) { vec![1; weights.len()] } else { weights };
        split(amount, &weights)
    }
}
