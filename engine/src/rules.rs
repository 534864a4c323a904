//! The selling rules of the chain as they stand: price books, promotions, and how often they have changed.

use crate::ids::Label;
use crate::pricing::{Books, PriceBook, PriceRow};
use crate::promotion::{Promotion, Promotions};
use std::sync::Arc;

/// How often what decides about prices has changed: items, locations, price books and promotions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RulesVersion(pub u64);

/// Price books and promotions at one version. Cheap to clone: copies share what they hold.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Goes up with every change.
    pub version: RulesVersion,
    /// The price books.
    pub books: Arc<Books>,
    /// The promotions.
    pub promotions: Arc<Promotions>,
    /// A location has tax rates that hold for a while or for one channel.
    pub has_dated_rates: bool,
}

impl Rules {
    /// Whether the catalogue's price and the location's rate are all there is to know of an item.
    #[must_use]
    pub fn are_plain(&self) -> bool {
        self.books.list().is_empty() && self.promotions.list().len() == 0 && !self.has_dated_rates
    }

    /// Takes a price book up; one of the same code goes.
    pub fn put_book(&mut self, book: Arc<PriceBook>) {
        Arc::make_mut(&mut self.books).put(book);
    }

    /// Adds rows to a price book, as they are read back; false when there is none of this code.
    pub fn extend_book(&mut self, code: &Label, rows: impl IntoIterator<Item = PriceRow>) -> bool {
        Arc::make_mut(&mut self.books).extend(code, rows)
    }

    /// Takes a price book away.
    pub fn remove_book(&mut self, code: &Label) {
        Arc::make_mut(&mut self.books).remove(code);
    }

    /// Takes promotions up; those of the same codes go.
    pub fn put_promotions(&mut self, promotions: impl IntoIterator<Item = Arc<Promotion>>) {
        let known = Arc::make_mut(&mut self.promotions);
        promotions.into_iter().for_each(|promotion| known.put(promotion));
    }

    /// Takes a promotion away.
    pub fn remove_promotion(&mut self, code: &Label) {
        Arc::make_mut(&mut self.promotions).remove(code);
    }
}
