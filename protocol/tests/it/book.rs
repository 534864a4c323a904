//! A small address book: four items, two locations.

use onhand_engine::catalogue::{Item, Location, LocationKind};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{Code, LocationCode, LocationId, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Unit;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules};
use onhand_protocol::convert::Names;
use std::sync::Arc;

pub(crate) struct Book {
    items: Vec<Arc<Item>>,
    locations: Vec<Arc<Location>>,
}

pub(crate) fn book() -> Book {
    let item = |sku, code, unit, price: Option<i64>| {
        Arc::new(Item {
            sku: SkuId(sku),
            code: Code::new(code).unwrap(),
            name: code.into(),
            gtins: if code == "TEA" { vec![Gtin::parse("4006381333931").unwrap()] } else { Vec::new() },
            unit,
            tax_class: Code::new("standard").unwrap(),
            price: price.map(Minor),
            category: "".into(),
            terms: None,
            unit_cost: None,
        })
    };
    let location = |id, code, basis, currency| {
        let rates = vec![TaxRate { class: Code::new("standard").unwrap(), parts: vec![RatePpm(210_000)] }];
        Arc::new(Location {
            id: LocationId(id),
            code: Code::new(code).unwrap(),
            name: code.into(),
            kind: LocationKind::Shop,
            currency: Currency::parse(currency).unwrap(),
            tax: TaxRules { basis, rounding: TaxRounding::Line, rates, dated: Vec::new() },
            zone: None,
        })
    };
    Book {
        items: vec![
            item(0, "TEA", Unit::Each, Some(1_210)),
            item(1, "CHEESE", Unit::Kilogram, Some(1_999)),
            item(2, "ODD \"1\"", Unit::Each, None),
        ],
        locations: vec![
            location(1, "S1", PriceBasis::TaxInclusive, "EUR"),
            location(2, "US", PriceBasis::TaxExclusive, "USD"),
        ],
    }
}

impl Names for Book {
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>> {
        self.items.iter().find(|item| item.code == *code).cloned()
    }

    fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        self.items.iter().find(|item| item.gtins.contains(&gtin)).cloned()
    }

    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>> {
        self.items.get(sku.index()).cloned()
    }

    fn location(&self, code: &LocationCode) -> Option<Arc<Location>> {
        self.locations.iter().find(|location| location.code == *code).cloned()
    }

    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>> {
        self.locations.iter().find(|location| location.id == id).cloned()
    }
}
