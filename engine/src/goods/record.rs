//! What the record of a sale or return keeps of goods with terms, and what a person has to look at.

use super::Kit;
use crate::date::Date;
use crate::ids::{Label, SkuId};
use crate::money::Minor;
use crate::scan::Mark;

/// What a record keeps beside its lines. Later changes of the catalogue do not touch it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoldGoods {
    /// The kits among the lines, with their parts as they were.
    pub kits: Vec<Kit>,
    /// Pieces by their serial numbers.
    pub pieces: Vec<Piece>,
    /// Lots, and the last days on which they may be sold.
    pub lots: Vec<Lot>,
    /// Who looked at the buyer's age.
    pub age: Option<AgeChecked>,
    /// What a request would have been refused for, and other things that a person has to look at: the sale had
    /// happened.
    pub exceptions: Vec<Exception>,
}

/// A piece that is known by its serial number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// The line, from zero.
    pub line: u16,
    /// The item: the line's, or a part of its kit.
    pub sku: SkuId,
    /// Its serial number.
    pub serial: Mark,
}

impl Piece {
    /// What tells it apart from every other piece.
    #[must_use]
    pub fn name(&self) -> (SkuId, Mark) {
        (self.sku, self.serial.clone())
    }
}

/// What a line's symbol said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The line, from zero.
    pub line: u16,
    /// The lot.
    pub lot: Option<Mark>,
    /// The last day on which it may be sold.
    pub expiry: Option<Date>,
}

/// That somebody looked whether the buyer is old enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeChecked {
    /// Who looked.
    pub by: Label,
    /// The date of birth on the document; none: the buyer was seen to be old enough.
    pub birth: Option<Date>,
}

/// What a request would have been refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The line, from zero.
    pub line: u16,
    /// The item: the line's, or a part of its kit.
    pub sku: SkuId,
    /// The number of the refusal.
    pub number: u16,
    /// What was said, and what it is here, where the exception is about an amount.
    pub amounts: Option<Amounts>,
}

/// The two amounts of an exception, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// What the seller said.
    pub said: Minor,
    /// What the shop's own rules say.
    pub own: Minor,
}

impl SoldGoods {
    /// Itself, if there is anything in it.
    #[must_use]
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// The kit that a line is.
    #[must_use]
    pub fn kit(&self, line: u16) -> Option<&Kit> {
        self.kits.iter().find(|kit| kit.line == line)
    }
}
