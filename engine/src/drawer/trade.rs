//! What a sale, a return or an exchange comes to, part by part: the one place that says so. The books of a till
//! session and every report add up these parts, so that they are equal to the minor unit.

use super::books::Flow;
use crate::command::{Channel, Disposition, SaleLine, Tender, TenderKind};
use crate::event::{Event, Return, Sale};
use crate::money::{Minor, divide_half_up};
use crate::qty::Qty;
use crate::tax::PriceBasis;

/// A part of what an event comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A line was sold.
    Sold {
        /// Where the demand came from.
        channel: Channel,
        /// The line.
        line: &'a SaleLine,
        /// How much less it cost than its shelf price; zero where it did not.
        below: Minor,
    },
    /// A line came back; its amounts are above zero.
    CameBack {
        /// Where.
        channel: Channel,
        /// The line.
        line: &'a SaleLine,
        /// What becomes of it.
        disposition: Disposition,
    },
    /// Money moved, one way.
    Moved {
        /// What it was paid by. Tenders that nobody named are of the kind other.
        kind: TenderKind,
        /// How much.
        flow: Flow,
    },
    /// What cash rounding made up: below zero is to the shop's favour.
    Rounded(Minor),
    /// Money was deposited for a layaway.
    Deposited(Tender),
    /// Such money went back; its amount is above zero.
    DepositBack(Tender),
}

/// How an amount of money went, from what a tender says.
type Way = fn(Minor) -> Flow;

impl Event {
    /// Whether it is one of those that come to anything.
    #[must_use]
    pub const fn is_trade(&self) -> bool {
        matches!(
            self,
            Event::SaleRecorded(_) | Event::GoodsReturned(_) | Event::Exchanged { .. } | Event::Layaway { .. }
        )
    }

    /// Tells every part of what it comes to. `basis` says whether shelf prices contain the tax.
    pub fn each_part<'a>(&'a self, basis: PriceBasis, tell: &mut impl FnMut(Part<'a>)) {
        match self {
            Event::SaleRecorded(sale) => sale.each_part(basis, tell),
            Event::GoodsReturned(back) => back.each_part(tell),
            Event::Exchanged { back, sale } => exchange(back, sale, basis, tell),
            Event::Layaway { happening, .. } => {
                happening.taken().iter().for_each(|tender| tell(Part::Deposited(*tender)));
                happening.given_back().iter().for_each(|tender| tell(Part::DepositBack(*tender)));
            }
            _ => {}
        }
    }
}

impl Sale {
    /// Tells every part of what it comes to.
    pub fn each_part<'a>(&'a self, basis: PriceBasis, tell: &mut impl FnMut(Part<'a>)) {
        self.each_line(basis, tell);
        let way: Way = |amount| match amount < Minor::ZERO {
            true => Flow { change: Minor::ZERO.minus(amount), ..Flow::default() },
            false => Flow { taken: amount, ..Flow::default() },
        };
        settle(&self.tenders, self.gross(), false, way, tell);
    }

    fn each_line<'a>(&'a self, basis: PriceBasis, tell: &mut impl FnMut(Part<'a>)) {
        for line in &self.lines {
            tell(Part::Sold { channel: self.channel, line, below: below_shelf_price(line, basis) });
        }
    }
}

impl Return {
    /// Tells every part of what it comes to.
    pub fn each_part<'a>(&'a self, tell: &mut impl FnMut(Part<'a>)) {
        self.each_line(tell);
        let way: Way = |amount| Flow { refunded: amount, ..Flow::default() };
        settle(&self.tenders, self.gross(), true, way, tell);
    }

    fn each_line<'a>(&'a self, tell: &mut impl FnMut(Part<'a>)) {
        for line in &self.lines {
            tell(Part::CameBack { channel: self.channel, line, disposition: self.disposition });
        }
    }
}

/// Tells every part of an exchange: the tenders of its sale settle the difference. Where money goes back, what
/// is below zero is a refund.
pub fn exchange<'a>(back: &'a Return, sale: &'a Sale, basis: PriceBasis, tell: &mut impl FnMut(Part<'a>)) {
    sale.each_line(basis, tell);
    back.each_line(tell);
    let due = sale.gross().minus(back.gross());
    let goes_back = due < Minor::ZERO;
    let way = |amount: Minor| match (amount >= Minor::ZERO, goes_back) {
        (true, _) => Flow { taken: amount, ..Flow::default() },
        (false, true) => Flow { refunded: Minor::ZERO.minus(amount), ..Flow::default() },
        (false, false) => Flow { change: Minor::ZERO.minus(amount), ..Flow::default() },
    };
    settle(&sale.tenders, due, false, way, tell);
}

/// What of the amount due no tender says counts as other, so that the books add up whatever was recorded.
fn settle<'a>(
    tenders: &[Tender],
    due: Minor,
    goes_out: bool,
    way: impl Fn(Minor) -> Flow,
    tell: &mut impl FnMut(Part<'a>),
) {
    let mut unsaid = due;
    for tender in tenders {
        unsaid = unsaid.minus(tender.amount);
        match tender.kind {
            TenderKind::CashRounding if goes_out => tell(Part::Rounded(Minor::ZERO.minus(tender.amount))),
            TenderKind::CashRounding => tell(Part::Rounded(tender.amount)),
            kind => tell(Part::Moved { kind, flow: way(tender.amount) }),
        }
    }
    if unsaid != Minor::ZERO {
        tell(Part::Moved { kind: TenderKind::Other, flow: way(unsaid) });
    }
}

/// How much less a line cost than its shelf price. Nothing where only rounding per unit is between.
fn below_shelf_price(line: &SaleLine, basis: PriceBasis) -> Minor {
    let charged = match basis {
        PriceBasis::TaxInclusive => line.taxed.gross(),
        PriceBasis::TaxExclusive => line.taxed.net,
    };
    let scaled = i128::from(charged.0).saturating_mul(i128::from(Qty::SCALE));
    let per_unit = Minor(divide_half_up(scaled, i128::from(line.qty.milli())));
    let below = if per_unit < line.unit_price { line.unit_price.times(line.qty).minus(charged) } else { Minor::ZERO };
    below.max(Minor::ZERO)
}
