//! The layouts we read, recognised by their header.

mod complete_journey;
mod onhand;
mod shopify;
mod woocommerce;

use crate::catalogue::Format;
use crate::check::Checker;
use crate::table::Table;

/// Reads a table of whatever format it is.
pub(crate) fn read(table: &Table, check: &mut Checker<'_>) {
    check.findings.extend(table.findings.iter().cloned());
    check.format = recognise(table);
    match check.format {
        Some(Format::Onhand) => onhand::read(table, check),
        Some(Format::Shopify) => shopify::read(table, check),
        Some(Format::WooCommerce) => woocommerce::read(table, check),
        Some(Format::CompleteJourney) => complete_journey::read(table, check),
        None => {
            let mend = "the first line must name the columns: sku,name,gtin,unit,tax_class,price,category for our own \
                        layout; Shopify's and WooCommerce's product exports are read as they are (in English)";
            return check.error(1, "", "its columns are of no catalogue that we know", mend);
        }
    }
    if table.rows.is_empty() {
        check.error(0, "", "it has no lines after the header", "export it again");
    }
}

fn recognise(table: &Table) -> Option<Format> {
    let handle = table.has(&["Handle"]) || table.has(&["URL handle"]);
    if handle && table.has(&["Title", "Option1 Value"]) {
        return Some(Format::Shopify);
    }
    if table.has(&["Type", "SKU", "Regular price"]) {
        return Some(Format::WooCommerce);
    }
    if table.has(&["product_id", "department", "product_category", "product_type"]) {
        return Some(Format::CompleteJourney);
    }
    table.has(&["sku", "name"]).then_some(Format::Onhand)
}
