//! Returns without a receipt: nobody knows the sale, so what limits them is set by the shop. For each location, or
//! for all that set nothing of their own: how much one return may give, how much all of a day, and how much and how
//! often one customer may get within a period.
//!
//! What is over it is refused, unless whoever may lift it does so; what has happened is recorded all the same, as an
//! exception.

use crate::account::Take;
use crate::command::Standing;
use crate::date::Date;
use crate::goods::{Amounts, Exception};
use crate::ids::{AccountId, Label, SkuId};
use crate::money::Minor;
use crate::refusal::Refusal;

/// The longest period in which a customer's returns are counted, in days.
pub const DAYS_MAX: u16 = 366;

/// What is set. Nothing at all: any return may be without a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The most money that one return gives.
    pub amount_max: Option<Minor>,
    /// The most at one location in one day.
    pub per_day: Most,
    /// The most for one customer, across the chain.
    pub per_customer: Option<PerCustomer>,
    /// Whether they can be lifted by whoever may.
    pub can_be_lifted: bool,
}

/// So much in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Most {
    /// Money, in minor units of the location's currency.
    pub amount: Option<Minor>,
    /// Returns.
    pub returns: Option<u32>,
}

/// What one customer may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerCustomer {
    /// Within how many days. Periods of this length follow one another.
    pub days: u16,
    /// How much.
    pub most: Most,
}

/// What there is to say of a return without a receipt when it is asked for. None: nothing limits it, and nobody
/// says that it has happened or whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Asked for, or already happened.
    pub standing: Standing,
    /// Who the customer is, in the shop's own words.
    pub customer: Option<Label>,
    /// The day there.
    pub day: Date,
    /// What was set there when the command came in.
    pub limits: Limits,
    /// The accounts that count the customer's returns.
    pub counted: Box<[Take]>,
    /// Accounts that take nothing in, with the number of why, where it has happened all the same. Known once they were
    /// asked.
    pub closed: Vec<(AccountId, u16)>,
}

/// What its record keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreceipted {
    /// Asked for, or already happened.
    pub standing: Standing,
    /// Who the customer is.
    pub customer: Option<Label>,
    /// The day that it counts for.
    pub day: Date,
    /// Limits that were lifted for it. Who did that is known by who asked for it, and who approved.
    pub lifted: Vec<OverLimit>,
}

/// What was given without a receipt at one location in one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfDay {
    /// The day.
    pub day: Date,
    /// Returns.
    pub returns: u32,
    /// Money.
    pub amount: Minor,
}

/// A return without a receipt goes over what is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// 3102
    #[error("without a receipt a return gives at most {}, and this one {}", max.0, amount.0)]
    Amount {
        /// What it gives.
        amount: Minor,
        /// The most.
        max: Minor,
    },
    /// 3103
    #[error("without a receipt {} is given here in one day at most; with this one it would be {}", max.0, amount.0)]
    DayAmount {
        /// What the day would come to.
        amount: Minor,
        /// The most.
        max: Minor,
    },
    /// 3104
    #[error("without a receipt there are {max} returns here in one day at most")]
    DayReturns {
        /// The most.
        max: u32,
    },
    /// 3105
    #[error("without a receipt the customer must be named")]
    NoCustomer,
    /// 3106
    #[error("without a receipt this customer gets {} more in this period at most", left.0)]
    CustomerAmount {
        /// What is left.
        left: Minor,
    },
    /// 3107
    #[error("without a receipt this customer has brought back as often as may be in this period")]
    CustomerReturns,
}

impl OverLimit {
    /// The number people look up.
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            OverLimit::Amount { .. } => 3102,
            OverLimit::DayAmount { .. } => 3103,
            OverLimit::DayReturns { .. } => 3104,
            OverLimit::NoCustomer => 3105,
            OverLimit::CustomerAmount { .. } => 3106,
            OverLimit::CustomerReturns => 3107,
        }
    }

    /// The field of the request that is over it.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            OverLimit::NoCustomer | OverLimit::CustomerAmount { .. } | OverLimit::CustomerReturns => "customer",
            OverLimit::Amount { .. } | OverLimit::DayAmount { .. } | OverLimit::DayReturns { .. } => "lines",
        }
    }

    /// What it is, and what it may be, where both are money.
    #[must_use]
    pub const fn amounts(&self) -> Option<(Minor, Minor)> {
        match self {
            OverLimit::Amount { amount, max } | OverLimit::DayAmount { amount, max } => Some((*amount, *max)),
            _ => None,
        }
    }

    /// The same for the record of what has happened: of the whole return, so it stands at its first line.
    #[must_use]
    pub fn exception(&self, sku: SkuId) -> Exception {
        let amounts = self.amounts().map(|(said, own)| Amounts { said, own });
        Exception { line: 0, sku, number: self.number(), amounts }
    }
}

impl Asked {
    /// Whether the asker said something that its lines do not.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.standing == Standing::Fact || self.customer.is_some()
    }

    /// Takes note that an account would not take what goes to it; false where that is a reason to refuse the return.
    #[must_use]
    pub fn goes_without(&mut self, account: AccountId, why: &Refusal) -> bool {
        use Refusal::{AccountDisabled, AccountExpired, UnknownAccount, WrongAccount};
        let is_closed = matches!(why, AccountDisabled | AccountExpired | UnknownAccount | WrongAccount { .. });
        let happened = is_closed && self.standing == Standing::Fact;
        self.closed.extend(happened.then(|| (account, why.number())));
        happened
    }

    /// What of a return goes to accounts: nothing to those that take nothing in.
    #[must_use]
    pub fn taken_in(&self, takes: Vec<Take>) -> Vec<Take> {
        let is_closed = |take: &Take| self.closed.iter().any(|(account, _)| *account == take.account);
        let taken = |take: Take| Take { amount: if is_closed(&take) { Minor::ZERO } else { take.amount }, ..take };
        takes.into_iter().map(taken).collect()
    }

    /// What of a return went to no account although the customer was told so: of the whole return, so it stands at its
    /// first line.
    pub fn lost(&self, takes: &[Take], sku: SkuId) -> impl Iterator<Item = Exception> {
        self.closed.iter().map(move |(account, number)| {
            let said = takes.iter().find(|take| take.account == *account).map_or(Minor::ZERO, |take| take.worth);
            Exception { line: 0, sku, number: *number, amounts: Some(Amounts { said, own: Minor::ZERO }) }
        })
    }

    /// What it is over, in the order in which it is looked at. What the customer's accounts say is not among it:
    /// they are asked before.
    #[must_use]
    pub fn over(&self, so_far: Option<&OfDay>, amount: Minor) -> Vec<OverLimit> {
        let Limits { amount_max, per_day, per_customer, can_be_lifted: _ } = self.limits;
        let nothing = OfDay { day: self.day, returns: 0, amount: Minor::ZERO };
        let so_far = so_far.filter(|known| known.day == self.day).unwrap_or(&nothing);
        let (of_day, returns) = (so_far.amount.plus(amount), so_far.returns.saturating_add(1));
        let one = amount_max.filter(|max| amount > *max).map(|max| OverLimit::Amount { amount, max });
        let day = per_day.amount.filter(|max| of_day > *max);
        let day = day.map(|max| OverLimit::DayAmount { amount: of_day, max });
        let often = per_day.returns.filter(|max| returns > *max).map(|max| OverLimit::DayReturns { max });
        let nobody = (per_customer.is_some() && self.customer.is_none()).then_some(OverLimit::NoCustomer);
        [one, day, often, nobody].into_iter().flatten().collect()
    }
}

impl OfDay {
    /// The same with one more. What comes late for an earlier day no longer counts.
    #[must_use]
    pub fn with(so_far: Option<Self>, day: Date, amount: Minor) -> Self {
        match so_far {
            Some(known) if known.day > day => known,
            Some(known) if known.day == day => {
                Self { day, returns: known.returns.saturating_add(1), amount: known.amount.plus(amount) }
            }
            _ => Self { day, returns: 1, amount },
        }
    }
}
