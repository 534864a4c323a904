//! Words to commands: positional words first, then pairs of item and quantity, then `name=value`.

use super::Shop;
use onhand_engine::catalogue::Item;
use onhand_engine::command::{
    Action, Bucket, Channel, Disposition, Policy, Said, SaleLine, Sell, SkuQty, Standing, Tender, TenderKind,
};
use onhand_engine::ids::{Code, Label, ReservationId, SessionNo, SkuCode, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules, on_price_alone};
use onhand_engine::time::Millis;

/// The words for means of payment, in the order of [`TenderKind::MONEY`].
pub(crate) const TENDERS: [&str; 7] = ["cash", "card", "gift_card", "store_credit", "voucher", "on_account", "other"];

/// The kind of tender of a word.
pub(crate) fn tender_kind(word: &str) -> TenderKind {
    match TENDERS.iter().position(|name| *name == word) {
        Some(at) => TenderKind::MONEY[at],
        None if word == "cash_rounding" => TenderKind::CashRounding,
        None if word == "deposit" => TenderKind::Deposit,
        None => panic!("no such tender: {word}"),
    }
}

/// What is left of a line.
pub(crate) struct Reading {
    pub(crate) words: Vec<String>,
    values: Vec<(String, String)>,
}

impl Reading {
    pub(crate) fn of(line: &str) -> Self {
        let (values, mut words): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|w| w.contains('='));
        let pair = |word: &&str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        words.reverse();
        Self { words: words.into_iter().map(str::to_owned).collect(), values: values.iter().map(pair).collect() }
    }

    pub(crate) fn word(&mut self) -> String {
        self.words.pop().expect("one word more")
    }

    /// The next word, where there is one.
    pub(crate) fn next_word(&mut self) -> Option<String> {
        self.words.pop()
    }

    pub(crate) fn value(&mut self, name: &str) -> Option<String> {
        let at = self.values.iter().position(|(known, _)| known == name)?;
        Some(self.values.remove(at).1)
    }

    /// The values that were not asked for by name.
    pub(super) fn rest(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.values)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn end(&self) {
        assert!(self.words.is_empty() && self.values.is_empty(), "not read: {:?} {:?}", self.words, self.values);
    }

    pub(crate) fn millis(&mut self) -> Millis {
        millis(&self.word())
    }

    pub(crate) fn minor(&mut self) -> Minor {
        Minor(self.word().parse().unwrap())
    }

    pub(crate) fn channel(&mut self) -> Channel {
        channel(&self.word())
    }

    /// `T1`, or `-` for none.
    pub(crate) fn till(&mut self) -> Option<TillNo> {
        let word = self.word();
        word.starts_with('T').then(|| till_no(&word))
    }

    pub(crate) fn tax_rules(&mut self) -> TaxRules {
        let basis = match self.word().as_str() {
            "inclusive" => PriceBasis::TaxInclusive,
            _ => PriceBasis::TaxExclusive,
        };
        let rounding = match self.word().as_str() {
            "document" => TaxRounding::Document,
            _ => TaxRounding::Line,
        };
        let part = |part: &str| RatePpm(part.parse().unwrap());
        let rate = |(class, parts): (String, String)| TaxRate {
            class: Label::new(&class).unwrap(),
            parts: match parts.contains('*') {
                true => on_price_alone(&parts.split('*').map(part).collect::<Vec<_>>()),
                false => parts.split('+').map(part).collect(),
            },
        };
        TaxRules { basis, rounding, rates: self.values.drain(..).map(rate).collect(), dated: vec![] }
    }

    pub(crate) fn qty(&mut self) -> Qty {
        qty(&self.word())
    }

    pub(crate) fn code<const MAX: usize>(&mut self, name: &str) -> Option<Code<MAX>> {
        self.value(name).map(|text| Code::new(&text).unwrap())
    }

    /// What follows a sign, where the next word begins with it.
    pub(crate) fn next_with(&mut self, sign: char) -> Option<String> {
        let text = self.words.last()?.strip_prefix(sign)?.to_owned();
        self.words.pop();
        Some(text)
    }

    pub(crate) fn ttl(&mut self) -> Millis {
        self.value("ttl").map_or(Millis(60_000), |text| millis(&text))
    }

    pub(crate) fn tenders(&mut self) -> Vec<Tender> {
        let paid = self.value("pay").unwrap_or_default();
        let one = |text: &str| {
            let (kind, amount) = text.split_once(':').unwrap();
            Tender { kind: tender_kind(kind), amount: Minor(amount.parse().unwrap()) }
        };
        paid.split(',').filter(|text| !text.is_empty()).map(one).collect()
    }
}

impl Shop {
    /// The number of an item; a new name is a new item, sold by the piece.
    pub(crate) fn sku(&mut self, name: &str) -> SkuId {
        let known = self.items.iter().position(|item| item.code.as_str() == name);
        let at = known.unwrap_or(self.items.len());
        let sku = SkuId(u32::try_from(at).unwrap());
        if known.is_none() {
            self.items.push(Item {
                sku,
                code: SkuCode::new(name).unwrap(),
                name: name.into(),
                gtins: vec![],
                unit: Unit::Each,
                tax_class: Label::new("standard").unwrap(),
                price: None,
                category: "".into(),
                terms: None,
                unit_cost: None,
            });
        }
        sku
    }

    pub(crate) fn known(&self, name: &str) -> SkuId {
        self.items.iter().find(|item| item.code.as_str() == name).unwrap().sku
    }

    fn lines(&mut self, reading: &mut Reading) -> Vec<SkuQty> {
        let mut lines = Vec::new();
        while !reading.words.is_empty() {
            let sku = self.sku(&reading.word());
            lines.push(SkuQty { sku, qty: reading.qty() });
        }
        lines
    }

    /// The latest reservation of that name; a new one where it is being made.
    pub(crate) fn reservation(&mut self, name: &str) -> ReservationId {
        let at = self.reservations.iter().rposition(|known| known == name).expect("a known reservation");
        ReservationId(at as u128 + 1)
    }

    pub(crate) fn hold(&mut self, reading: &mut Reading) -> Option<ReservationId> {
        reading.value("hold").map(|name| self.reservation(&name))
    }

    pub(crate) fn action(&mut self, verb: &str, reading: &mut Reading) -> Action {
        match verb {
            "receive" => Action::Receive { lines: self.lines(reading), goods: None },
            "reserve" => {
                self.reservations.push(reading.word());
                let owner = Code::new(&reading.word()).unwrap();
                Action::Reserve { owner, ttl: reading.ttl(), lines: self.lines(reading), goods: None }
            }
            "extend" => {
                let reservation = self.reservation(&reading.word());
                Action::Extend { reservation, ttl: reading.ttl() }
            }
            "release" => Action::Release { reservation: self.reservation(&reading.word()) },
            "expire" => Action::Expire { reservation: self.reservation(&reading.word()) },
            "allocate" => {
                let order = Code::new(&reading.word()).unwrap();
                let (reservation, owner) = (self.hold(reading), reading.code("owner"));
                Action::Allocate { order, lines: self.lines(reading), reservation, owner, goods: None }
            }
            "deallocate" => Action::Deallocate { order: Code::new(&reading.word()).unwrap() },
            "adjust" => self.adjust(reading),
            "count" => {
                let sku = self.sku(&reading.word());
                let on_hand_then = reading.value("then").map(|text| qty(&text));
                Action::Count { sku, counted: reading.qty(), on_hand_then }
            }
            "policy" => {
                let sku = self.sku(&reading.word());
                let mut of = |name: &str| reading.value(name).map_or(Qty::ZERO, |text| qty(&text));
                let safety_stock = [of("safety_till"), of("safety_web"), of("safety_marketplace")];
                Action::SetPolicy { sku, policy: Policy { safety_stock, low_at: of("low_at") } }
            }
            other => self.drawer_action(other, reading),
        }
    }

    fn adjust(&mut self, reading: &mut Reading) -> Action {
        let sku = self.sku(&reading.word());
        let delta = reading.qty();
        let reason = Label::new(&reading.value("reason").unwrap_or("correction".into())).unwrap();
        let bucket = match reading.value("bucket").as_deref() {
            None => Bucket::OnHand,
            Some("incoming") => Bucket::Incoming,
            Some(_) => Bucket::Unavailable(reason.clone()),
        };
        Action::Adjust { sku, bucket, delta, reason }
    }

    /// `sell TILL (ITEM QTY @PRICE)...` and `return TILL (ITEM QTY @PRICE)...`; the price is per unit.
    pub(crate) fn sell(&mut self, verb: &str, channel: Channel, reading: &mut Reading) -> Result<Action, Refusal> {
        let till = reading.till();
        if verb == "sell" && self.sells_by_rules(reading) {
            return self.sell_by_rules(till, channel, reading);
        }
        self.basket(till, verb, reading)
    }

    pub(crate) fn basket(
        &mut self,
        till: Option<TillNo>,
        verb: &str,
        reading: &mut Reading,
    ) -> Result<Action, Refusal> {
        let mut lines = Vec::new();
        while !reading.words.is_empty() {
            let (sku, qty) = (self.sku(&reading.word()), reading.qty());
            let priced = reading.words.last().and_then(|word| word.strip_prefix('@')).map(|price| price.to_owned());
            let unit_price = Minor(priced.as_ref().map_or(0, |price| price.parse().unwrap()));
            if priced.is_some() {
                reading.word();
            }
            let unit_cost = self.unit_cost(&self.items[sku.index()]);
            lines.push(SaleLine { sku, qty, unit_price, taxed: Default::default(), unit_cost });
        }
        let classes: Vec<Label> = lines.iter().map(|line| self.items[line.sku.index()].tax_class.clone()).collect();
        let amounts: Vec<_> = lines.iter().zip(&classes).map(|(l, class)| (class, l.unit_price.times(l.qty))).collect();
        let assessed = self.tax.assess(&amounts);
        let (tenders, standing) = (reading.tenders(), reading.value("standing"));
        let (disposition, currency) = (reading.value("to"), Currency::EUR);
        let (reservation, owner, order) = (self.hold(reading), reading.code("owner"), reading.code("order"));
        let session = reading.value("session").map(|no| SessionNo(no.parse().unwrap()));
        lines.iter_mut().zip(assessed?).for_each(|(line, taxed)| line.taxed = taxed);
        if verb == "return" {
            let named = |d: &Disposition| disposition.as_deref().unwrap_or("resell") == d.name();
            let disposition = Disposition::ALL.into_iter().find(named).unwrap();
            let said = Said::default();
            let accounts = self.credits(reading, &tenders);
            return Ok(Action::Return {
                till,
                currency,
                lines,
                said,
                disposition,
                tenders,
                accounts,
                of: None,
                goods: None,
                unreceipted: None,
            });
        }
        let takes = self.takes(reading, &tenders);
        let standing = if standing.as_deref() == Some("fact") { Standing::Fact } else { Standing::Request };
        Ok(Action::Sell(Sell {
            standing,
            till,
            currency,
            lines,
            said: Said::default(),
            reservation,
            owner,
            order,
            session,
            takes,
            payments: self.uses(reading, &tenders),
            tenders,
            pricing: None,
            goods: None,
        }))
    }
}

pub(crate) fn channel(name: &str) -> Channel {
    Channel::ALL.into_iter().find(|channel| channel.name() == name).unwrap()
}

pub(crate) fn till_no(text: &str) -> TillNo {
    TillNo(text.strip_prefix('T').unwrap().parse().unwrap())
}

fn qty(text: &str) -> Qty {
    Qty::parse(text).unwrap()
}

pub(crate) fn millis(text: &str) -> Millis {
    let seconds: u64 = text.trim_start_matches('+').strip_suffix('s').unwrap().parse().unwrap();
    Millis(seconds * 1_000)
}
