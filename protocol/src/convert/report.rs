//! Rows of reports.

use super::Names;
use crate::message::{RowOf, SalesRow, TenderRow};
use crate::value::{Amount, Currency, Day, Quantity, Text};
use onhand_engine::report::{Key, SalesSums, TenderSums, Value};

/// A row of a report of sales.
#[must_use]
pub fn sales_row(key: &Key, sums: &SalesSums, names: &impl Names) -> SalesRow {
    SalesRow {
        of: row_of(key, names),
        currency: Currency(key.currency),
        sales: sums.sales,
        returns: sums.returns,
        voids: sums.voids,
        sold_qty: Quantity(sums.sold_qty),
        returned_qty: Quantity(sums.returned_qty),
        sold_net: Amount(sums.sold.net),
        sold_tax: Amount(sums.sold.tax),
        returned_net: Amount(sums.returned.net),
        returned_tax: Amount(sums.returned.tax),
        net: Amount(sums.net()),
        tax: Amount(sums.tax()),
        gross: Amount(sums.gross()),
        discounted_lines: sums.discounts.count,
        discounts: Amount(sums.discounts.amount),
        costed_net: Amount(sums.costed_net),
        cost: Amount(sums.cost),
        margin: Amount(sums.margin()),
    }
}

/// A row of a report of tenders.
#[must_use]
pub fn tender_row(key: &Key, sums: &TenderSums, names: &impl Names) -> TenderRow {
    TenderRow {
        of: row_of(key, names),
        currency: Currency(key.currency),
        count: sums.count,
        taken: Amount(sums.flow.taken),
        change: Amount(sums.flow.change),
        refunded: Amount(sums.flow.refunded),
        rounding: Amount(sums.rounding),
        net: Amount(sums.net()),
        deposited: Amount(sums.deposited),
        deposits_back: Amount(sums.deposits_back),
        money: Amount(sums.money()),
    }
}

fn row_of(key: &Key, names: &impl Names) -> RowOf {
    let mut of = RowOf::default();
    for value in key.values() {
        match value {
            Value::Location(id) => of.location = names.location_numbered(*id).map(|place| Text(place.code.clone())),
            Value::Till(till) => of.till = till.map(|till| till.0),
            Value::Cashier(user) => of.cashier = user.and_then(|no| names.user_numbered(no)).map(Text),
            Value::Day(day) => of.day = Some(Day(*day)),
            Value::Hour(hour) => of.hour = Some(*hour),
            Value::Item(sku) => {
                if let Some(item) = names.item_numbered(*sku) {
                    of.sku = Some(Text(item.code.clone()));
                    of.name = Some(item.name.to_string());
                }
            }
            Value::Category(category) => of.category = Some(category.to_string()),
            Value::Channel(channel) => of.channel = Some((*channel).into()),
            Value::Rate(rate) => of.rate_ppm = Some(rate.0),
            Value::Tender(kind) => of.tender = Some((*kind).into()),
        }
    }
    of
}
