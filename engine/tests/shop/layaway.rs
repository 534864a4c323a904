//! Layaways in words.

use super::Shop;
use super::reading::Reading;
use onhand_engine::command::{Action, Sell, Tender};
use onhand_engine::ids::Code;
use onhand_engine::layaway::{Ask, Told};
use onhand_engine::money::Minor;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;

/// The verbs of this module.
pub(super) const VERBS: [&str; 3] = ["lay_away", "deposit", "cancel"];

impl Shop {
    pub(super) fn layaway_action(&mut self, verb: &str, reading: &mut Reading) -> Result<Action, Refusal> {
        let layaway = Code::new(&reading.word()).unwrap();
        let till = reading.till().unwrap();
        let ask = match verb {
            "lay_away" => {
                let (customer, ttl) = (reading.code("customer").unwrap(), reading.ttl());
                let fee = reading.value("fee").map_or(Minor::ZERO, |fee| Minor(fee.parse().unwrap()));
                let reservation = self.hold(reading);
                let sell = self.basket(Some(till), "sell", reading)?;
                let Action::Sell(Sell { lines, said, tenders, goods, .. }) = sell else { panic!("a basket is a sale") };
                Ask::Open { customer, lines, ttl, fee, tenders, said, reservation, goods }
            }
            "deposit" => Ask::Deposit { tenders: reading.tenders() },
            _ => Ask::Cancel { tenders: reading.tenders(), reason: reading.code("reason").unwrap() },
        };
        Ok(Action::Layaway { till, layaway, ask })
    }

    /// The open layaways with what is deposited and left, those that are late marked so, and all deposits.
    pub(super) fn layaways(&self) -> String {
        let layaways = self.place().store.layaways();
        let mut text = String::new();
        for (name, open) in &layaways.open {
            text += &format!("{name}:{}+{}{} ", open.deposited().0, open.left().0, late(open.due, self.now));
        }
        let ledger = layaways.ledger;
        let sums = [ledger.taken, ledger.given_back, ledger.used, ledger.kept].map(|sum| sum.0);
        format!("{text}| taken={} given_back={} used={} kept={}", sums[0], sums[1], sums[2], sums[3])
    }
}

fn late(due: Timestamp, now: Timestamp) -> &'static str {
    if due <= now { ":late" } else { "" }
}

pub(super) fn told(told: &Told) -> String {
    match told {
        Told::Opened { due, deposits, left } => {
            format!("laid_away due={}s deposits={} left={}", due.0 / 1_000, deposits.0, left.0)
        }
        Told::Deposited { deposits, left } => format!("deposited deposits={} left={}", deposits.0, left.0),
        Told::Cancelled { tenders, kept } => {
            let paid = |tender: &Tender| format!("{}:{}", tender.kind.name(), tender.amount.0);
            format!("cancelled back={} kept={}", tenders.iter().map(paid).collect::<Vec<_>>().join(","), kept.0)
        }
    }
}
