//! What comes back: returns, voids, exchanges.

use super::body::{SaleLine, Tender, body, is_false};
use super::goods::AgeChecked;
use super::word::Disposition;
use crate::value::{Amount, Currency, Label, LocationCode, Mark, Position, Quantity, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// Goods came back, money went out.
    Return {
        /// Where.
        location: LocationCode,
        /// The till that took them, 1 to 9999.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The currency of every amount here.
        currency: Currency,
        /// What, with the amounts of the original sale.
        lines: Vec<SaleLine>,
        /// What becomes of them.
        disposition: Disposition,
        /// How the money went back; amounts above zero.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
        /// Who the customer is, in the shop's own words: for what limits returns without a receipt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<Label>,
        /// True: it has already happened, so it is always accepted.
        #[serde(default, skip_serializing_if = "is_false")]
        completed: bool,
    }
);
body!(
    /// A known sale comes back, whole or in part, at any till of any location.
    ReturnSale {
        /// Where it comes back.
        location: LocationCode,
        /// The till that takes it, 1 to 9999.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The currency of every amount here.
        currency: Currency,
        /// The sale: `seq` of its answer.
        sale: Position,
        /// What of it; default: all that has not come back yet.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<BackLine>,
        /// What becomes of the goods.
        disposition: Disposition,
        /// How the money goes back, amounts above zero; default: as it was paid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
    }
);
body!(
    /// A line of a known sale: goods with the money for them, or money alone.
    BackLine {
        /// The line of the sale, counted from 0.
        line: u16,
        /// The part of its kits that comes back alone; default: the line's own item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Sku>,
        /// The serial numbers of the pieces that come back; default: all that are left, where all come back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        serials: Vec<Mark>,
        /// How much of it comes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        qty: Option<Quantity>,
        /// How much money goes back, with tax, while the goods stay with the customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    }
);
body!(
    /// A whole sale is cancelled at the till that rang it up.
    VoidSale {
        /// Where it was sold.
        location: LocationCode,
        /// The till that rang it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The sale: `seq` of its answer.
        sale: Position,
        /// Why.
        reason: Label,
    }
);
body!(
    /// Goods of a known sale come back and others go out: one step, one receipt.
    Exchange {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// The currency of every amount here.
        currency: Currency,
        /// The sale that comes back: `seq` of its answer.
        sale: Position,
        /// What of it; default: all that has not come back yet.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        returned: Vec<BackLine>,
        /// What becomes of the goods that come back.
        disposition: Disposition,
        /// What goes out.
        lines: Vec<SaleLine>,
        /// How the difference is paid; below zero it is money that goes back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
        /// Who looked whether the buyer is old enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age_checked: Option<AgeChecked>,
    }
);
