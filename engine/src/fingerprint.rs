//! What a command contained, in 16 bytes, so that a repeated id with other content is found out and
//! the part that differs is named.

use crate::command::{Action, Command, SaleLine, SkuQty, Tender};

/// A hash of each part of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The kind of command, its location and channel.
    pub op: u32,
    /// Items and quantities.
    pub lines: u32,
    /// Prices, taxes and tenders.
    pub money: u32,
    /// Everything else: owner, reservation, order, till, times, reasons.
    pub rest: u32,
}

impl Fingerprint {
    /// The fingerprint of a command.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        let mut op = Fnv::new();
        op.number(u64::from(command.location.0));
        op.text(command.channel.name());
        let mut parts = Parts { op, lines: Fnv::new(), money: Fnv::new(), rest: Fnv::new() };
        parts.action(&command.action);
        Self { op: parts.op.0, lines: parts.lines.0, money: parts.money.0, rest: parts.rest.0 }
    }

    /// The name of the first part in which the other differs.
    #[must_use]
    pub fn differs_in(&self, other: &Self) -> Option<&'static str> {
        if self.op != other.op {
            return Some("op, location or channel");
        }
        if self.lines != other.lines {
            return Some("lines: items or quantities");
        }
        if self.money != other.money {
            return Some("amounts, taxes or tenders");
        }
        (self.rest != other.rest).then_some("owner, reservation, order, till, time or reason")
    }
}

struct Parts {
    op: Fnv,
    lines: Fnv,
    money: Fnv,
    rest: Fnv,
}

impl Parts {
    fn action(&mut self, action: &Action) {
        match action {
            Action::Sell(sell) => {
                self.op.text("sell");
                self.sale_lines(&sell.lines);
                self.tenders(&sell.tenders);
                self.money.text(sell.currency.as_str());
                self.rest.debug(&(sell.standing, sell.till, sell.reservation, &sell.owner, &sell.order));
            }
            Action::Reserve { owner, ttl, lines } => {
                self.op.text("reserve");
                self.sku_lines(lines);
                self.rest.text(owner.as_str());
                self.rest.number(ttl.0);
            }
            Action::Extend { reservation, ttl } => {
                self.op.text("extend");
                self.rest.debug(&(reservation, ttl));
            }
            Action::Release { reservation } => {
                self.op.text("release");
                self.rest.debug(reservation);
            }
            Action::Expire { reservation } => {
                self.op.text("expire");
                self.rest.debug(reservation);
            }
            Action::Allocate { order, lines, reservation, owner } => {
                self.op.text("allocate");
                self.sku_lines(lines);
                self.rest.debug(&(order, reservation, owner));
            }
            Action::Deallocate { order } => {
                self.op.text("deallocate");
                self.rest.text(order.as_str());
            }
            Action::Receive { lines } => {
                self.op.text("receive");
                self.sku_lines(lines);
            }
            Action::Return { till, currency, lines, disposition, tenders } => {
                self.op.text("return");
                self.sale_lines(lines);
                self.tenders(tenders);
                self.money.text(currency.as_str());
                self.rest.debug(&(till, disposition));
            }
            Action::Adjust { sku, bucket, delta, reason } => {
                self.op.text("adjust");
                self.sku_lines(&[SkuQty { sku: *sku, qty: *delta }]);
                self.rest.debug(&(bucket, reason));
            }
            Action::Count { sku, counted, on_hand_then } => {
                self.op.text("count");
                self.sku_lines(&[SkuQty { sku: *sku, qty: *counted }]);
                self.rest.debug(on_hand_then);
            }
            Action::SetPolicy { sku, policy } => {
                self.op.text("set_policy");
                self.lines.debug(&(sku, policy));
            }
            Action::DefineItems { items } => {
                self.op.text("define_items");
                for item in items {
                    self.lines.debug(&(
                        &item.code,
                        &item.name,
                        &item.gtins,
                        item.unit,
                        &item.tax_class,
                        &item.category,
                    ));
                    self.money.debug(&item.price);
                }
            }
            Action::DefineLocation { location } => {
                self.op.text("define_location");
                self.lines.text(location.code.as_str());
                self.money.debug(&(location.currency, &location.tax));
                self.rest.debug(&(&location.name, location.kind));
            }
            Action::CreateKey { key } => {
                self.op.text("create_key");
                self.rest.debug(key);
            }
            Action::RevokeKey { key } => {
                self.op.text("revoke_key");
                self.rest.debug(key);
            }
        }
    }

    fn sku_lines(&mut self, lines: &[SkuQty]) {
        for line in lines {
            self.lines.number(u64::from(line.sku.0));
            self.lines.number(line.qty.milli().cast_unsigned());
        }
    }

    fn sale_lines(&mut self, lines: &[SaleLine]) {
        for line in lines {
            self.sku_lines(&[SkuQty { sku: line.sku, qty: line.qty }]);
            for amount in [line.unit_price, line.taxed.net, line.taxed.tax] {
                self.money.number(amount.0.cast_unsigned());
            }
        }
    }

    fn tenders(&mut self, tenders: &[Tender]) {
        for tender in tenders {
            self.money.number(u64::try_from(tender.kind.index()).unwrap_or(u64::MAX));
            self.money.number(tender.amount.0.cast_unsigned());
        }
    }
}

/// FNV-1a with 32 bits: small, stable for ever, and good enough to tell two contents of one id apart.
struct Fnv(u32);

impl Fnv {
    const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.bytes(text.as_bytes());
    }

    /// For the rare parts: the derived `Debug` text names every field.
    fn debug(&mut self, value: &impl std::fmt::Debug) {
        self.text(&format!("{value:?}"));
    }
}
