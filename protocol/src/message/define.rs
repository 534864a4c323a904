//! What the chain is set up with: locations, taxes, items, stock rules, labels, keys.

use super::body::{body, is_false};
use super::goods::ItemTerms;
use super::role::Role;
use super::word::{Basis, Channel, LocationKind, Rounding, Unit};
use crate::value::{Amount, Currency, Gtin, Label, LocationCode, Quantity, Sku};
use crate::when::When;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// Set the stock rules of an item at a location. What is not given is zero.
    SetPolicy {
        /// Where.
        location: LocationCode,
        /// Which item.
        sku: Sku,
        /// Units held back from promises.
        #[serde(default)]
        safety_stock: SafetyStock,
        /// At or below this much available for the web it counts as low.
        #[serde(default)]
        low_at: Quantity,
    }
);
body!(
    /// Units held back from promises, per channel.
    #[derive(Copy, Default)]
    SafetyStock {
        /// From tills.
        #[serde(default)]
        till: Quantity,
        /// From the website.
        #[serde(default)]
        web: Quantity,
        /// From marketplaces.
        #[serde(default)]
        marketplace: Quantity,
    }
);
body!(
    /// Define or change a location.
    DefineLocation {
        /// Its code, for ever.
        code: LocationCode,
        /// What people call it.
        name: String,
        /// What it is for.
        kind: LocationKind,
        /// The currency of its prices and drawers.
        currency: Currency,
        /// How it taxes.
        tax: TaxInput,
        /// Its time zone, such as `Europe/Lisbon`; not given: as it was, at first UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<String>,
    }
);
body!(
    /// How a location taxes.
    TaxInput {
        /// Whether prices contain tax.
        basis: Basis,
        /// Where tax is rounded.
        rounding: Rounding,
        /// The rate of each class.
        rates: Vec<Rate>,
        /// Rates that hold for a while or for one channel; where one of them does, it goes before those of
        /// `rates`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dated: Vec<DatedRate>,
    }
);
body!(
    /// The rate of a tax class for a while, or for one channel: `rate_ppm`, or `parts_ppm` when several taxes
    /// make it up.
    DatedRate {
        /// The class.
        class: Label,
        /// The channel; default: every channel.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// It begins here: a moment, or a day or time by the location's clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<When>,
        /// It is over here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<When>,
        /// The whole rate in parts per million: 21 % is 210000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_ppm: Option<u32>,
        /// The rate of each tax that makes it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts_ppm: Option<Vec<u32>>,
        /// Each of `parts_ppm` is on the price with those before it: tax on tax. It is kept as what they come to on
        /// the price alone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        compound: bool,
    }
);
body!(
    /// The rate of a tax class: `rate_ppm`, or `parts_ppm` when several taxes make it up.
    Rate {
        /// The class.
        class: Label,
        /// The whole rate in parts per million: 21 % is 210000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_ppm: Option<u32>,
        /// The rate of each tax that makes it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts_ppm: Option<Vec<u32>>,
        /// Each of `parts_ppm` is on the price with those before it: tax on tax. It is kept as what they come to on
        /// the price alone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        compound: bool,
    }
);
body!(
    /// Define or change items, all or nothing.
    DefineItems {
        /// The items, by code.
        items: Vec<ItemInput>,
    }
);
body!(
    /// One item.
    ItemInput {
        /// Its code, for ever.
        sku: Sku,
        /// What people call it.
        name: String,
        /// Its bar codes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gtins: Vec<Gtin>,
        /// How it is counted; default: pieces.
        #[serde(default = "each")]
        unit: Unit,
        /// Its tax class.
        tax_class: Label,
        /// Its shelf price per unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Amount>,
        /// Its department or product type.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        category: String,
        /// What it has beside what every item has: a kit's parts, who may buy it. Left out: as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terms: Option<Box<ItemTerms>>,
        /// What a unit costs the shop; not given: as it was. Only admins and analysts are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_cost: Option<Amount>,
    }
);
body!(
    /// Set how the labels that a location prints are laid out. They replace those of before.
    SetLabels {
        /// Where.
        location: LocationCode,
        /// Pictures of 13 digits, such as `20IIIIIVPPPPC`.
        layouts: Vec<String>,
    }
);
body!(
    /// Set what limits returns without a receipt, in the place of what was set before.
    SetReturnLimits {
        /// Where; not given: wherever nothing of its own is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<LocationCode>,
        /// What; not given: nothing of its own any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limits: Option<ReturnLimits>,
    }
);
body!(
    /// What limits returns without a receipt. What is not given limits nothing.
    ReturnLimits {
        /// The most money that one return gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_max: Option<Amount>,
        /// The most at one location in one day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_day: Option<ReturnsMax>,
        /// The most for one customer, who must be named then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_customer: Option<CustomerReturnsMax>,
        /// Whether whoever has the right to do so lifts them: `lift_return_limits`.
        #[serde(default, skip_serializing_if = "is_false")]
        can_be_lifted: bool,
    }
);
body!(
    /// So much in all.
    ReturnsMax {
        /// Money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_max: Option<Amount>,
        /// Returns.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        returns_max: Option<u32>,
    }
);
body!(
    /// So much for one customer.
    CustomerReturnsMax {
        /// Within how many days, 1 to 366.
        days: u16,
        /// Money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_max: Option<Amount>,
        /// Returns.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        returns_max: Option<u32>,
    }
);
body!(
    /// `POST /v1/keys`: make a key. Its secret is shown once, in the answer.
    CreateKey {
        /// What it may do: admin, till, web, analyst or operations.
        role: Role,
        /// Who holds it.
        holder: Label,
    }
);

const fn each() -> Unit {
    Unit::Each
}
