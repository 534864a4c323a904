//! What a command contained, in 16 bytes, so that a repeated id with other content is found out and
//! the part that differs is named. Kept in the log: its bytes must never change.

mod accounts;
mod goods;
mod payment;
mod rules;

use crate::account::{AccountAsk, RedemptionAsk};
use crate::basket;
use crate::catalogue::{Item, Key, Location};
use crate::command::{Action, Bucket, Channel, Command, Policy, Said, SaleLine, Sell, SkuQty, Standing, Tender};
use crate::drawer::report::{Count, Counted};
use crate::drawer::rules::DrawerRules;
use crate::drawer::{Ask, BusinessDay};
use crate::hash::Hash;
use crate::ids::Label;
use crate::layaway;
use crate::money::Minor;
use crate::quote::ByHand;
use crate::returns::unreceipted;

/// A hash of each part of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The kind of command, its location and channel.
    pub op: u32,
    /// Items and quantities.
    pub lines: u32,
    /// Prices and taxes as the asker named them, and tenders.
    pub money: u32,
    /// Everything else: owner, reservation, order, till, times, reasons.
    pub rest: u32,
}

impl Fingerprint {
    /// The fingerprint of a command.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        let mut parts = Parts::default();
        // Which account was found by its customer, and so where, may be another by the time of a repeat.
        let found = command.action.is_found_by_customer();
        let location = if found { u32::from(command.location.is_training()) } else { command.location.0 };
        parts.op.number(u64::from(location));
        parts.op.text(command.channel.name());
        parts.action(command.action.asked());
        Self { op: parts.op.end(), lines: parts.lines.end(), money: parts.money.end(), rest: parts.rest.end() }
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

#[derive(Default)]
struct Parts {
    op: Hash,
    lines: Hash,
    money: Hash,
    rest: Hash,
}

impl Parts {
    fn action(&mut self, action: &Action) {
        match action {
            Action::Sell(sell) => self.sell(sell),
            Action::Reserve { owner, ttl, lines, goods } => {
                self.op.text("reserve");
                self.sku_lines(lines);
                self.goods(goods.as_deref());
                self.rest.text(owner.as_str());
                self.rest.number(ttl.0);
            }
            Action::Extend { reservation, ttl } => {
                self.op.text("extend");
                self.rest.reservation(Some(*reservation));
                self.rest.number(ttl.0);
            }
            Action::Release { reservation } => {
                self.op.text("release");
                self.rest.reservation(Some(*reservation));
            }
            Action::Expire { reservation } => {
                self.op.text("expire");
                self.rest.reservation(Some(*reservation));
            }
            Action::Allocate { order, lines, reservation, owner, goods } => {
                self.op.text("allocate");
                self.sku_lines(lines);
                self.goods(goods.as_deref());
                self.rest.text(order.as_str());
                self.rest.reservation(*reservation);
                self.rest.maybe(owner.as_ref().map(|owner| owner.as_str()));
            }
            Action::Deallocate { order } => {
                self.op.text("deallocate");
                self.rest.text(order.as_str());
            }
            Action::Receive { lines, goods } => {
                self.op.text("receive");
                self.sku_lines(lines);
                self.goods(goods.as_deref());
            }
            Action::Return { till, currency, lines, said, disposition, tenders, accounts, of, goods, unreceipted } => {
                self.op.text("return");
                self.sale_lines(lines, *said);
                self.tenders(tenders);
                accounts.iter().for_each(|take| self.take(take));
                self.money.text(currency.as_str());
                self.rest.till(*till);
                self.rest.text(disposition.name());
                of.iter().for_each(|of| self.take_back(of));
                self.goods(goods.as_deref());
                // What limits it follows from what is set, which may have changed when the same return comes again.
                if let Some(asked) = unreceipted.as_ref().filter(|asked| asked.says_something()) {
                    self.rest.number(u64::from(asked.standing == Standing::Fact));
                    self.rest.maybe(asked.customer.as_ref().map(Label::as_str));
                }
            }
            Action::Adjust { sku, bucket, delta, reason } => {
                self.op.text("adjust");
                self.sku_lines(&[SkuQty { sku: *sku, qty: *delta }]);
                self.bucket(bucket);
                self.rest.text(reason.as_str());
            }
            Action::Count { sku, counted, on_hand_then } => {
                self.op.text("count");
                self.sku_lines(&[SkuQty { sku: *sku, qty: *counted }]);
                self.rest.number(u64::from(on_hand_then.is_some()));
                self.rest.qty(on_hand_then.unwrap_or_default());
            }
            Action::SetPolicy { sku, policy } => {
                self.op.text("set_policy");
                self.lines.number(u64::from(sku.0));
                self.policy(policy);
            }
            Action::DefineItems { items } => {
                self.op.text("define_items");
                items.iter().for_each(|item| self.item(item));
            }
            Action::DefineLocation { location } => {
                self.op.text("define_location");
                self.location(location);
            }
            Action::CreateKey { key } => {
                self.op.text("create_key");
                self.key(key);
            }
            Action::RevokeKey { key } => {
                self.op.text("revoke_key");
                self.rest.number(key.0);
            }
            Action::GrantReturn(ask) => {
                self.op.text("grant_return");
                self.rest.number(u64::from(ask.to.0));
                self.take_back(&ask.of);
                self.tenders(&ask.payout.tenders);
            }
            Action::Exchange { back, disposition, sell } => {
                self.sell(sell);
                self.op.text("exchange");
                self.take_back(back);
                self.rest.text(disposition.name());
            }
            Action::Drawer { till, ask } => {
                self.rest.till(Some(*till));
                self.drawer(ask);
            }
            Action::Layaway { till, layaway, ask } => {
                self.rest.till(Some(*till));
                self.rest.text(layaway.as_str());
                self.layaway(ask);
            }
            Action::Basket { till, ask } => {
                self.rest.till(Some(*till));
                self.basket(ask);
            }
            Action::SetDrawerRules { rules } => {
                self.op.text("set_drawer_rules");
                self.drawer_rules(rules);
            }
            Action::Account { account, ask } => {
                // A card's id is made anew with each try to issue it.
                if !matches!(ask, AccountAsk::Issue { .. } | AccountAsk::Load { customer: Some(_), .. }) {
                    self.rest.uuid(account.0);
                }
                self.account(ask);
            }
            Action::Redemption(ask) => {
                self.op.text(match ask {
                    RedemptionAsk::Inquire { .. } => "inquire",
                    RedemptionAsk::Settle { .. } => "settle",
                    RedemptionAsk::KeepGrant { .. } => "keep_grant",
                    RedemptionAsk::UndoGrant { .. } => "undo_grant",
                });
                self.rest.uuid(ask.sale().0);
            }
            Action::SetLabels { location, layouts } => {
                self.op.text("set_labels");
                self.op.number(u64::from(location.0));
                layouts.iter().for_each(|layout| self.rest.text(layout.as_str()));
            }
            Action::SetReturnLimits { at, limits } => {
                self.op.text("set_return_limits");
                self.rest.number(u64::from(at.0));
                limits.iter().for_each(|limits| self.return_limits(limits));
            }
            Action::DefinePriceBook { book } => {
                self.op.text("define_price_book");
                self.book(book);
            }
            Action::EndPriceBook { book } => {
                self.op.text("end_price_book");
                self.rest.text(book.as_str());
            }
            Action::DefinePromotions { promotions } => {
                self.op.text("define_promotions");
                promotions.iter().for_each(|promotion| self.promotion(promotion));
            }
            Action::EndPromotion { promotion } => {
                self.op.text("end_promotion");
                self.rest.text(promotion.as_str());
            }
            Action::DefineRole { role, capabilities, limits } => {
                self.op.text("define_role");
                self.rest.text(role.as_str());
                self.rest.number(capabilities.bits());
                self.rest.number(limits.discount_ppm_max.map_or(0, |max| u64::from(max).saturating_add(1)));
                self.money.minor(limits.refund_max.unwrap_or(Minor(-1)));
            }
            Action::DefineUser { code, name, roles } => {
                self.op.text("define_user");
                self.rest.text(code.as_str());
                self.rest.text(name);
                self.rest.count(roles.len());
                roles.iter().for_each(|role| self.rest.text(role.as_str()));
            }
            Action::SetPin { user, pin } => {
                self.op.text("set_pin");
                self.rest.text(user.as_str());
                self.rest.text(pin.as_str());
            }
            Action::DisableUser { user, disabled } => {
                self.op.text("disable_user");
                self.rest.text(user.as_str());
                self.rest.number(u64::from(*disabled));
            }
            Action::RequirePeople { at, required } => {
                self.op.text("require_people");
                self.rest.number(u64::from(at.0));
                self.rest.number(u64::from(*required));
            }
            Action::Payment { payment, ask } => self.payment(*payment, ask),
            // What is asked was looked at in its place.
            Action::IfKnown { .. } => {}
        }
    }

    fn return_limits(&mut self, limits: &unreceipted::Limits) {
        let unreceipted::Limits { amount_max, per_day, per_customer, can_be_lifted } = limits;
        self.rest.number(u64::from(*can_be_lifted));
        self.rest.number(per_customer.map_or(0, |one| u64::from(one.days)));
        self.money.minor(amount_max.unwrap_or(Minor(-1)));
        for most in [*per_day, per_customer.map(|one| one.most).unwrap_or_default()] {
            self.money.minor(most.amount.unwrap_or(Minor(-1)));
            self.rest.number(most.returns.map_or(0, |max| u64::from(max).saturating_add(1)));
        }
    }

    fn sell(&mut self, sell: &Sell) {
        self.op.text("sell");
        self.sale_lines(&sell.lines, sell.said);
        self.tenders(&sell.tenders);
        self.money.text(sell.currency.as_str());
        self.rest.number(u64::from(sell.standing == Standing::Fact));
        self.rest.till(sell.till);
        self.rest.reservation(sell.reservation);
        self.rest.maybe(sell.owner.as_ref().map(|owner| owner.as_str()));
        self.rest.maybe(sell.order.as_ref().map(|order| order.as_str()));
        // Only where it is named: fingerprints of sales that were recorded before stay what they are.
        if let Some(session) = sell.session {
            self.rest.number(u64::from(session.0));
        }
        // Uses of coupons follow from the rules, which may have changed when the same sale comes again.
        sell.takes.iter().filter(|take| !take.kind.is_of_uses()).for_each(|take| self.take(take));
        for (payment, amount) in &sell.payments {
            self.money.uuid(payment.0);
            self.money.minor(*amount);
        }
        self.goods(sell.goods.as_deref());
    }

    fn layaway(&mut self, ask: &layaway::Ask) {
        match ask {
            layaway::Ask::Open { customer, lines, ttl, fee, tenders, reservation, said, goods: _ } => {
                self.op.text("open_layaway");
                self.sale_lines(lines, *said);
                self.tenders(tenders);
                self.money.minor(*fee);
                self.rest.text(customer.as_str());
                self.rest.number(ttl.0);
                self.rest.reservation(*reservation);
            }
            layaway::Ask::Deposit { tenders } => {
                self.op.text("deposit");
                self.tenders(tenders);
            }
            layaway::Ask::Cancel { tenders, reason } => {
                self.op.text("cancel_layaway");
                self.tenders(tenders);
                self.rest.text(reason.as_str());
            }
        }
    }

    fn basket(&mut self, ask: &basket::Ask) {
        match ask {
            basket::Ask::Suspend { owner, ttl, basket, goods } => {
                self.op.text("suspend");
                self.goods(goods.as_deref());
                self.rest.text(owner.as_str());
                self.rest.number(ttl.0);
                basket.lines.iter().for_each(|line| self.named_line(line));
                let basket::Basket { lines: _, group, coupons, tax_exempt, customer, note, person } = basket.as_ref();
                for label in [group, tax_exempt] {
                    self.rest.maybe(label.as_ref().map(Label::as_str));
                }
                for name in [customer, person] {
                    self.rest.maybe(name.as_ref().map(|name| name.as_str()));
                }
                self.rest.maybe(note.as_ref().map(|note| note.as_str()));
                coupons.iter().for_each(|coupon| self.rest.text(coupon.as_str()));
            }
            basket::Ask::Recall { basket, owner, ttl } => {
                self.op.text("recall");
                self.rest.reservation(Some(*basket));
                self.rest.text(owner.as_str());
                self.rest.number(ttl.0);
            }
            basket::Ask::VoidLine { line, reservation } => {
                self.op.text("void_line");
                self.sku_lines(&[SkuQty { sku: line.sku, qty: line.qty }]);
                self.money.minor(line.amount);
                self.rest.text(line.reason.as_str());
                self.rest.maybe(line.person.as_ref().map(|person| person.as_str()));
                self.rest.reservation(*reservation);
            }
        }
    }

    fn named_line(&mut self, line: &basket::NamedLine) {
        self.sku_lines(&[SkuQty { sku: line.sku, qty: line.qty }]);
        let discount = line.discount.as_ref();
        let [off, part] = discount.map(ByHand::numbers).unwrap_or_default();
        for amount in [line.unit_price, line.amount, line.tax.map(|(tax, _)| tax), off, part] {
            self.money.number(u64::from(amount.is_some()));
            self.money.minor(amount.unwrap_or_default());
        }
        self.money.number(line.tax.map_or(0, |(_, rate)| u64::from(rate.0)));
        for reason in [line.price_reason.as_ref(), discount.map(|discount| &discount.reason)] {
            self.money.maybe(reason.map(Label::as_str));
        }
    }

    fn sku_lines(&mut self, lines: &[SkuQty]) {
        for line in lines {
            self.lines.number(u64::from(line.sku.0));
            self.lines.qty(line.qty);
        }
    }

    fn sale_lines(&mut self, lines: &[SaleLine], said: Said) {
        for line in lines {
            self.lines.number(u64::from(line.sku.0));
            self.lines.qty(line.qty);
        }
        self.money.number(said.number());
    }

    fn tenders(&mut self, tenders: &[Tender]) {
        for tender in tenders {
            self.money.count(tender.kind.index());
            self.money.minor(tender.amount);
        }
    }

    fn bucket(&mut self, bucket: &Bucket) {
        match bucket {
            Bucket::OnHand => self.rest.text("on_hand"),
            Bucket::Incoming => self.rest.text("incoming"),
            Bucket::Unavailable(reason) => {
                self.rest.text("unavailable");
                self.rest.text(reason.as_str());
            }
        }
    }

    fn policy(&mut self, policy: &Policy) {
        policy.safety_stock.iter().for_each(|qty| self.lines.qty(*qty));
        self.lines.qty(policy.low_at);
    }

    fn item(&mut self, item: &Item) {
        for text in [item.code.as_str(), &item.name, item.unit.name(), item.tax_class.as_str(), &item.category] {
            self.lines.text(text);
        }
        self.lines.count(item.gtins.len());
        item.gtins.iter().for_each(|gtin| self.lines.number(gtin.number()));
        self.money.number(u64::from(item.price.is_some()));
        self.money.minor(item.price.unwrap_or_default());
        if let Some(terms) = &item.terms {
            self.terms_of_item(terms);
        }
    }

    fn location(&mut self, location: &Location) {
        self.lines.text(location.code.as_str());
        self.money.text(location.currency.as_str());
        self.money.text(location.tax.basis.name());
        self.money.text(location.tax.rounding.name());
        for rate in &location.tax.rates {
            self.money.text(rate.class.as_str());
            self.money.count(rate.parts.len());
            rate.parts.iter().for_each(|part| self.money.number(u64::from(part.0)));
        }
        for rate in &location.tax.dated {
            self.money.text(rate.class.as_str());
            self.money.maybe(rate.channel.map(Channel::name));
            self.period(&rate.period);
            rate.parts.iter().for_each(|part| self.money.number(u64::from(part.0)));
        }
        self.rest.text(&location.name);
        self.rest.text(location.kind.name());
        // The name is what was asked for; the table behind it may be another one by the time of a repeat.
        if let Some(zone) = &location.zone {
            self.rest.text(&zone.name);
        }
    }

    fn key(&mut self, key: &Key) {
        self.rest.number(key.id.0);
        self.rest.text(key.role.name());
        self.rest.text(key.holder.as_str());
        self.rest.bytes(&key.secret_hash);
    }

    fn drawer(&mut self, ask: &Ask) {
        match ask {
            Ask::Open { business_day, float, .. } => {
                self.op.text("open_session");
                self.money.minor(*float);
                self.rest.number(match business_day {
                    BusinessDay::Named(date) => date.number().into(),
                    BusinessDay::Today(_) => 0,
                });
            }
            Ask::Move { movement, amount, reason, person } => {
                self.op.text(movement.name());
                self.money.minor(*amount);
                self.rest.text(reason.as_str());
                self.rest.text(person.as_str());
            }
            Ask::NoSale { reason } => {
                self.op.text("no_sale");
                self.rest.text(reason.as_str());
            }
            Ask::Read => self.op.text("x_report"),
            Ask::Close { session, counts, pending } => {
                self.op.text("close_session");
                self.rest.number(session.map_or(0, |session| u64::from(session.0)));
                self.rest.number(*pending);
                counts.iter().for_each(|count| self.count(count));
            }
        }
    }

    fn count(&mut self, count: &Count) {
        self.money.count(count.kind.index());
        self.rest.maybe(count.reason.as_ref().map(|reason| reason.as_str()));
        match &count.counted {
            Counted::Amount(amount) => self.money.minor(*amount),
            Counted::Pieces(pieces) => {
                self.money.count(pieces.len());
                for one in pieces {
                    self.money.minor(one.value);
                    self.money.number(u64::from(one.pieces));
                }
            }
        }
    }

    fn drawer_rules(&mut self, rules: &DrawerRules) {
        self.money.number(u64::from(rules.rounding.is_some()));
        for rule in rules.rounding.iter().flat_map(|rounding| [rounding.due, rounding.change]) {
            self.money.number(u64::from(rule.step));
            self.money.text(rule.direction.name());
            self.money.text(rule.tie.name());
        }
        for (account, code) in &rules.accounts {
            self.rest.text(account.names().0);
            self.rest.text(code.as_str());
        }
    }
}
