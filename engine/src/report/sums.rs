//! What a row adds up.

use crate::command::TenderKind;
use crate::drawer::books::{Flow, Tally, Turnover};
use crate::drawer::trade::Part;
use crate::money::Minor;
use crate::qty::Qty;

/// What was sold and came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SalesSums {
    /// Sales with a line in this row.
    pub sales: u64,
    /// Returns with a line in this row, those that cancelled a sale included.
    pub returns: u64,
    /// Returns among these that cancelled a whole sale.
    pub voids: u64,
    /// Units sold.
    pub sold_qty: Qty,
    /// Units that came back.
    pub returned_qty: Qty,
    /// What was sold.
    pub sold: Turnover,
    /// What came back, above zero.
    pub returned: Turnover,
    /// Lines that cost less than their shelf price, and by how much less.
    pub discounts: Tally,
    /// Without tax, of lines of which it is known what they had cost the shop; less what came back.
    pub costed_net: Minor,
    /// What those had cost the shop.
    pub cost: Minor,
    /// The last record that was counted as a sale, and as a return.
    last: (u64, u64),
}

impl SalesSums {
    /// Without tax, less what came back.
    #[must_use]
    pub const fn net(&self) -> Minor {
        self.sold.net.minus(self.returned.net)
    }

    /// The tax, less that on what came back.
    #[must_use]
    pub const fn tax(&self) -> Minor {
        self.sold.tax.minus(self.returned.tax)
    }

    /// With tax, less what came back.
    #[must_use]
    pub const fn gross(&self) -> Minor {
        self.net().plus(self.tax())
    }

    /// What is left of it, without tax, beyond what it had cost the shop. Of lines of which that is known.
    #[must_use]
    pub const fn margin(&self) -> Minor {
        self.costed_net.minus(self.cost)
    }

    /// Adds a line of a record, which is counted once in each row.
    pub(super) fn add(&mut self, part: &Part<'_>, record: u64, voids: bool) {
        match part {
            Part::Sold { line, below, .. } => {
                if self.last.0 != record {
                    self.sales = self.sales.saturating_add(1);
                    self.last.0 = record;
                }
                self.sold_qty = self.sold_qty.plus(line.qty);
                self.sold.add(line);
                if *below > Minor::ZERO {
                    self.discounts.add(*below);
                }
                if let Some(cost) = line.cost() {
                    self.costed_net = self.costed_net.plus(line.taxed.net);
                    self.cost = self.cost.plus(cost);
                }
            }
            Part::CameBack { line, .. } => {
                if self.last.1 != record {
                    self.returns = self.returns.saturating_add(1);
                    self.voids = self.voids.saturating_add(u64::from(voids));
                    self.last.1 = record;
                }
                self.returned_qty = self.returned_qty.plus(line.qty);
                self.returned.add(line);
                if let Some(cost) = line.cost() {
                    self.costed_net = self.costed_net.minus(line.taxed.net);
                    self.cost = self.cost.minus(cost);
                }
            }
            Part::Moved { .. } | Part::Rounded(_) | Part::Deposited(_) | Part::DepositBack(_) => {}
        }
    }
}

/// What money moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenderSums {
    /// Sales, returns, exchanges and layaways in which it moved.
    pub count: u64,
    /// What moved of it in sales and returns.
    pub flow: Flow,
    /// What was deposited for layaways.
    pub deposited: Minor,
    /// What of deposits went back.
    pub deposits_back: Minor,
    /// What of the flow is deposits that paid a sale: that money came before.
    pub deposits_used: Minor,
    /// Cash rounding: below zero is to the shop's favour.
    pub rounding: Minor,
    /// The last record that was counted.
    last: u64,
}

impl TenderSums {
    /// What sales came to without returns: what was paid of it. Rounding is no money, but it is what the sales
    /// are short of it.
    #[must_use]
    pub const fn net(&self) -> Minor {
        self.flow.net().plus(self.rounding)
    }

    /// What is there more than before, deposits included; rounding, and deposits that were used, are no money.
    #[must_use]
    pub const fn money(&self) -> Minor {
        self.flow.net().minus(self.deposits_used).plus(self.deposited).minus(self.deposits_back)
    }

    /// The means of payment that a part is of.
    pub(super) const fn kind(part: &Part<'_>) -> Option<TenderKind> {
        match part {
            Part::Moved { kind, .. } => Some(*kind),
            Part::Rounded(_) => Some(TenderKind::CashRounding),
            Part::Deposited(tender) | Part::DepositBack(tender) => Some(tender.kind),
            Part::Sold { .. } | Part::CameBack { .. } => None,
        }
    }

    pub(super) fn add(&mut self, part: &Part<'_>, record: u64) {
        if self.last != record {
            self.count = self.count.saturating_add(1);
            self.last = record;
        }
        match part {
            Part::Moved { kind, flow } => {
                self.flow.add(*flow);
                if *kind == TenderKind::Deposit {
                    self.deposits_used = self.deposits_used.plus(flow.net());
                }
            }
            Part::Deposited(tender) => self.deposited = self.deposited.plus(tender.amount),
            Part::DepositBack(tender) => self.deposits_back = self.deposits_back.plus(tender.amount),
            Part::Rounded(amount) => self.rounding = self.rounding.plus(*amount),
            Part::Sold { .. } | Part::CameBack { .. } => {}
        }
    }
}
