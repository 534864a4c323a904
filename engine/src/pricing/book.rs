//! One price book: sorted rows, 24 bytes each, in one piece of memory. A million of them are 24 MB.

use super::Terms;
use crate::ids::{Label, SkuId};
use crate::money::{Currency, Minor};
use crate::qty::Qty;
use crate::tax::PriceBasis;
use std::cmp::Reverse;

/// The price of one item from a quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// The item.
    pub sku: SkuId,
    /// From this much of it in the basket on; zero: always.
    pub min_qty: Qty,
    /// Minor units of the book's currency for one unit.
    pub price: Minor,
}

const _: () = assert!(size_of::<PriceRow>() == 24);

/// Prices of many items, for whom its terms say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Its name.
    pub code: Label,
    /// The currency of its prices. It holds only at locations that trade in it.
    pub currency: Currency,
    /// Whether its prices contain tax. It holds only at locations whose prices do so too.
    pub basis: PriceBasis,
    /// For whom, where and when it holds.
    pub terms: Terms,
    /// By item, then by quantity; no two alike.
    rows: Vec<PriceRow>,
}

/// Why rows do not make a price book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookFlaw {
    /// The price is below zero or beyond the largest amount.
    #[error("is below zero or beyond 10,000,000,000,000 minor units")]
    Price(usize),
    /// The quantity is below zero or beyond the largest.
    #[error("is below zero or beyond 1,000,000,000 units")]
    Quantity(usize),
    /// Another row has the same item and quantity.
    #[error("is the second price of this item for this quantity")]
    Twice(usize),
}

impl PriceBook {
    /// A book of these rows, in any order.
    ///
    /// # Errors
    /// [`BookFlaw`] with the place of the row that cannot be, counted from 0.
    pub fn new(
        code: Label,
        currency: Currency,
        basis: PriceBasis,
        terms: Terms,
        mut rows: Vec<PriceRow>,
    ) -> Result<Self, BookFlaw> {
        for (at, row) in rows.iter().enumerate() {
            if row.price < Minor::ZERO || row.price > Minor::MAX {
                return Err(BookFlaw::Price(at));
            }
            if row.min_qty < Qty::ZERO || row.min_qty > Qty::MAX {
                return Err(BookFlaw::Quantity(at));
            }
        }
        let key = |row: &PriceRow| (row.sku, row.min_qty);
        // Files are nearly always in the catalogue's order: then this is all there is to do.
        if !rows.is_sorted_by(|one, next| key(one) < key(next)) {
            let mut placed: Vec<(PriceRow, usize)> = rows.into_iter().zip(0..).collect();
            placed.sort_unstable_by_key(|(row, at)| (row.sku, row.min_qty, *at));
            let twice = placed.iter().zip(placed.iter().skip(1)).filter(|((one, _), (next, _))| key(one) == key(next));
            if let Some(at) = twice.map(|(_, (_, at))| *at).min() {
                return Err(BookFlaw::Twice(at));
            }
            rows = placed.into_iter().map(|(row, _)| row).collect();
        }
        Ok(Self { code, currency, basis, terms, rows })
    }

    /// Its rows, by item and quantity.
    #[must_use]
    pub fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    /// Adds rows that come after all it has, as they are read back.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = PriceRow>) {
        self.rows.extend(rows);
    }

    /// The price of an item for a quantity: of its rows whose quantity is reached, the one that asks for
    /// most. Some twenty steps among a million rows.
    #[must_use]
    pub fn price(&self, sku: SkuId, qty: Qty) -> Option<PriceRow> {
        let after = self.rows.partition_point(|row| (row.sku, row.min_qty) <= (sku, qty));
        self.rows.get(after.checked_sub(1)?).filter(|row| row.sku == sku).copied()
    }

    /// Whether it is asked before another.
    pub(super) fn is_asked_before(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }

    fn rank(&self) -> impl Ord {
        let Terms { locations, groups, channels, .. } = &self.terms;
        let names = (!locations.is_empty(), !groups.is_empty(), !channels.is_empty());
        (Reverse((names, self.terms.begins())), self.code.clone())
    }
}
