//! Price books and promotions.

use super::Parts;
use crate::ids::Label;
use crate::money::Currency;
use crate::pricing::{PriceBook, Terms};
use crate::promotion::{Promotion, Scope};
use crate::time::Period;

impl Parts {
    pub(super) fn book(&mut self, book: &PriceBook) {
        self.rest.text(book.code.as_str());
        self.money.text(book.currency.as_str());
        self.money.text(book.basis.name());
        self.terms(&book.terms);
        for row in book.rows() {
            self.lines.number(u64::from(row.sku.0));
            self.lines.qty(row.min_qty);
            self.money.minor(row.price);
        }
    }

    pub(super) fn promotion(&mut self, promotion: &Promotion) {
        self.rest.text(promotion.code.as_str());
        self.rest.text(&promotion.name);
        self.rest.maybe(promotion.coupon.as_ref().map(Label::as_str));
        for limit in promotion.uses.iter().flat_map(|uses| [uses.in_all, uses.per_customer]) {
            self.rest.number(limit.map_or(0, u64::from));
        }
        self.rest.number(u64::from(promotion.priority));
        self.rest.number(u64::from(promotion.exclusive));
        self.terms(&promotion.terms);
        self.money.maybe(promotion.currency.as_ref().map(Currency::as_str));
        let mut numbers = Vec::new();
        promotion.benefit.each_number(|number| numbers.push(number));
        numbers.into_iter().for_each(|number| self.money.number(number));
        for scope in promotion.benefit.scopes() {
            self.scope(scope);
        }
    }

    pub(super) fn scope(&mut self, scope: &Scope) {
        for skus in [&scope.skus, &scope.except] {
            self.lines.count(skus.len());
            skus.iter().for_each(|sku| self.lines.number(u64::from(sku.0)));
        }
        self.lines.count(scope.categories.len());
        scope.categories.iter().for_each(|category| self.lines.text(category));
    }

    pub(super) fn terms(&mut self, terms: &Terms) {
        self.rest.count(terms.channels.len());
        terms.channels.iter().for_each(|channel| self.rest.text(channel.name()));
        self.rest.count(terms.locations.len());
        terms.locations.iter().for_each(|location| self.rest.number(u64::from(location.0)));
        self.rest.count(terms.groups.len());
        terms.groups.iter().for_each(|group| self.rest.text(group.as_str()));
        self.period(&terms.period);
        for span in terms.hours.as_deref().into_iter().flatten() {
            self.rest.text(&span.to_string());
        }
        for (name, end) in [("from", terms.local.from), ("until", terms.local.until)] {
            if let Some(end) = end {
                self.rest.text(name);
                self.rest.number(end.0);
            }
        }
    }

    pub(super) fn period(&mut self, period: &Period) {
        for end in [period.from, period.until] {
            self.rest.number(u64::from(end.is_some()));
            self.rest.number(end.unwrap_or_default().0);
        }
    }
}
