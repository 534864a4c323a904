//! Our own layout: `sku,name,gtin,unit,tax_class,price,category[,unit_cost][,terms][,parts][,location,on_hand]`,
//! in any order.
//!
//! `gtin` may hold several bar codes separated by blanks; `unit` is each, kg, l or m (each when
//! empty); `price` and `unit_cost` are decimal with a point. An item stocked at several locations has a line for
//! each, alike but for `location` and `on_hand`.

use crate::check::{Checker, Draft};
use crate::table::Table;

pub(super) fn read(table: &Table, check: &mut Checker<'_>) {
    let [sku, name, gtin, unit, tax_class, price, category, unit_cost, terms, parts, location, on_hand] = [
        "sku",
        "name",
        "gtin",
        "unit",
        "tax_class",
        "price",
        "category",
        "unit_cost",
        "terms",
        "parts",
        "location",
        "on_hand",
    ]
    .map(|column| table.column(&[column]));
    for row in &table.rows {
        check.take(&Draft {
            line: row.line,
            sku: row.get(sku),
            name: row.get(name),
            gtins: row.get(gtin),
            unit: row.get(unit),
            tax_class: row.get(tax_class),
            price: row.get(price),
            category: row.get(category),
            unit_cost: row.get(unit_cost),
            location: row.get(location),
            on_hand: row.get(on_hand),
            terms: row.get(terms),
            parts: row.get(parts),
        });
    }
}
