//! What a location and its tills have counted.

use onhand_engine::ids::{ReceiptNo, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::store::Totals;
use onhand_engine::till::Till;
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct TillPart {
    no: u16,
    last_receipt: u64,
    sales: u64,
    returns: u64,
    takings: [i64; 7],
}

pub(super) fn totals_out(totals: &Totals) -> [i64; 10] {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    [
        count(totals.sales),
        count(totals.lines),
        totals.units.milli(),
        totals.net.0,
        totals.tax.0,
        count(totals.returns),
        totals.returned_units.milli(),
        totals.returned_net.0,
        totals.returned_tax.0,
        totals.oversold.milli(),
    ]
}

pub(super) fn totals_in(parts: [i64; 10]) -> Totals {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let [sales, lines, units, net, tax, returns, returned_units, returned_net, returned_tax, oversold] = parts;
    Totals {
        sales: count(sales),
        lines: count(lines),
        units: Qty::from_milli(units),
        net: Minor(net),
        tax: Minor(tax),
        returns: count(returns),
        returned_units: Qty::from_milli(returned_units),
        returned_net: Minor(returned_net),
        returned_tax: Minor(returned_tax),
        oversold: Qty::from_milli(oversold),
    }
}

impl TillPart {
    pub(super) fn of(no: TillNo, till: &Till) -> Self {
        Self {
            no: no.0,
            last_receipt: till.last_receipt.0,
            sales: till.sales,
            returns: till.returns,
            takings: till.takings.map(|amount| amount.0),
        }
    }

    pub(super) fn read(self) -> (TillNo, Till) {
        let till = Till {
            last_receipt: ReceiptNo(self.last_receipt),
            sales: self.sales,
            returns: self.returns,
            takings: self.takings.map(Minor),
            drawer: None,
        };
        (TillNo(self.no), till)
    }
}
