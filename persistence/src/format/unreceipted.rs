//! The forms of returns without a receipt, and of what limits them.

use super::DecodeError;
use super::catalogue::label;
use super::returns::SaleReturn;
use onhand_engine::command::Standing;
use onhand_engine::date::Date;
use onhand_engine::event;
use onhand_engine::money::Minor;
use onhand_engine::returns::unreceipted::{self, Most, OverLimit, PerCustomer, Unreceipted};
use rkyv::{Archive, Deserialize, Serialize};

/// A return and what there is to say of it without a receipt.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct UnreceiptedReturn {
    back: SaleReturn,
    fact: bool,
    customer: Option<String>,
    day: u32,
    /// By number, with what it would be and what it may be.
    lifted: Vec<(u16, i64, i64)>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Limits {
    amount_max: Option<i64>,
    per_day: (Option<i64>, Option<u32>),
    per_customer: Option<(u16, Option<i64>, Option<u32>)>,
    can_be_lifted: bool,
}

/// What was given on one day, in a snapshot.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct OfDay {
    day: u32,
    returns: u32,
    amount: i64,
}

fn date(number: u32) -> Result<Date, DecodeError> {
    Date::numbered(number).ok_or_else(|| DecodeError(format!("{number} is no date")))
}

fn lifted_out(over: &OverLimit) -> (u16, i64, i64) {
    let (is, may) = match over {
        OverLimit::Amount { amount, max } | OverLimit::DayAmount { amount, max } => (amount.0, max.0),
        OverLimit::DayReturns { max } => (0, i64::from(*max)),
        OverLimit::CustomerAmount { left } => (0, left.0),
        OverLimit::NoCustomer | OverLimit::CustomerReturns => (0, 0),
    };
    (over.number(), is, may)
}

fn lifted_in((number, is, may): (u16, i64, i64)) -> Result<OverLimit, DecodeError> {
    let (amount, max) = (Minor(is), Minor(may));
    Ok(match number {
        3102 => OverLimit::Amount { amount, max },
        3103 => OverLimit::DayAmount { amount, max },
        3104 => OverLimit::DayReturns { max: u32::try_from(may).unwrap_or(u32::MAX) },
        3105 => OverLimit::NoCustomer,
        3106 => OverLimit::CustomerAmount { left: max },
        3107 => OverLimit::CustomerReturns,
        other => return Err(DecodeError(format!("{other} limits no return"))),
    })
}

impl UnreceiptedReturn {
    /// One that says something.
    pub(super) fn new(back: &event::Return) -> Self {
        let said = back.unreceipted.as_deref();
        Self {
            back: SaleReturn::new(back),
            fact: back.has_happened(),
            customer: said.and_then(|said| said.customer.as_ref()).map(ToString::to_string),
            day: said.map_or(0, |said| said.day.number()),
            lifted: said.iter().flat_map(|said| &said.lifted).map(lifted_out).collect(),
        }
    }

    pub(super) fn read(self) -> Result<event::Return, DecodeError> {
        let unreceipted = Unreceipted {
            standing: if self.fact { Standing::Fact } else { Standing::Request },
            customer: self.customer.as_deref().map(label).transpose()?,
            day: date(self.day)?,
            lifted: self.lifted.into_iter().map(lifted_in).collect::<Result<_, _>>()?,
        };
        Ok(event::Return { unreceipted: Some(Box::new(unreceipted)), ..self.back.read()? })
    }
}

impl From<unreceipted::Limits> for Limits {
    fn from(limits: unreceipted::Limits) -> Self {
        let most = |most: Most| (most.amount.map(|max| max.0), most.returns);
        let of_customer = |one: PerCustomer| {
            let (amount, returns) = most(one.most);
            (one.days, amount, returns)
        };
        Self {
            amount_max: limits.amount_max.map(|max| max.0),
            per_day: most(limits.per_day),
            per_customer: limits.per_customer.map(of_customer),
            can_be_lifted: limits.can_be_lifted,
        }
    }
}

impl From<Limits> for unreceipted::Limits {
    fn from(limits: Limits) -> Self {
        let most = |amount: Option<i64>, returns| Most { amount: amount.map(Minor), returns };
        let of_customer = |(days, amount, returns)| PerCustomer { days, most: most(amount, returns) };
        Self {
            amount_max: limits.amount_max.map(Minor),
            per_day: most(limits.per_day.0, limits.per_day.1),
            per_customer: limits.per_customer.map(of_customer),
            can_be_lifted: limits.can_be_lifted,
        }
    }
}

impl From<&unreceipted::OfDay> for OfDay {
    fn from(of_day: &unreceipted::OfDay) -> Self {
        Self { day: of_day.day.number(), returns: of_day.returns, amount: of_day.amount.0 }
    }
}

impl TryFrom<OfDay> for unreceipted::OfDay {
    type Error = DecodeError;

    fn try_from(of_day: OfDay) -> Result<Self, DecodeError> {
        Ok(Self { day: date(of_day.day)?, returns: of_day.returns, amount: Minor(of_day.amount) })
    }
}
