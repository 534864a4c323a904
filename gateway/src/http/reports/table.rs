//! A report as a table: a line each, amounts in minor units.

use super::asked::Kind;
use crate::fault::Fault;
use onhand_engine::report::Group;
use serde::Serialize;
use serde_json::Value;

/// The columns of a kind after those of what a row is of, for good: a new one goes to the end.
const fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Sales => &[
            "currency",
            "sales",
            "returns",
            "voids",
            "sold_qty",
            "returned_qty",
            "sold_net",
            "sold_tax",
            "returned_net",
            "returned_tax",
            "net",
            "tax",
            "gross",
            "discounted_lines",
            "discounts",
            "costed_net",
            "cost",
            "margin",
        ],
        Kind::Tenders => &[
            "currency",
            "count",
            "taken",
            "change",
            "refunded",
            "rounding",
            "net",
            "deposited",
            "deposits_back",
            "money",
        ],
    }
}

const fn columns_of(group: Group) -> &'static [&'static str] {
    match group {
        Group::Item => &["sku", "name"],
        Group::Rate => &["rate_ppm"],
        Group::Location => &["location"],
        Group::Till => &["till"],
        Group::Cashier => &["cashier"],
        Group::Day => &["day"],
        Group::Hour => &["hour"],
        Group::Category => &["category"],
        Group::Channel => &["channel"],
        Group::Tender => &["tender"],
    }
}

pub(super) fn write<R: Serialize>(
    kind: Kind,
    groups: &[Group],
    rows: impl Iterator<Item = R>,
) -> Result<Vec<u8>, Fault> {
    let of = groups.iter().flat_map(|group| columns_of(*group));
    let columns: Vec<&str> = of.chain(columns(kind)).copied().collect();
    table(&columns, rows).map_err(|why| {
        tracing::error!(%why, "a report cannot be written as a table");
        Fault::new(5005, "an error inside the server was contained")
    })
}

fn table<R: Serialize>(columns: &[&str], rows: impl Iterator<Item = R>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        let row = serde_json::to_value(&row).map_err(|why| csv::Error::from(std::io::Error::other(why)))?;
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::String(text)) => text.clone(),
            Some(number) => number.to_string(),
            None => String::new(),
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    writer.into_inner().map_err(|why| csv::Error::from(why.into_error()))
}
