//! Baskets that are not paid yet, in words.

use super::Shop;
use super::pricing::by_hand;
use super::reading::Reading;
use onhand_engine::basket::{Ask, Basket, NamedLine, TTL_DEFAULT, Told, VoidedLine};
use onhand_engine::command::{Action, SkuQty};
use onhand_engine::goods::Traced;
use onhand_engine::money::Minor;
use onhand_engine::promotion::Off;
use std::fmt::Write as _;
use std::sync::Arc;

/// The verbs of this module.
pub(super) const VERBS: [&str; 3] = ["suspend", "recall", "void_line"];

impl Shop {
    pub(super) fn basket_action(&mut self, verb: &str, reading: &mut Reading) -> Action {
        match verb {
            "suspend" => self.suspend(reading),
            "recall" => {
                self.reservations.push(reading.word());
                let basket = self.reservation(&reading.word());
                let (till, owner) = (reading.till().unwrap(), reading.code("owner"));
                let ask = Ask::Recall { basket, owner: owner.unwrap(), ttl: reading.ttl() };
                Action::Basket { till, ask }
            }
            _ => {
                let till = reading.till().unwrap();
                let line = self.named_line(reading);
                let line = VoidedLine {
                    sku: line.sku,
                    qty: line.qty,
                    amount: line.unit_price.unwrap().times(line.qty),
                    reason: reading.code("reason").unwrap(),
                    person: reading.code("by"),
                };
                Action::Basket { till, ask: Ask::VoidLine { line, reservation: self.hold(reading) } }
            }
        }
    }

    fn suspend(&mut self, reading: &mut Reading) -> Action {
        self.reservations.push(reading.word());
        let till = reading.till().unwrap();
        let mut lines = Vec::new();
        while !reading.words.is_empty() {
            lines.push(self.named_line(reading));
        }
        let coupons = reading.value("coupons").unwrap_or_default();
        let basket = Arc::new(Basket {
            lines,
            group: reading.code("group"),
            coupons: coupons.split(',').filter_map(|code| onhand_engine::ids::Label::new(code).ok()).collect(),
            tax_exempt: reading.code("exempt"),
            customer: reading.code("customer"),
            note: reading.code("note"),
            person: reading.code("by"),
        });
        let ttl = if reading.has("ttl") { reading.ttl() } else { TTL_DEFAULT };
        Action::Basket { till, ask: Ask::Suspend { owner: reading.code("owner").unwrap(), ttl, basket, goods: None } }
    }

    /// `ITEM QTY @PRICE`, with `-AMOUNT:REASON` or `-PART%:REASON` taken off by hand.
    fn named_line(&mut self, reading: &mut Reading) -> NamedLine {
        let (sku, qty) = (self.sku(&reading.word()), reading.qty());
        let unit_price = reading.next_with('@').map(|price| Minor(price.parse().unwrap()));
        let discount = reading.next_with('-').map(|text| by_hand(&text));
        NamedLine { sku, qty, unit_price, amount: None, tax: None, price_reason: None, discount }
    }

    /// The suspended baskets, in the order of their names.
    pub(super) fn suspended(&self) -> String {
        let one = |(id, one): (_, &onhand_engine::basket::Suspended)| {
            format!("{}:T{}:{}", self.reservation_name(id), one.till.0, one.basket.lines.len())
        };
        self.place().store.suspended().map(one).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn told_of_basket(&self, told: &Told) -> String {
        match told {
            Told::Suspended { deadline, short } => {
                format!("suspended until={}s{}", deadline.0 / 1_000, self.quantities("short", short))
            }
            Told::Recalled { deadline, held, basket } => {
                let (at, traced, basket) = (basket.till, &basket.traced, &basket.basket);
                let mut text = format!("recalled from=T{} until={}s", at.0, deadline.0 / 1_000);
                for line in &basket.lines {
                    let _ = write!(text, " {}:{}", self.name(line.sku), line.qty);
                    text += &line.unit_price.map_or_else(String::new, |price| format!("@{}", price.0));
                    text += &line.discount.as_ref().map_or_else(String::new, |discount| match discount.off {
                        Off::Amount(off) => format!("-{}:{}", off.0, discount.reason),
                        Off::Percent(part) => format!("-{}ppm:{}", part.0, discount.reason),
                    });
                }
                for Traced { line, serials, lot, expiry } in traced {
                    serials.iter().for_each(|serial| text += &format!(" {line}:{serial}"));
                    text += &lot.as_ref().map_or_else(String::new, |lot| format!(" {line}:lot={lot}"));
                    text += &expiry.map_or_else(String::new, |expiry| format!(" {line}:expiry={expiry}"));
                }
                let texts = [
                    ("customer", basket.customer.as_ref().map(|customer| customer.as_str())),
                    ("note", basket.note.as_ref().map(|note| note.as_str())),
                    ("group", basket.group.as_ref().map(|group| group.as_str())),
                    ("coupon", basket.coupons.first().map(|coupon| coupon.as_str())),
                ];
                for (name, said) in texts.into_iter().filter_map(|(name, said)| Some((name, said?))) {
                    let _ = write!(text, " {name}={said}");
                }
                text + &self.quantities("held", held)
            }
            Told::LineVoided => "line_voided".to_owned(),
        }
    }

    fn quantities(&self, name: &str, lines: &[SkuQty]) -> String {
        lines.iter().map(|line| format!(" {name}={}:{}", self.name(line.sku), line.qty)).collect()
    }
}
