//! What sales and returns come to: tax by channel and rate, tenders by kind, discounts.

use super::costs::Costs;
use super::trade::{self, Part};
use crate::command::{Channel, Disposition, SaleLine, TenderKind};
use crate::event::{Return, Sale};
use crate::layaway::Happening;
use crate::money::Minor;
use crate::tax::{PriceBasis, RatePpm};
use std::collections::BTreeMap;

/// How many kinds of tender are money: every [`TenderKind`] but rounding.
pub const MONEY_KINDS: usize = 7;

/// How often, and how much together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// Minor units together.
    pub amount: Minor,
}

impl Tally {
    /// Once more.
    pub fn add(&mut self, amount: Minor) {
        self.count = self.count.saturating_add(1);
        self.amount = self.amount.plus(amount);
    }
}

/// Revenue and the tax on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Without tax.
    pub net: Minor,
    /// The tax.
    pub tax: Minor,
}

impl Turnover {
    /// With tax.
    #[must_use]
    pub const fn gross(self) -> Minor {
        self.net.plus(self.tax)
    }

    /// Adds a line.
    pub fn add(&mut self, line: &SaleLine) {
        self.net = self.net.plus(line.taxed.net);
        self.tax = self.tax.plus(line.taxed.tax);
    }
}

/// Turnover by where the demand came from and at what rate it was taxed.
pub type ByRate = BTreeMap<(Channel, RatePpm), Turnover>;

/// What moved of one kind of tender. Each part is counted without its sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Taken in sales.
    pub taken: Minor,
    /// Given back in sales as change.
    pub change: Minor,
    /// Paid out for returns.
    pub refunded: Minor,
}

impl Flow {
    /// What is there more than before.
    #[must_use]
    pub const fn net(self) -> Minor {
        self.taken.minus(self.change).minus(self.refunded)
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.taken = self.taken.plus(other.taken);
        self.change = self.change.plus(other.change);
        self.refunded = self.refunded.plus(other.refunded);
    }
}

/// What a session took for layaways and gave back, apart from its sales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposits {
    /// Taken, per [`TenderKind::index`].
    pub taken: [Tally; MONEY_KINDS],
    /// Given back, per [`TenderKind::index`].
    pub given_back: [Tally; MONEY_KINDS],
    /// Kept as fees.
    pub kept: Tally,
}

impl Deposits {
    /// Adds what happened to a layaway.
    pub fn add(&mut self, happening: &Happening) {
        for (tallies, tenders) in [(&mut self.taken, happening.taken()), (&mut self.given_back, happening.given_back())]
        {
            for tender in tenders {
                if let Some(tally) = tallies.get_mut(tender.kind.index()) {
                    tally.add(tender.amount);
                }
            }
        }
        if happening.kept() > Minor::ZERO {
            self.kept.add(happening.kept());
        }
    }

    /// What is there more than before of a kind of tender.
    #[must_use]
    pub fn net(&self, kind: TenderKind) -> Minor {
        let of = |tallies: &[Tally; MONEY_KINDS]| tallies.get(kind.index()).map_or(Minor::ZERO, |tally| tally.amount);
        of(&self.taken).minus(of(&self.given_back))
    }

    /// Whether anything of a kind moved.
    #[must_use]
    pub fn moved(&self, kind: TenderKind) -> bool {
        let of = |tallies: &[Tally; MONEY_KINDS]| tallies.get(kind.index()).is_some_and(|tally| tally.count > 0);
        of(&self.taken) || of(&self.given_back)
    }
}

/// Sums over sales and returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Sales.
    pub sales: u64,
    /// Returns.
    pub returns: u64,
    /// What was sold, by channel and rate.
    pub sold: ByRate,
    /// What came back, by channel and rate, above zero.
    pub returned: ByRate,
    /// Tenders, per [`TenderKind::index`]. Tenders that nobody named are of the kind other.
    pub tenders: [Flow; MONEY_KINDS],
    /// Cash rounding: below zero is to the shop's favour.
    pub rounding: Minor,
    /// What sales were paid with deposits: that money came before.
    pub deposits_used: Minor,
    /// Lines that cost less than their shelf price, and by how much less.
    pub discounts: Tally,
    /// The returns, with tax, by what became of the goods, per [`Disposition::index`].
    pub dispositions: [Tally; Disposition::ALL.len()],
    /// Those of them that cancelled a whole sale.
    pub voids: Tally,
    /// What the goods had cost the shop.
    pub costs: Costs,
}

impl Books {
    /// Adds a sale. `basis` says whether shelf prices contain the tax.
    pub fn sell(&mut self, sale: &Sale, basis: PriceBasis) {
        self.sales = self.sales.saturating_add(1);
        sale.each_part(basis, &mut |part| self.add(&part));
    }

    /// Adds a return.
    pub fn take_back(&mut self, back: &Return) {
        self.count_return(back);
        back.each_part(&mut |part| self.add(&part));
    }

    /// Adds an exchange.
    pub fn exchange(&mut self, back: &Return, sale: &Sale, basis: PriceBasis) {
        self.sales = self.sales.saturating_add(1);
        self.count_return(back);
        trade::exchange(back, sale, basis, &mut |part| self.add(&part));
    }

    fn count_return(&mut self, back: &Return) {
        self.returns = self.returns.saturating_add(1);
        let worth = back.gross();
        if let Some(tally) = self.dispositions.get_mut(back.disposition.index()) {
            tally.add(worth);
        }
        if back.of.as_ref().is_some_and(|of| of.void.is_some()) {
            self.voids.add(worth);
        }
    }

    fn add(&mut self, part: &Part<'_>) {
        match *part {
            Part::Sold { channel, line, below } => {
                self.sold.entry((channel, line.taxed.rate)).or_default().add(line);
                if below > Minor::ZERO {
                    self.discounts.add(below);
                }
                self.costs.sell(line);
            }
            Part::CameBack { channel, line, disposition } => {
                self.returned.entry((channel, line.taxed.rate)).or_default().add(line);
                self.costs.take_back(line, disposition);
            }
            Part::Moved { kind, flow } => {
                if let Some(sum) = self.tenders.get_mut(kind.index()) {
                    sum.add(flow);
                } else {
                    // Rounding has a part of its own: this is no money either, it came before.
                    self.deposits_used = self.deposits_used.plus(flow.net());
                }
            }
            Part::Rounded(amount) => self.rounding = self.rounding.plus(amount),
            // Deposits are apart from sales and returns: `Deposits` has them.
            Part::Deposited(_) | Part::DepositBack(_) => {}
        }
    }

    /// What was sold, with tax.
    #[must_use]
    pub fn gross_sold(&self) -> Minor {
        self.sold.values().map(|turnover| turnover.gross()).sum()
    }

    /// What came back, with tax.
    #[must_use]
    pub fn gross_returned(&self) -> Minor {
        self.returned.values().map(|turnover| turnover.gross()).sum()
    }

    /// What must hold: money, deposits and rounding are what was sold without what came back, and every return
    /// is under one disposition.
    #[must_use]
    pub fn add_up(&self) -> bool {
        let returns = self.dispositions.iter().fold(0_u64, |sum, tally| sum.saturating_add(tally.count));
        let returned: Minor = self.dispositions.iter().map(|tally| tally.amount).sum();
        if (returns, returned) != (self.returns, self.gross_returned()) {
            return false;
        }
        let money: Minor = self.tenders.iter().map(|flow| flow.net()).sum();
        money.plus(self.rounding).plus(self.deposits_used) == self.gross_sold().minus(self.gross_returned())
    }
}
