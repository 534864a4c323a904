//! Known sales come back: `give_back`, `void`, `exchange`.

use super::Shop;
use super::reading::Reading;
use onhand_engine::command::{Action, Disposition};
use onhand_engine::event::Sale;
use onhand_engine::ids::{Code, LocationId, Seq};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{KnownSale, Portion, SaleRef, TakeBack, What};
use onhand_engine::time::Timestamp;

/// A sale as it stands in the log, `S1` being the first.
pub(super) fn known_sale(no: usize, location: LocationId, time: Timestamp, sale: &Sale) -> KnownSale {
    KnownSale::new(SaleRef { location, seq: Seq(no as u64) }, time, sale)
}

impl Shop {
    /// `give_back S1 T2 (LINE:QTY | LINE@MONEY)... to= pay=`, `void S1 T1 reason=`,
    /// `exchange S1 T1 (LINE:QTY)... for (ITEM QTY @PRICE)... to= pay=`.
    pub(super) fn giving(&mut self, verb: &str, reading: &mut Reading) -> Result<Action, Refusal> {
        let sale: usize = reading.word().strip_prefix('S').unwrap().parse().unwrap();
        let till = reading.till();
        let mut portions = Vec::new();
        while let Some(word) = reading.next_word().filter(|word| word != "for") {
            portions.push(self.part_portion(&word).unwrap_or_else(|| portion(&word)));
        }
        let sale = self.sales[sale - 1].clone();
        let serials = reading.value("serials").unwrap_or_default();
        let serials = serials.split('+').filter(|one| !one.is_empty()).map(|one| Code::new(one).unwrap()).collect();
        let void = (verb == "void").then(|| reading.code("reason").unwrap());
        let of = Box::new(TakeBack { sale, portions, void, granted: None, serials });
        if verb == "exchange" {
            let Action::Sell(sell) = self.basket(till, "sell", reading)? else { panic!("an exchange sells") };
            let disposition = Disposition::Resell;
            return Ok(Action::Exchange { back: of, disposition, sell: Box::new(sell) });
        }
        let (tenders, named) = (reading.tenders(), reading.value("to"));
        let is_named = |d: &Disposition| named.as_deref().unwrap_or("resell") == d.name();
        let disposition = Disposition::ALL.into_iter().find(is_named).unwrap();
        let (lines, said, currency) = (Vec::new(), Default::default(), Currency::EUR);
        let accounts = self.credits(reading, &tenders);
        Ok(Action::Return {
            unreceipted: None,
            till,
            currency,
            lines,
            said,
            disposition,
            tenders,
            accounts,
            of: Some(of),
            goods: None,
        })
    }
}

fn portion(word: &str) -> Portion {
    let read = |line: &str| line.parse().unwrap();
    match word.split_once(':') {
        Some((line, qty)) => Portion { line: read(line), what: What::Goods(Qty::parse(qty).unwrap()) },
        None => {
            let (line, money) = word.split_once('@').unwrap();
            Portion { line: read(line), what: What::Money(Minor(money.parse().unwrap())) }
        }
    }
}
