//! What the chain sells and where: items, locations, keys. Master data is versioned by its events;
//! a sale keeps its own copy of price and tax.

use crate::date::Date;
use crate::goods::Terms;
use crate::gtin::Gtin;
use crate::ids::{Label, LocationCode, LocationId, SkuCode, SkuId};
use crate::money::{Currency, Minor};
use crate::qty::{Qty, Unit};
use crate::refusal::Refusal;
use crate::tax::TaxRules;
use crate::time::Timestamp;
use crate::zone::{Wall, Zone};
use std::sync::Arc;

/// One sellable variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Our number for it.
    pub sku: SkuId,
    /// The shop's name for it.
    pub code: SkuCode,
    /// What people call it.
    pub name: Arc<str>,
    /// Its bar codes, as 14 digits.
    pub gtins: Vec<Gtin>,
    /// How it is counted.
    pub unit: Unit,
    /// Its tax class.
    pub tax_class: Label,
    /// Its shelf price per unit in minor units of the chain's currency, where one is set.
    pub price: Option<Minor>,
    /// Its department or product type, for people to find it by. May be empty.
    pub category: Arc<str>,
    /// What it has beside what every item has. In a command, none: as it was.
    pub terms: Option<Arc<Terms>>,
    /// What a unit costs the shop, in minor units of the chain's currency, where that is known.
    pub unit_cost: Option<Minor>,
}

impl Item {
    /// Whether a line may name this quantity of it: above zero, within the range, and whole for
    /// items sold by the piece.
    ///
    /// # Errors
    /// [`Refusal::BadQuantity`].
    pub fn check_qty(&self, qty: Qty) -> Result<(), Refusal> {
        if qty.is_positive() && qty <= Qty::MAX && self.unit.allows(qty) {
            return Ok(());
        }
        Err(Refusal::BadQuantity { sku: self.sku })
    }
}

/// What a location is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocationKind {
    /// It has tills and opening hours.
    #[default]
    Shop,
    /// It ships.
    Warehouse,
}

/// A place that holds stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Our number for it.
    pub id: LocationId,
    /// The chain's name for it.
    pub code: LocationCode,
    /// What people call it.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: LocationKind,
    /// The currency of its prices and drawers.
    pub currency: Currency,
    /// How it taxes.
    pub tax: TaxRules,
    /// Its time zone; none: UTC. In a command, none: as it was.
    pub zone: Option<Arc<Zone>>,
}

impl Location {
    /// What the clock on its wall shows at a moment.
    #[must_use]
    pub fn wall(&self, moment: Timestamp) -> Wall {
        self.zone.as_ref().map_or(Wall(moment.0), |zone| zone.wall(moment))
    }

    /// The day of the calendar there at a moment.
    #[must_use]
    pub fn day(&self, moment: Timestamp) -> Date {
        self.wall(moment).date()
    }

    /// The first moment at which its clock shows something, or something later.
    #[must_use]
    pub fn first(&self, wall: Wall) -> Timestamp {
        self.zone.as_ref().map_or(Timestamp(wall.0), |zone| zone.first(wall))
    }
}

impl LocationKind {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LocationKind::Shop => "shop",
            LocationKind::Warehouse => "warehouse",
        }
    }
}

/// What a key may do. Deny by default; the gateway's table says which role may which command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, keys and catalogue included.
    Admin,
    /// Sells, refunds, counts and receives at its location.
    Till,
    /// Reads stock, reserves and orders for shoppers.
    Web,
    /// Reads totals, events and metrics.
    Analyst,
    /// Reads health, metrics and queues.
    Operations,
    /// Speaks to a payment provider or its terminals, at the payments' own listener.
    Driver,
}

/// The public half of a key's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

/// A key as it is kept: the secret itself is shown once and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The public half.
    pub id: KeyId,
    /// What it may do.
    pub role: Role,
    /// Who holds it: two keys of one holder live side by side while it is rotated.
    pub holder: Label,
    /// BLAKE3 of the secret. The secret has 256 random bits, so it needs no slow hash.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
    /// When it stopped being accepted, if it did.
    pub revoked: Option<Timestamp>,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 6] = [Role::Admin, Role::Till, Role::Web, Role::Analyst, Role::Operations, Role::Driver];

    /// The word for it on the command line and the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Till => "till",
            Role::Web => "web",
            Role::Analyst => "analyst",
            Role::Operations => "operations",
            Role::Driver => "driver",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
