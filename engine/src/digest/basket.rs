//! The bytes of suspended baskets.

use super::Bytes;
use crate::basket::{Basket, NamedLine, Suspended};
use crate::ids::Label;
use crate::quote::ByHand;

impl Bytes {
    pub(super) fn suspended(&mut self, suspended: &Suspended) {
        self.small(u32::from(suspended.till.0));
        self.number(suspended.at.0);
        let Basket { lines, group, coupons, tax_exempt, customer, note, person } = &suspended.basket;
        self.count(lines.len());
        lines.iter().for_each(|line| self.named_line(line));
        self.count(coupons.len());
        coupons.iter().for_each(|coupon| self.text(coupon.as_str()));
        self.maybe(group.as_ref().map(Label::as_str));
        self.maybe(tax_exempt.as_ref().map(Label::as_str));
        self.maybe(customer.as_ref().map(|name| name.as_str()));
        self.maybe(person.as_ref().map(|name| name.as_str()));
        self.maybe(note.as_ref().map(|note| note.as_str()));
        self.traced(&suspended.traced);
    }

    fn named_line(&mut self, line: &NamedLine) {
        self.small(line.sku.0);
        self.qty(line.qty);
        let discount = line.discount.as_ref();
        let [off, part] = discount.map(ByHand::numbers).unwrap_or_default();
        for amount in [line.unit_price, line.amount, line.tax.map(|(tax, _)| tax), off, part] {
            self.0.push(u8::from(amount.is_some()));
            self.minor(amount.unwrap_or_default());
        }
        self.small(line.tax.map_or(0, |(_, rate)| rate.0));
        self.maybe(line.price_reason.as_ref().map(Label::as_str));
        self.maybe(discount.map(|discount| discount.reason.as_str()));
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }
}
