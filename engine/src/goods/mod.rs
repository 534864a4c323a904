//! Goods that are more than a number and a price: kits that are made of other items, items not everybody may
//! buy, and items whose pieces are told apart.
//!
//! An item without terms costs a sale one look at one pointer.

pub mod check;
pub mod define;
pub mod kit;
pub mod record;
pub mod serials;

pub use kit::{Kit, Part, each_moved};
pub use record::{AgeChecked, Amounts, Exception, Lot, Piece, SoldGoods};
pub use serials::Serials;

use crate::command::{Channel, SkuQty};
use crate::date::Date;
use crate::ids::{Label, SkuId};
use crate::qty::Qty;
use crate::scan::Mark;
use std::sync::Arc;

/// The most different parts that a kit may have.
pub const PARTS_MAX: usize = 20;

/// What an item has beside what every item has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What one of it is made of, each part once; empty: it is no kit. A kit has no stock of its own.
    pub parts: Arc<[Part]>,
    /// How often its parts were set. Given by `decide`.
    pub edition: u32,
    /// How old a buyer must be, in years.
    pub min_age: Option<u8>,
    /// Where alone it is sold.
    pub only: Option<Only>,
    /// Why it may not be sold at present: recalled, for example.
    pub blocked: Option<Label>,
    /// The most of it that one sale, reservation or order may have.
    pub max_per_order: Option<Qty>,
    /// Whether each piece is sold by its serial number.
    pub serials: bool,
    /// Whether it is sold by its lot.
    pub lots: bool,
}

/// Where alone an item is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Only {
    /// At tills.
    Store,
    /// On the website and marketplaces.
    Online,
}

impl Only {
    /// Both.
    pub const ALL: [Only; 2] = [Only::Store, Only::Online];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Only::Store => "store",
            Only::Online => "online",
        }
    }

    /// Whether demand from there may have it.
    #[must_use]
    pub fn allows(self, channel: Channel) -> bool {
        (self == Only::Store) == (channel == Channel::Till)
    }
}

impl Terms {
    /// Whether it is made of other items.
    #[must_use]
    pub fn is_kit(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// An item with terms that a line is about: its own, or a part of its kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Under {
    /// The line, from zero.
    pub line: u16,
    /// The item.
    pub sku: SkuId,
    /// Its terms when the command came in.
    pub terms: Arc<Terms>,
}

/// What the catalogue says of the lines of a command, and what the asker says of them. Lines of plain items of
/// which nothing is said are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// Items with terms, in the order of their lines; a kit before its parts.
    pub under: Vec<Under>,
    /// What is said of their pieces, in the order of the lines.
    pub traced: Vec<Traced>,
    /// Who looked at the buyer's age.
    pub age: Option<AgeChecked>,
    /// The day at the location when the command came in; none: the day in UTC when it is decided.
    pub today: Option<Date>,
    /// Lines whose tax the seller said lower than the shop's rules do.
    pub undertaxed: Vec<Exception>,
}

/// Which pieces of an item a line is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// The line, from zero.
    pub line: u16,
    /// The serial numbers; of a kit, those of its parts, part after part.
    pub serials: Vec<Mark>,
    /// The lot.
    pub lot: Option<Mark>,
    /// The last day on which it may be sold.
    pub expiry: Option<Date>,
}

impl Goods {
    /// Itself, if there is anything in it.
    #[must_use]
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// The kits among the lines.
    #[must_use]
    pub fn kits(&self) -> Vec<Kit> {
        let kits = self.under.iter().filter(|under| under.terms.is_kit());
        kits.map(|under| Kit { line: under.line, parts: Arc::clone(&under.terms.parts) }).collect()
    }
}

/// Tells what lines move, given what is said of them: a kit moves its parts. Without anything said, what they
/// name.
pub fn each_asked(lines: impl Iterator<Item = SkuQty>, goods: Option<&Goods>, tell: impl FnMut(SkuQty)) {
    match goods {
        None => lines.for_each(tell),
        Some(goods) => each_moved(lines, &goods.kits(), tell),
    }
}

/// What lines move, given what is said of them: a kit moves its parts. In the order of the lines.
#[must_use]
pub fn moved(lines: &[SkuQty], goods: Option<&Goods>) -> Vec<SkuQty> {
    let mut moved = Vec::with_capacity(lines.len());
    each_asked(lines.iter().copied(), goods, |line| moved.push(line));
    moved
}
