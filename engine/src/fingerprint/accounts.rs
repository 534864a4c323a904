//! What is asked of accounts, and what comes back of known sales.

use super::Parts;
use crate::account::{AccountAsk, Take};
use crate::returns::{TakeBack, What};

impl Parts {
    pub(super) fn take(&mut self, take: &Take) {
        // Of one that was found by its customer, their name is what was asked.
        if !take.by_customer {
            self.money.uuid(take.account.0);
        }
        self.money.text(take.kind.name());
        self.money.text(take.measure.name());
        self.money.minor(take.amount);
    }

    pub(super) fn account(&mut self, ask: &AccountAsk) {
        match ask {
            AccountAsk::Issue { kind, measure, amount, expires, owner } => {
                self.op.text("issue_account");
                self.money.text(kind.name());
                self.money.text(measure.name());
                self.money.minor(*amount);
                self.rest.number(u64::from(expires.is_some()));
                self.rest.number(expires.unwrap_or_default().0);
                owner.iter().for_each(|owner| self.rest.text(owner.as_str()));
            }
            AccountAsk::Assign { owner } => {
                self.op.text("assign_account");
                owner.iter().for_each(|owner| self.rest.text(owner.as_str()));
            }
            AccountAsk::Load { measure, amount, cause, customer } => {
                self.op.text("load_account");
                self.money.text(measure.name());
                self.money.minor(*amount);
                self.rest.text(cause.name());
                self.rest.uuid(cause.sale().map_or(0, |sale| sale.0));
                customer.iter().for_each(|customer| self.rest.text(customer.as_str()));
            }
            AccountAsk::Redeem { measure, amount, .. } => {
                self.op.text("redeem");
                self.money.text(measure.name());
                self.money.minor(*amount);
            }
            AccountAsk::Disable { reason } => {
                self.op.text("disable_account");
                self.rest.text(reason.as_str());
            }
            AccountAsk::Read => self.op.text("account"),
            AccountAsk::Hold { take, sale, .. } => {
                self.op.text("hold");
                self.take(take);
                self.rest.uuid(sale.0);
            }
            AccountAsk::Confirm { sale, .. } => {
                self.op.text("confirm");
                self.rest.uuid(sale.0);
            }
            AccountAsk::LetGo { sale, .. } => {
                self.op.text("let_go");
                self.rest.uuid(sale.0);
            }
        }
    }

    /// As it was asked: what the sale's record and its location add may not tell two tries apart.
    pub(super) fn take_back(&mut self, of: &TakeBack) {
        self.lines.number(u64::from(of.sale.of.location.0));
        self.lines.number(of.sale.of.seq.0);
        for portion in &of.portions {
            self.lines.number(u64::from(portion.line));
            match portion.what {
                What::Goods(qty) => self.lines.qty(qty),
                What::Money(amount) => self.money.minor(amount),
                What::Part { sku, qty } => {
                    self.lines.text("part");
                    self.lines.number(u64::from(sku.0));
                    self.lines.qty(qty);
                }
            }
        }
        of.serials.iter().for_each(|serial| self.lines.text(serial.as_str()));
        self.rest.maybe(of.void.as_ref().map(|why| why.as_str()));
    }
}
