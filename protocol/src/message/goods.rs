//! Goods with terms: kits, restricted items, pieces that are told apart.

use super::body::body;
use super::word::Only;
use crate::value::{Amount, Day, Label, Mark, Quantity, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// What an item has beside what every item has. All of it replaces what was; an item of which nothing is said
    /// keeps it.
    #[derive(Default)]
    ItemTerms {
        /// What one of it is made of: then it is a kit, and has no stock of its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<KitPart>,
        /// How old a buyer must be, in years.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_age: Option<u8>,
        /// Where alone it is sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<Only>,
        /// Why it may not be sold at present, such as `recalled`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blocked: Option<Label>,
        /// The most of it that one sale, reservation or order may have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_per_order: Option<Quantity>,
        /// Whether each piece is sold by its serial number.
        #[serde(default, skip_serializing_if = "is_false")]
        serials: bool,
        /// Whether it is sold by its lot.
        #[serde(default, skip_serializing_if = "is_false")]
        lots: bool,
    }
);
body!(
    /// A part of a kit.
    KitPart {
        /// The item: one that is in the catalogue already or in the same request, and no kit.
        sku: Sku,
        /// How much of it is in one kit.
        qty: Quantity,
        /// Its weight when the kit's price is shared out among the parts; default: its price in the catalogue now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worth: Option<Amount>,
    }
);
body!(
    /// That somebody looked whether the buyer is old enough.
    AgeChecked {
        /// Who looked.
        by: Label,
        /// The date of birth on the document; left out: the buyer was seen to be old enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<Day>,
    }
);
body!(
    /// What a person has to look at: what a request would have been refused for, where the sale had already
    /// happened, or a tax that the seller said lower than the shop's rules do.
    Exception {
        /// The line, counted from 0.
        line: u16,
        /// The item: the line's, or a part of its kit.
        sku: Sku,
        /// The number of the refusal.
        number: u16,
        /// Its name.
        name: String,
        /// What the seller said, where it is about an amount: the price of a unit, what was taken off, the tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Amount>,
        /// What it is by the shop's own rules.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<Amount>,
    }
);
body!(
    /// A piece by its serial number.
    Piece {
        /// The line, counted from 0.
        line: u16,
        /// The item: the line's, or a part of its kit.
        sku: Sku,
        /// Its serial number.
        serial: Mark,
    }
);
body!(
    /// The lot of a line, and until when it may be sold.
    Lot {
        /// The line, counted from 0.
        line: u16,
        /// The lot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<Mark>,
        /// The last day on which it may be sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiry: Option<Day>,
    }
);
body!(
    /// What the parts of a kit on a line were.
    KitSold {
        /// The line, counted from 0.
        line: u16,
        /// The parts of one kit.
        parts: Vec<KitPart>,
    }
);
body!(
    /// What a record keeps of goods with terms.
    #[derive(Default)]
    GoodsMessage {
        /// The kits among the lines, with their parts as they were.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        kits: Vec<KitSold>,
        /// Pieces by their serial numbers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pieces: Vec<Piece>,
        /// Lots and last days.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lots: Vec<Lot>,
        /// Who looked at the buyer's age.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age_checked: Option<AgeChecked>,
        /// What a request would have been refused for: a person decides what follows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exceptions: Vec<Exception>,
    }
);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
