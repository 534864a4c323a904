//! Decide what is asked of an account. Checks in order: the amount, the account, its state, its balance.

use super::uses::hold_use;
use super::{Account, AccountAsk, Accounts, Cause, Entry, HOLD, Hold, Measure, Statement, Take};
use crate::answer::Answer;
use crate::decide::Decision;
use crate::event::Event;
use crate::ids::{AccountId, CommandId, LocationId};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::time::{Millis, Timestamp};

/// Decides a command of one account.
///
/// # Errors
/// The numbered [`Refusal`]; nothing changes.
pub fn decide(accounts: &Accounts, id: AccountId, ask: &AccountAsk, now: Timestamp) -> Result<Decision, Refusal> {
    let known = || accounts.list.get(&id).ok_or(Refusal::UnknownAccount);
    let entry = match ask {
        AccountAsk::Issue { kind, measure, amount, expires } => {
            check_between(Minor::ZERO, *amount)?;
            if accounts.list.contains_key(&id) {
                return Err(Refusal::IdReused { field: "the account's id" });
            }
            Entry::Issued { kind: *kind, measure: *measure, amount: *amount, expires: *expires }
        }
        AccountAsk::Load { measure, amount, cause } => load(known()?, *measure, *amount, *cause, now)?,
        AccountAsk::Redeem { measure, amount, by_code } => {
            check_between(Minor(1), *amount)?;
            let account = known()?;
            let take = Take {
                account: id,
                kind: account.kind,
                measure: *measure,
                amount: *amount,
                by_code: *by_code,
                limit: Minor::ZERO,
            };
            check_may_take(account, &take, now)?;
            check_balance(account, *amount, account.held())?;
            let balance = account.ledger.balance().minus(*amount);
            Entry::Redeemed { amount: *amount, short: Minor::ZERO, sale: None, balance }
        }
        AccountAsk::Disable { reason } => {
            let account = known()?;
            if account.disabled.is_some() {
                return Err(Refusal::AccountDisabled);
            }
            Entry::Disabled { reason: reason.clone(), balance: account.ledger.balance() }
        }
        AccountAsk::Read => return Ok(Decision::Already(Answer::Account(Box::new(statement(id, known()?))))),
        AccountAsk::Hold { take, sale, at, fact } if take.kind.is_of_uses() => {
            check_between(Minor(1), take.amount)?;
            hold_use(accounts.list.get(&id), take, *sale, *at, *fact, now)?
        }
        AccountAsk::Hold { take, sale, at, fact } => {
            check_between(Minor(1), take.amount)?;
            let account = known()?;
            hold(account, take, *sale, *at, *fact, now)?
        }
        AccountAsk::Confirm { sale, at } => {
            let account = known()?;
            let Some(hold) = account.holds.get(sale).filter(|hold| hold.at == *at) else {
                return Ok(Decision::Already(Answer::StepTaken));
            };
            let balance = account.ledger.balance().minus(hold.amount);
            Entry::Redeemed { amount: hold.amount, short: hold.short, sale: Some(*sale), balance }
        }
        AccountAsk::LetGo { sale, at, deadline } => {
            let is_meant = |hold: &Hold| hold.at == *at && deadline.is_none_or(|deadline| deadline == hold.deadline);
            if !known()?.holds.get(sale).is_some_and(is_meant) {
                return Ok(Decision::Already(Answer::StepTaken));
            }
            Entry::LetGo { sale: *sale }
        }
    };
    Ok(Decision::Happens(Event::Account { account: id, entry }))
}

/// An expired or disabled account takes nothing in either: the money would be lost in it.
fn load(account: &Account, measure: Measure, amount: Minor, cause: Cause, now: Timestamp) -> Result<Entry, Refusal> {
    check_between(Minor(1), amount)?;
    check_measure(account, measure)?;
    check_open(account, now)?;
    // Only a use that was had comes back.
    if measure == Measure::Uses && (amount > account.used() || !matches!(cause, Cause::Refund(_))) {
        return Err(Refusal::BadAmount);
    }
    let balance = account.ledger.balance().plus(amount);
    check_between(Minor(1), balance)?;
    Ok(Entry::Loaded { amount, cause, balance })
}

fn hold(
    account: &Account,
    take: &Take,
    sale: CommandId,
    at: LocationId,
    fact: bool,
    now: Timestamp,
) -> Result<Entry, Refusal> {
    // One id for sales at two places would let them share one payment.
    if account.holds.get(&sale).is_some_and(|hold| hold.at != at) {
        return Err(Refusal::IdReused { field: "location" });
    }
    // What the same sale holds already is replaced, by a hold that ends later: whoever asked what became
    // of the old one knows it by its deadline, and must not let go of the new one.
    let old = account.holds.get(&sale);
    let held = account.held().minus(old.map_or(Minor::ZERO, |hold| hold.amount));
    let deadline = old.map_or(now.plus(HOLD), |hold| now.plus(HOLD).max(hold.deadline.plus(Millis(1))));
    if !fact {
        check_may_take(account, take, now)?;
        check_balance(account, take.amount, held)?;
        let hold = Hold { at, amount: take.amount, short: Minor::ZERO, deadline };
        return Ok(Entry::Held { sale, hold });
    }
    let free = match check_may_take(account, take, now) {
        Ok(()) => account.ledger.balance().minus(held),
        Err(_) => Minor::ZERO,
    };
    let amount = take.amount.min(free);
    Ok(Entry::Held { sale, hold: Hold { at, amount, short: take.amount.minus(amount), deadline } })
}

fn statement(account: AccountId, state: &Account) -> Statement {
    Statement {
        account,
        kind: state.kind,
        measure: state.measure,
        ledger: state.ledger,
        held: state.held(),
        expires: state.expires,
        disabled: state.disabled.is_some(),
    }
}

fn check_between(least: Minor, amount: Minor) -> Result<(), Refusal> {
    if (least..=Minor::MAX).contains(&amount) { Ok(()) } else { Err(Refusal::BadAmount) }
}

fn check_may_take(account: &Account, take: &Take, now: Timestamp) -> Result<(), Refusal> {
    if account.kind != take.kind {
        return Err(Refusal::WrongAccount { field: "type" });
    }
    check_measure(account, take.measure)?;
    // Its id stands in the books and on the feed: only the code proves that somebody has the card.
    if account.kind == super::AccountKind::GiftCard && !take.by_code {
        return Err(Refusal::CodeNeeded);
    }
    check_open(account, now)
}

fn check_measure(account: &Account, measure: Measure) -> Result<(), Refusal> {
    if account.measure == measure { Ok(()) } else { Err(Refusal::WrongAccount { field: "currency" }) }
}

pub(super) fn check_open(account: &Account, now: Timestamp) -> Result<(), Refusal> {
    if account.disabled.is_some() {
        return Err(Refusal::AccountDisabled);
    }
    if account.expires.is_some_and(|expires| expires <= now) { Err(Refusal::AccountExpired) } else { Ok(()) }
}

/// What is held for others may still go free: that is no reason to say that it is not there.
fn check_balance(account: &Account, amount: Minor, held: Minor) -> Result<(), Refusal> {
    let balance = account.ledger.balance();
    if amount > balance {
        return Err(Refusal::BalanceShort { short_by: amount.minus(balance).0, available: balance.0 });
    }
    if amount > balance.minus(held) { Err(Refusal::BalanceHeld { retry_ms: RETRY_MS }) } else { Ok(()) }
}

/// What one who met the holds of others is asked to wait before the next try.
pub(super) const RETRY_MS: u64 = 500;
