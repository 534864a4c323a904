//! The bytes of layaways, and of the deposits that a till session took.

use super::{Bytes, Feed};
use crate::drawer::books::Deposits;
use crate::ids::LocationId;
use crate::layaway::{Layaways, Ledger};

impl Bytes {
    pub(super) fn deposits(&mut self, deposits: &Deposits) {
        for tally in deposits.taken.iter().chain(&deposits.given_back).chain([&deposits.kept]) {
            self.number(tally.count);
            self.minor(tally.amount);
        }
    }
}

impl Layaways {
    /// Feeds what is open, and what became of all deposits; nothing where there never was one.
    pub(super) fn digest(&self, location: LocationId, feed: Feed<'_>) {
        let Ledger { taken, given_back, used, kept } = self.ledger;
        if *self == Self::NONE {
            return;
        }
        let mut bytes = Bytes::of(b'Y', location);
        [taken, given_back, used, kept].iter().for_each(|sum| bytes.minor(*sum));
        feed(&bytes.0);
        for (name, open) in &self.open {
            let mut bytes = Bytes::of(b'y', location);
            bytes.text(name.as_str());
            bytes.text(open.customer.as_str());
            bytes.count(open.lines.len());
            for line in &open.lines {
                bytes.small(line.sku.0);
                bytes.qty(line.qty);
                [line.unit_price, line.taxed.net, line.taxed.tax].iter().for_each(|amount| bytes.minor(*amount));
                bytes.small(line.taxed.rate.0);
            }
            bytes.number(open.opened.0);
            bytes.number(open.due.0);
            bytes.minor(open.fee);
            open.deposits.iter().for_each(|sum| bytes.minor(*sum));
            feed(&bytes.0);
        }
    }
}
