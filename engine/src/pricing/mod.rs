//! Price books: what an item costs whom, where and when.
//!
//! Responsible for: which book goes before which, and finding a price in one without going through it.
//! Of the books that hold and have a price of the item for the quantity, the first in this order is
//! taken: one that names locations, one that names customer groups, one that names channels, the one
//! that began later, the one whose code comes first. Where none has a price, it is the catalogue's.
//!
//! Not responsible for: promotions, tax, and who may sell at another price.

mod book;
pub mod hours;
mod terms;

pub use book::{BookFlaw, PriceBook, PriceRow};
pub use hours::Hours;
pub use terms::{LocalPeriod, Setting, Terms};

use crate::ids::{Label, SkuId};
use crate::qty::Qty;
use std::sync::Arc;

/// All price books, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Books {
    list: Vec<Arc<PriceBook>>,
}

impl Books {
    /// Every book, in the order in which they are asked.
    #[must_use]
    pub fn list(&self) -> &[Arc<PriceBook>] {
        &self.list
    }

    /// The book of a code.
    #[must_use]
    pub fn book(&self, code: &Label) -> Option<&Arc<PriceBook>> {
        self.list.iter().find(|book| book.code == *code)
    }

    /// Takes a book up in its place; one of the same code goes.
    pub fn put(&mut self, book: Arc<PriceBook>) {
        self.remove(&book.code);
        let at = self.list.partition_point(|known| known.is_asked_before(&book));
        self.list.insert(at, book);
    }

    /// Adds rows that come after all that a book has; false when there is none of this code.
    pub fn extend(&mut self, code: &Label, rows: impl IntoIterator<Item = PriceRow>) -> bool {
        let Some(book) = self.list.iter_mut().find(|book| book.code == *code) else { return false };
        Arc::make_mut(book).extend(rows);
        true
    }

    /// Takes a book away.
    pub fn remove(&mut self, code: &Label) {
        self.list.retain(|book| book.code != *code);
    }

    /// The books that hold in a setting, in the order in which they are asked: to be picked once for a
    /// basket.
    #[must_use]
    pub fn holding(&self, setting: &Setting<'_>) -> Vec<&PriceBook> {
        let holds = |book: &&PriceBook| {
            book.currency == setting.location.currency
                && book.basis == setting.location.tax.basis
                && book.terms.hold(setting)
        };
        self.list.iter().map(|book| &**book).filter(holds).collect()
    }
}

/// The first price of an item for a quantity among books, and the book that has it.
#[must_use]
pub fn price<'a>(books: &[&'a PriceBook], sku: SkuId, qty: Qty) -> Option<(&'a PriceBook, PriceRow)> {
    books.iter().find_map(|book| Some((*book, book.price(sku, qty)?)))
}
