//! Rounding of the cash amount where small coins are gone. Only what is settled in cash is rounded,
//! never a line and never a card; the difference is a tender line and an account of its own.

use crate::command::{Tender, TenderKind};
use crate::money::Minor;

/// Which multiple of the step an amount goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The nearest; exactly between two, as the tie rule says.
    Nearest,
    /// The next larger one.
    Up,
    /// The next smaller one.
    Down,
}

impl Direction {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Nearest => "nearest",
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

/// Where an amount goes that lies exactly between two multiples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tie {
    /// To the larger one.
    Up,
    /// To the smaller one.
    Down,
}

impl Tie {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Tie::Up => "up",
            Tie::Down => "down",
        }
    }
}

/// How one kind of amount is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoundingRule {
    /// The smallest coin, in minor units; above zero.
    pub step: u32,
    /// Which multiple of it.
    pub direction: Direction,
    /// Where an amount goes that lies exactly between two.
    pub tie: Tie,
}

impl RoundingRule {
    /// The amount as it is paid. Amounts below zero are mirrored: their size is rounded.
    #[must_use]
    pub fn round(&self, amount: Minor) -> Minor {
        let step = i64::from(self.step);
        let size = amount.0.saturating_abs();
        let Some(over) = size.checked_rem(step) else { return amount };
        let up = match self.direction {
            Direction::Up => over > 0,
            Direction::Down => false,
            Direction::Nearest => match over.saturating_mul(2).cmp(&step) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => self.tie == Tie::Up,
            },
        };
        let lower = size.saturating_sub(over);
        Minor(if up { lower.saturating_add(step) } else { lower }.saturating_mul(amount.0.signum()))
    }
}

/// How a location rounds cash: what a customer owes, and what is given to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CashRounding {
    /// What is due in cash, where no change is given.
    pub due: RoundingRule,
    /// Change, and refunds in cash.
    pub change: RoundingRule,
}

/// What tenders come to, so that it can be seen what rounding has to explain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// Cash the customer handed over.
    pub cash: Minor,
    /// Cash handed back: tenders of cash below zero, without their sign.
    pub change: Minor,
    /// All other means.
    pub other: Minor,
    /// Rounding lines, where the asker named them.
    pub rounding: Minor,
}

impl Paid {
    /// Adds tenders up.
    #[must_use]
    pub fn of(tenders: &[Tender]) -> Self {
        let mut paid = Self::default();
        for tender in tenders {
            match tender.kind {
                TenderKind::Cash if tender.amount < Minor::ZERO => paid.change = paid.change.minus(tender.amount),
                TenderKind::Cash => paid.cash = paid.cash.plus(tender.amount),
                TenderKind::CashRounding => paid.rounding = paid.rounding.plus(tender.amount),
                _ => paid.other = paid.other.plus(tender.amount),
            }
        }
        paid
    }

    /// Money that changed hands: everything but rounding.
    #[must_use]
    pub const fn money(&self) -> Minor {
        self.cash.minus(self.change).plus(self.other)
    }

    /// The same as it is for whoever was paid.
    const fn turned(&self) -> Self {
        let (other, rounding) = (Minor::ZERO.minus(self.other), Minor::ZERO.minus(self.rounding));
        Self { cash: self.change, change: self.cash, other, rounding }
    }

    /// All of it.
    #[must_use]
    pub const fn total(&self) -> Minor {
        self.money().plus(self.rounding)
    }
}

impl CashRounding {
    /// Whether what a customer paid for a sale is the rounded amount: the part that other means do
    /// not cover, rounded as due, or its change rounded as change. What is due below zero goes back.
    #[must_use]
    pub fn fits_sale(&self, due: Minor, paid: &Paid) -> bool {
        if due < Minor::ZERO {
            return self.fits_refund(Minor::ZERO.minus(due), &paid.turned());
        }
        let in_cash = due.minus(paid.other);
        if in_cash <= Minor::ZERO || paid.cash <= Minor::ZERO {
            return false;
        }
        let change = paid.cash.minus(in_cash);
        let change_fits = change >= Minor::ZERO && paid.change == self.change.round(change);
        change_fits || (paid.change == Minor::ZERO && paid.cash == self.due.round(in_cash))
    }

    /// Whether what a customer got back for a return is the rounded amount.
    #[must_use]
    pub fn fits_refund(&self, due: Minor, paid: &Paid) -> bool {
        let in_cash = due.minus(paid.other);
        paid.cash > Minor::ZERO && paid.change == Minor::ZERO && paid.cash == self.change.round(in_cash)
    }
}
