//! What sales and returns come to: tax by channel and rate, tenders by kind, discounts.

use crate::command::{Channel, SaleLine, Tender, TenderKind};
use crate::event::{Return, Sale};
use crate::money::{Minor, divide_half_up};
use crate::qty::Qty;
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

    fn add(&mut self, net: Minor, tax: Minor) {
        self.net = self.net.plus(net);
        self.tax = self.tax.plus(tax);
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
    /// Lines that cost less than their shelf price, and by how much less.
    pub discounts: Tally,
}

impl Books {
    /// Adds a sale. `basis` says whether shelf prices contain the tax.
    pub fn sell(&mut self, sale: &Sale, basis: PriceBasis) {
        self.sales = self.sales.saturating_add(1);
        self.add_sold(sale, basis);
        self.settle(&sale.tenders, sale.gross(), Minor::plus, |flow, amount| {
            if amount < Minor::ZERO {
                flow.change = flow.change.minus(amount);
            } else {
                flow.taken = flow.taken.plus(amount);
            }
        });
    }

    /// Adds a return.
    pub fn take_back(&mut self, back: &Return) {
        self.returns = self.returns.saturating_add(1);
        for line in &back.lines {
            add(&mut self.returned, back.channel, line);
        }
        let fold = |flow: &mut Flow, amount| flow.refunded = flow.refunded.plus(amount);
        self.settle(&back.tenders, back.gross(), Minor::minus, fold);
    }

    /// Adds an exchange: the tenders of its sale settle the difference. Where money goes back, what is below
    /// zero is a refund.
    pub fn exchange(&mut self, back: &Return, sale: &Sale, basis: PriceBasis) {
        self.sales = self.sales.saturating_add(1);
        self.returns = self.returns.saturating_add(1);
        self.add_sold(sale, basis);
        back.lines.iter().for_each(|line| add(&mut self.returned, back.channel, line));
        let due = sale.gross().minus(back.gross());
        self.settle(&sale.tenders, due, Minor::plus, |flow, amount| {
            if amount >= Minor::ZERO {
                flow.taken = flow.taken.plus(amount);
            } else if due < Minor::ZERO {
                flow.refunded = flow.refunded.minus(amount);
            } else {
                flow.change = flow.change.minus(amount);
            }
        });
    }

    fn add_sold(&mut self, sale: &Sale, basis: PriceBasis) {
        for line in &sale.lines {
            add(&mut self.sold, sale.channel, line);
            let below = discount(line, basis);
            if below > Minor::ZERO {
                self.discounts.add(below);
            }
        }
    }

    /// What of the gross no tender says counts as other, so that the books add up whatever was recorded.
    fn settle(
        &mut self,
        tenders: &[Tender],
        gross: Minor,
        round: fn(Minor, Minor) -> Minor,
        fold: impl Fn(&mut Flow, Minor),
    ) {
        let mut unsaid = gross;
        for tender in tenders {
            unsaid = unsaid.minus(tender.amount);
            match self.tenders.get_mut(tender.kind.index()) {
                Some(flow) => fold(flow, tender.amount),
                None => self.rounding = round(self.rounding, tender.amount),
            }
        }
        if unsaid != Minor::ZERO
            && let Some(flow) = self.tenders.get_mut(TenderKind::Other.index())
        {
            fold(flow, unsaid);
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

    /// What must hold: money and rounding are what was sold without what came back.
    #[must_use]
    pub fn add_up(&self) -> bool {
        let money: Minor = self.tenders.iter().map(|flow| flow.net()).sum();
        money.plus(self.rounding) == self.gross_sold().minus(self.gross_returned())
    }
}

fn add(to: &mut ByRate, channel: Channel, line: &SaleLine) {
    to.entry((channel, line.taxed.rate)).or_default().add(line.taxed.net, line.taxed.tax);
}

/// How much less a line cost than its shelf price. Nothing where only rounding per unit is between.
fn discount(line: &SaleLine, basis: PriceBasis) -> Minor {
    let charged = match basis {
        PriceBasis::TaxInclusive => line.taxed.gross(),
        PriceBasis::TaxExclusive => line.taxed.net,
    };
    let scaled = i128::from(charged.0).saturating_mul(i128::from(Qty::SCALE));
    let per_unit = Minor(divide_half_up(scaled, i128::from(line.qty.milli())));
    if per_unit < line.unit_price { line.unit_price.times(line.qty).minus(charged) } else { Minor::ZERO }
}
