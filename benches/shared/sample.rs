//! One shop and one item, as the engine knows them.

use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::ids::{Label, LocationCode, LocationId, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Unit;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules};

pub(crate) const SHOP: LocationId = LocationId(1);
pub(crate) const SOLD: SkuId = SkuId(0);

/// The item that most measurements sell.
pub(crate) fn item() -> Item {
    Item {
        sku: SOLD,
        code: SkuCode::new("TEA-EARL-GREY").unwrap(),
        name: "Earl Grey, 100 g".into(),
        gtins: Vec::new(),
        unit: Unit::Each,
        tax_class: Label::new("standard").unwrap(),
        price: Some(Minor(605)),
        category: "Tea".into(),
        terms: None,
        unit_cost: None,
    }
}

/// A shop whose prices contain 21 % tax.
pub(crate) fn location() -> Location {
    let standard = TaxRate { class: Label::new("standard").unwrap(), parts: vec![RatePpm(210_000)] };
    Location {
        id: SHOP,
        code: LocationCode::new("S1").unwrap(),
        name: "Market Street".into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules {
            basis: PriceBasis::TaxInclusive,
            rounding: TaxRounding::Line,
            rates: vec![standard],
            dated: Vec::new(),
        },
        zone: None,
    }
}
