//! Returns without a receipt, and what limits them.

use super::define::wrong;
use super::enter::{Desk, Refused, on_line, said, tenders, till};
use super::{Entered, Names, account, payment};
use crate::message::read::EventMessage;
use crate::message::{CustomerReturnsMax, ErrorBody, Return, ReturnLimits, ReturnsMax, SaleLine, SetReturnLimits};
use crate::value::Amount;
use onhand_engine::account::{AccountKind, Take};
use onhand_engine::command::{Action, Standing};
use onhand_engine::event;
use onhand_engine::ids::{AccountId, LocationId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::returns::unreceipted::{Asked, DAYS_MAX, Limits, Most, OverLimit, PerCustomer};

/// Sets the hashes of customers and periods apart from any other.
const CONTEXT: &str = "onhand 2026 customer and period to account of returns";
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

pub(super) fn take_back(desk: &Desk<'_, impl Names>, body: Return) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let accounts = account::credits(&body.tenders, body.currency.0, desk.id)?;
        account::check_store_credit(&accounts)?;
        payment::check_none(&body.tenders)?;
        check_as_sold(&body.lines)?;
        place.check_count(body.lines.len())?;
        let (lines, goods) = match place.sale_lines(&body.lines) {
            Ok((lines, goods, _)) => (lines, goods),
            Err(why) => place.unpriced(&body.lines, why)?,
        };
        let worth = lines.iter().map(|line| line.taxed.gross()).sum();
        let asked = Asked {
            standing: if body.completed { Standing::Fact } else { Standing::Request },
            customer: body.customer.as_ref().map(|customer| customer.0.clone()),
            day: place.location.day(place.names.now()),
            limits: place.names.return_limits(place.location.id),
            counted: Box::default(),
            closed: Vec::new(),
        };
        let counted = counted(&asked, body.currency.0, worth);
        let is_plain = asked.limits == Limits::default() && !asked.says_something();
        Ok(Action::Return {
            till: till(body.till)?,
            currency: body.currency.0,
            lines,
            goods: goods.goods(),
            said: said(&body.lines),
            disposition: body.disposition.into(),
            tenders: tenders(&body.tenders)?,
            accounts,
            of: None,
            unreceipted: (!is_plain).then(|| Box::new(Asked { counted, ..asked })),
        })
    })
}

/// What comes back has the amounts of the original sale.
fn check_as_sold(lines: &[SaleLine]) -> Result<(), Refused> {
    for (at, line) in lines.iter().enumerate() {
        let more = [("discount", line.discount.is_some()), ("price_reason", line.price_reason.is_some())];
        if let Some((field, _)) = more.into_iter().find(|(_, given)| *given) {
            let text = "goods come back with the amounts of the original sale: give the line's `amount`";
            return Err(on_line(ErrorBody::new(1001, text), field, Some(at)));
        }
    }
    Ok(())
}

/// What the accounts of a customer count of a return: how many there are and how much money goes out, each where it
/// is limited. An account is of one customer and one period.
fn counted(asked: &Asked, currency: Currency, worth: Minor) -> Box<[Take]> {
    let (Some(limit), Some(customer)) = (asked.limits.per_customer, &asked.customer) else { return Box::default() };
    let days = u64::from(limit.days.max(1));
    let period = asked.day.begins().0 / DAY_MS / days;
    let take = |kind: AccountKind, of: &str, amount, limit| {
        let text = format!("{of}\0{customer}\0{days}\0{period}");
        Take::of_uses(account_of(&text), kind, amount, limit)
    };
    let often = limit.most.returns.map(|max| take(AccountKind::CustomerReturns, "", Minor(1), Minor(max.into())));
    let much = limit.most.amount.filter(|_| worth > Minor::ZERO);
    let much = much.map(|max| take(AccountKind::CustomerRefunds, currency.as_str(), worth, max));
    often.into_iter().chain(much).collect()
}

fn account_of(text: &str) -> AccountId {
    let hash = blake3::derive_key(CONTEXT, text.as_bytes());
    let (first, _) = hash.split_at(hash.len() / 2);
    AccountId(first.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)))
}

pub(super) fn set(desk: &Desk<'_, impl Names>, body: SetReturnLimits) -> Result<Entered, Refused> {
    let at = match &body.location {
        Some(code) => desk.place(code)?.location.id,
        None => LocationId::CHAIN,
    };
    Ok(desk.chain(Action::SetReturnLimits { at, limits: body.limits.map(limits).transpose()? }))
}

fn limits(said: ReturnLimits) -> Result<Limits, Refused> {
    let ReturnLimits { amount_max, per_day, per_customer, can_be_lifted } = said;
    let per_day = per_day.map(|max| most("per_day", max.amount_max, max.returns_max)).transpose()?;
    let of_customer = |max: CustomerReturnsMax| {
        if !(1..=DAYS_MAX).contains(&max.days) {
            return Err(wrong(1001, "limits.per_customer.days", "returns are counted within 1 to 366 days"));
        }
        Ok(PerCustomer { days: max.days, most: most("per_customer", max.amount_max, max.returns_max)? })
    };
    Ok(Limits {
        amount_max: amount_max.map(|max| amount(max, "limits.amount_max")).transpose()?,
        per_day: per_day.unwrap_or_default(),
        per_customer: per_customer.map(of_customer).transpose()?,
        can_be_lifted,
    })
}

fn most(of: &str, max: Option<Amount>, returns: Option<u32>) -> Result<Most, Refused> {
    let amount = max.map(|max| amount(max, &format!("limits.{of}.amount_max"))).transpose()?;
    Ok(Most { amount, returns })
}

fn amount(max: Amount, field: &str) -> Result<Minor, Refused> {
    match max.0 {
        max if (Minor::ZERO..=Minor::MAX).contains(&max) => Ok(max),
        _ => Err(wrong(3003, field, "the amount is not from 0 to 10,000,000,000,000 minor units")),
    }
}

/// What limits returns somewhere, on its way out; none: nothing does.
pub(super) fn limits_out(limits: Limits) -> Option<Box<ReturnLimits>> {
    let Limits { amount_max, per_day, per_customer, can_be_lifted } = limits;
    let of_day = ReturnsMax { amount_max: per_day.amount.map(Amount), returns_max: per_day.returns };
    let of_customer = |one: PerCustomer| CustomerReturnsMax {
        days: one.days,
        amount_max: one.most.amount.map(Amount),
        returns_max: one.most.returns,
    };
    let said = ReturnLimits {
        amount_max: amount_max.map(Amount),
        per_day: (per_day != Most::default()).then_some(of_day),
        per_customer: per_customer.map(of_customer),
        can_be_lifted,
    };
    (limits != Limits::default()).then(|| Box::new(said))
}

/// Whether a return had already happened, whose it is, and which limits were lifted for it.
pub(super) fn told(blank: EventMessage, back: &event::Return) -> EventMessage {
    let Some(said) = &back.unreceipted else { return blank };
    EventMessage {
        completed: Some(back.has_happened()),
        customer: said.customer.as_ref().map(Into::into),
        lifted: said.lifted.iter().map(OverLimit::number).collect(),
        ..blank
    }
}
