//! Central reports on the wire: what was sold and how it was paid, row by row.

use super::word::{Channel, TenderType};
use crate::value::{Amount, Currency, Day, LocationCode, Position, Quantity, Sku, Time, UserCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

told!(
    /// `GET /v1/reports/sales` and `GET /v1/reports/tenders`: a page of rows.
    ReportPage {
        /// The first business day.
        from: Day,
        /// The last business day.
        until: Day,
        /// What there is a row for.
        group_by: Vec<String>,
        /// Minutes by which the one clock of the report is ahead of UTC; not given: each location has its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        utc_offset_min: Option<i32>,
        /// The last record that was looked at; the pages of one report all have it.
        as_of: Position,
        /// Records of before this moment were wanted and are gone: the log is no longer kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oldest: Option<Time>,
        /// How many rows the report has, on all pages.
        row_count: u64,
        /// The rows of this page: `sales` of a report of sales, `tenders` of one of tenders.
        #[serde(flatten)]
        rows: ReportRows,
        /// Give this as `after` for the next page; none: this was the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
);

/// The rows of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportRows {
    /// What was sold and came back.
    Sales(Vec<SalesRow>),
    /// What was paid and how.
    Tenders(Vec<TenderRow>),
}

told!(
    /// What a row is of: what the report is grouped by.
    #[derive(Default)]
    RowOf {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<LocationCode>,
        /// The till; none: no till, as of the website.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        till: Option<u16>,
        /// Who asked; none: nobody was signed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cashier: Option<UserCode>,
        /// The business day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<Day>,
        /// The hour of the day by the clock on the wall, 0 to 23.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hour: Option<u8>,
        /// The item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// The item's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The category, as the catalogue has it now; may be empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        /// Where the demand came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The rate of tax in millionths.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_ppm: Option<u32>,
        /// The means of payment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tender: Option<TenderType>,
    }
);
told!(
    /// What was sold and came back.
    SalesRow {
        /// What the row is of.
        #[serde(flatten)]
        of: RowOf,
        /// The currency of every amount in the row.
        currency: Currency,
        /// Sales with a line in this row.
        sales: u64,
        /// Returns with a line in this row.
        returns: u64,
        /// Returns among these that cancelled a whole sale.
        voids: u64,
        /// Units sold.
        sold_qty: Quantity,
        /// Units that came back.
        returned_qty: Quantity,
        /// Sold, without tax.
        sold_net: Amount,
        /// The tax on it.
        sold_tax: Amount,
        /// Came back, without tax.
        returned_net: Amount,
        /// The tax on it.
        returned_tax: Amount,
        /// Sold less came back, without tax.
        net: Amount,
        /// The tax on it.
        tax: Amount,
        /// The same with tax.
        gross: Amount,
        /// Lines sold below their shelf price.
        discounted_lines: u64,
        /// By how much less.
        discounts: Amount,
        /// The part of `net` of which it is known what the goods had cost the shop when they were sold.
        costed_net: Amount,
        /// What they had cost.
        cost: Amount,
        /// `costed_net` less `cost`.
        margin: Amount,
    }
);
told!(
    /// How much was paid by one or several means.
    TenderRow {
        /// What the row is of.
        #[serde(flatten)]
        of: RowOf,
        /// The currency of every amount in the row.
        currency: Currency,
        /// Sales, returns, exchanges and layaways in which money of it moved.
        count: u64,
        /// Taken in sales.
        taken: Amount,
        /// Given back in sales as change.
        change: Amount,
        /// Paid out for returns.
        refunded: Amount,
        /// Cash rounding: below zero is to the shop's favour.
        rounding: Amount,
        /// Taken less change and refunds, with rounding: what was sold less what came back.
        net: Amount,
        /// Deposited for layaways.
        deposited: Amount,
        /// Deposits that went back.
        deposits_back: Amount,
        /// What is there more than before: taken less change and refunds, deposited less what of deposits went
        /// back. Rounding, and deposits that paid a sale, are no money.
        money: Amount,
    }
);
