//! What is asked of goods with terms.

use super::Parts;
use crate::goods::{Goods, Only, Terms};
use crate::qty::Qty;

impl Parts {
    /// What the asker said. What the catalogue says may have changed when the same command comes again.
    pub(super) fn goods(&mut self, goods: Option<&Goods>) {
        let Some(goods) = goods else { return };
        for traced in &goods.traced {
            self.lines.number(u64::from(traced.line));
            traced.serials.iter().for_each(|serial| self.lines.text(serial.as_str()));
            self.rest.maybe(traced.lot.as_ref().map(|lot| lot.as_str()));
            self.rest.number(traced.expiry.map_or(0, |date| date.number().into()));
        }
        if let Some(age) = &goods.age {
            self.rest.text(age.by.as_str());
            self.rest.number(age.birth.map_or(0, |date| date.number().into()));
        }
    }

    pub(super) fn terms_of_item(&mut self, terms: &Terms) {
        self.lines.count(terms.parts.len());
        for part in terms.parts.iter() {
            self.lines.number(u64::from(part.sku.0));
            self.lines.qty(part.qty);
            self.money.minor(part.worth);
        }
        self.rest.number(terms.min_age.map_or(0, u64::from));
        self.rest.maybe(terms.only.map(Only::name));
        self.rest.maybe(terms.blocked.as_ref().map(|reason| reason.as_str()));
        self.rest.qty(terms.max_per_order.unwrap_or(Qty::ZERO));
        self.rest.number(u64::from(terms.serials));
        self.rest.number(u64::from(terms.lots));
    }
}
