//! WooCommerce's product export. Simple products and variations are items; their parents, groups,
//! links to other shops and downloads are not.

use crate::check::{Checker, Draft};
use crate::table::{Column, Row, Table};
use std::collections::HashMap;

struct Columns {
    id: Column,
    kind: Column,
    sku: Column,
    name: Column,
    gtin: Column,
    tax_status: Column,
    tax_class: Column,
    on_hand: Column,
    sale_price: Column,
    price: Column,
    categories: Column,
    parent: Column,
}

/// What variations take over from their parent.
struct Parent<'a> {
    name: &'a str,
    categories: &'a str,
    tax_class: &'a str,
}

const NO_PARENT: Parent<'static> = Parent { name: "", categories: "", tax_class: "" };

pub(super) fn read(table: &Table, check: &mut Checker<'_>) {
    let columns = Columns::of(table);
    let mut parents = HashMap::new();
    for row in table.rows.iter().filter(|row| row.get(columns.kind).contains("variable")) {
        let parent = Parent {
            name: row.get(columns.name),
            categories: row.get(columns.categories),
            tax_class: row.get(columns.tax_class),
        };
        // A variation names its parent by SKU, or by `id:` where the parent has none.
        let key = match row.get(columns.sku) {
            "" => format!("id:{}", row.get(columns.id)),
            sku => sku.to_owned(),
        };
        parents.insert(key, parent);
    }
    for row in &table.rows {
        if let Some(reason) = not_stock(row.get(columns.kind)) {
            check.note(row.line, "Type", reason, "it was passed over");
            continue;
        }
        item(row, &columns, parents.get(row.get(columns.parent)), check);
    }
}

/// Why a type of product is no item with stock of its own.
fn not_stock(kinds: &str) -> Option<&'static str> {
    kinds.split(',').map(str::trim).find_map(|kind| match kind {
        "variable" => Some("its variations are sold, not itself"),
        "grouped" => Some("a group is not sold, its members are"),
        "external" => Some("another shop sells it"),
        "downloadable" | "virtual" => Some("a download or service has no stock to count"),
        _ => None,
    })
}

fn item(row: &Row, columns: &Columns, parent: Option<&Parent<'_>>, check: &mut Checker<'_>) {
    let line = row.line;
    let kind = row.get(columns.kind);
    if kind.contains("variation") && parent.is_none() {
        let problem = format!("its parent \"{}\" is not in the file", row.get(columns.parent));
        check.warn(line, "Parent", problem, "export all products together if name or category are missing");
    }
    let derived = format!("woo-{}", row.get(columns.id));
    let given = row.get(columns.sku);
    if given.is_empty() {
        let problem = format!("it has no SKU; {derived} was made of its ID");
        check.warn(line, "SKU", problem, "enter SKUs in WooCommerce, so that both sides mean the same item");
    }
    if row.get(columns.price).is_empty() {
        check.warn(line, "Regular price", "it has no price", "enter one, or tills must key it in");
    }
    if !row.get(columns.sale_price).is_empty() {
        check.note(line, "Sale price", "its sale price is not taken", "the regular price is the shelf price");
    }
    let theirs = parent.unwrap_or(&NO_PARENT);
    let standard = check.standard_class();
    let class = or(row.get(columns.tax_class), theirs.tax_class);
    let tax_class = tax_class(row.get(columns.tax_status), class, &standard);
    if tax_class == "exempt" {
        let mend = "it gets tax class exempt; each location needs a rate for it";
        check.warn(line, "Tax status", "it is not taxed", mend);
    }
    let on_hand = match row.get(columns.on_hand) {
        "parent" => {
            check.note(line, "Stock", "its parent keeps its stock", "count the variations one by one");
            ""
        }
        own => own,
    };
    check.take(&Draft {
        line,
        sku: if given.is_empty() { &derived } else { given },
        name: or(row.get(columns.name), theirs.name),
        gtins: row.get(columns.gtin),
        tax_class,
        price: row.get(columns.price),
        category: or(row.get(columns.categories), theirs.categories),
        on_hand,
        ..Draft::default()
    });
}

/// An empty class is WooCommerce's standard class, by its own rule.
fn tax_class<'a>(status: &str, class: &'a str, standard: &'a str) -> &'a str {
    match (status, class) {
        ("none" | "shipping", _) => "exempt",
        (_, "" | "parent") => standard,
        (_, class) => class,
    }
}

/// A variation's own cell, or its parent's where it leaves it.
fn or<'a>(own: &'a str, theirs: &'a str) -> &'a str {
    if matches!(own, "" | "parent") { theirs } else { own }
}

impl Columns {
    fn of(table: &Table) -> Self {
        Self {
            id: table.column(&["ID"]),
            kind: table.column(&["Type"]),
            sku: table.column(&["SKU"]),
            name: table.column(&["Name"]),
            gtin: table.column(&["GTIN, UPC, EAN, or ISBN", "GTIN"]),
            tax_status: table.column(&["Tax status"]),
            tax_class: table.column(&["Tax class"]),
            on_hand: table.column(&["Stock"]),
            sale_price: table.column(&["Sale price"]),
            price: table.column(&["Regular price"]),
            categories: table.column(&["Categories"]),
            parent: table.column(&["Parent"]),
        }
    }
}
