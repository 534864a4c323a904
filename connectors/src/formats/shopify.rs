//! Shopify's product export: a line for each variant, further lines for further images.
//!
//! The product's own cells stand on its first line only. `Variant SKU` may be empty; the SKU is then
//! made of handle and options, and said so.

use crate::check::{Checker, Draft};
use crate::table::{Column, Row, Table};

struct Columns {
    handle: Column,
    title: Column,
    kind: Column,
    gift_card: Column,
    options: [Column; 3],
    sku: Column,
    price: Column,
    unit_cost: Column,
    barcode: Column,
    taxable: Column,
    tax_code: Column,
    on_hand: Column,
}

/// The cells of a product that its further variants leave empty.
#[derive(Default)]
struct Product<'a> {
    handle: &'a str,
    title: &'a str,
    kind: &'a str,
    gift_card: bool,
}

pub(super) fn read(table: &Table, check: &mut Checker<'_>) {
    let columns = Columns::of(table);
    let mut product = Product::default();
    for row in &table.rows {
        let handle = row.get(columns.handle);
        if handle.is_empty() {
            check.error(row.line, "Handle", "it has no handle", "export the products again");
            continue;
        }
        if handle != product.handle {
            product = Product {
                handle,
                title: row.get(columns.title),
                kind: row.get(columns.kind),
                gift_card: row.get(columns.gift_card).eq_ignore_ascii_case("true"),
            };
        }
        let is_variant = [columns.sku, columns.price, columns.options[0]].iter().any(|c| !row.get(*c).is_empty());
        if is_variant {
            variant(row, &columns, &product, check);
        }
    }
}

fn variant(row: &Row, columns: &Columns, product: &Product<'_>, check: &mut Checker<'_>) {
    let line = row.line;
    if product.gift_card {
        return check.note(line, "Gift Card", "gift cards are not stock", "it was passed over");
    }
    let options: Vec<&str> = columns
        .options
        .iter()
        .map(|column| row.get(*column))
        .filter(|option| !option.is_empty() && *option != "Default Title")
        .collect();
    let title = if product.title.is_empty() { product.handle } else { product.title };
    let name = if options.is_empty() { title.to_owned() } else { format!("{title} - {}", options.join(" / ")) };
    let derived = derived_sku(product.handle, &options);
    // Spreadsheets are kept from changing codes by an apostrophe before them.
    let given = row.get(columns.sku).trim_start_matches('\'');
    if given.is_empty() {
        let problem = format!("it has no SKU; {derived} was made of handle and options");
        check.warn(line, "Variant SKU", problem, "enter SKUs in Shopify, so that both sides mean the same item");
    }
    let taxable = !row.get(columns.taxable).eq_ignore_ascii_case("false");
    if !taxable {
        let mend = "it gets tax class exempt; each location needs a rate for it";
        check.warn(line, "Variant Taxable", "it is not taxed", mend);
    }
    // A taxed variant without a code of its own is taxed at the standard rate, by Shopify's own rule.
    let standard = check.standard_class();
    let tax_class = match (taxable, row.get(columns.tax_code)) {
        (false, _) => "exempt",
        (true, "") => &standard,
        (true, code) => code,
    };
    check.take(&Draft {
        line,
        sku: if given.is_empty() { &derived } else { given },
        name: &name,
        gtins: row.get(columns.barcode).trim_start_matches('\''),
        tax_class,
        price: row.get(columns.price),
        unit_cost: row.get(columns.unit_cost),
        category: product.kind,
        on_hand: row.get(columns.on_hand),
        ..Draft::default()
    });
}

fn derived_sku(handle: &str, options: &[&str]) -> String {
    let mut sku = handle.to_owned();
    for option in options {
        sku.push('-');
        let words = option.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        sku.push_str(&words.collect::<Vec<_>>().join("-").to_lowercase());
    }
    sku
}

impl Columns {
    /// Names of the older export first, then those of the newer one.
    fn of(table: &Table) -> Self {
        Self {
            handle: table.column(&["Handle", "URL handle"]),
            title: table.column(&["Title"]),
            kind: table.column(&["Type"]),
            gift_card: table.column(&["Gift Card"]),
            options: ["Option1 Value", "Option2 Value", "Option3 Value"].map(|name| table.column(&[name])),
            sku: table.column(&["Variant SKU", "SKU"]),
            price: table.column(&["Variant Price", "Price"]),
            unit_cost: table.column(&["Cost per item"]),
            barcode: table.column(&["Variant Barcode", "Barcode"]),
            taxable: table.column(&["Variant Taxable", "Charge tax"]),
            tax_code: table.column(&["Variant Tax Code", "Tax code"]),
            on_hand: table.column(&["Variant Inventory Qty", "Inventory quantity"]),
        }
    }
}
