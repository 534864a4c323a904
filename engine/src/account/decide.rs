//! Decide what is asked of an account. Checks in order: the amount, the account, its state, its balance.

use super::uses::{expect_use, hold_use};
use super::{
    Account, AccountAsk, AccountKind, Accounts, Cause, Entry, HOLD, Hold, Measure, RETRY_MS, Statement, Take, Way,
    later_than,
};
use crate::answer::Answer;
use crate::decide::Decision;
use crate::event::Event;
use crate::ids::{AccountId, CommandId, LocationId, Owner};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Decides a command of one account.
///
/// # Errors
/// The numbered [`Refusal`]; nothing changes.
pub fn decide(accounts: &Accounts, id: AccountId, ask: &AccountAsk, now: Timestamp) -> Result<Decision, Refusal> {
    let known = || accounts.list.get(&id).ok_or(Refusal::UnknownAccount);
    let entry = match ask {
        AccountAsk::Issue { kind, measure, amount, expires, owner } => {
            check_between(Minor::ZERO, *amount)?;
            if accounts.list.contains_key(&id) {
                return Err(Refusal::IdReused { field: "the account's id" });
            }
            let (kind, measure, amount, expires) = (*kind, *measure, *amount, *expires);
            Entry::Issued { kind, measure, amount, expires, owner: owner.clone() }
        }
        AccountAsk::Assign { owner } => assign(known()?, owner.as_ref())?,
        AccountAsk::Load { measure, amount, cause, .. } => load(known()?, *measure, *amount, *cause, now)?,
        AccountAsk::Redeem { measure, amount, by_code } => {
            check_between(Minor(1), *amount)?;
            let account = known()?;
            check_may_take(account, account.kind, *measure, *by_code, now)?;
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
            match take.way {
                Way::Out => hold_use(accounts.list.get(&id), take, *sale, *at, *fact, now)?,
                Way::In | Way::Open => expect_use(accounts.list.get(&id), take, *sale, *at, now)?,
            }
        }
        AccountAsk::Hold { take, sale, at, fact } => {
            check_between(Minor(1), take.amount)?;
            match take.way {
                Way::Out => hold(known()?, take, *sale, *at, *fact, now)?,
                Way::In => expect(known()?, take, *sale, *at, now)?,
                Way::Open => open(accounts.list.get(&id), take, *sale, *at, now)?,
            }
        }
        AccountAsk::Confirm { sale, at } => {
            let account = known()?;
            let Some(hold) = account.holds.get(sale).filter(|hold| hold.at == *at) else {
                return Ok(Decision::Already(Answer::StepTaken));
            };
            let (amount, sale, balance) = (hold.amount, *sale, account.ledger.balance());
            if hold.way == Way::Out {
                Entry::Redeemed { amount, short: hold.short, sale: Some(sale), balance: balance.minus(amount) }
            } else {
                Entry::Refunded { amount, sale, balance: balance.plus(amount) }
            }
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
    if measure == Measure::Uses {
        // Only a use that was had comes back.
        if amount > account.used() || !matches!(cause, Cause::Refund(_)) {
            return Err(Refusal::BadAmount);
        }
        // One that a return brings back may stay away after all.
        if amount > account.used().minus(account.coming()) {
            return Err(Refusal::BalanceHeld { retry_ms: RETRY_MS });
        }
    }
    let balance = account.ledger.balance().plus(amount);
    check_between(Minor(1), balance.plus(account.coming()))?;
    Ok(Entry::Loaded { amount, cause, balance })
}

/// Uses are counted under the name of their customer: that name is whose they are.
fn assign(account: &Account, owner: Option<&Owner>) -> Result<Entry, Refusal> {
    if account.kind.is_of_uses() {
        return Err(Refusal::WrongAccount { field: "type" });
    }
    let (owner, before) = (owner.cloned(), account.owner.clone());
    Ok(Entry::Assigned { owner, before, balance: account.ledger.balance() })
}

fn hold(
    account: &Account,
    take: &Take,
    sale: CommandId,
    at: LocationId,
    fact: bool,
    now: Timestamp,
) -> Result<Entry, Refusal> {
    let old = own_hold(account, sale, at)?;
    let held = account.held().minus(old.map_or(Minor::ZERO, Hold::keeps));
    let may_take = check_may_take(account, take.kind, take.measure, take.by_code, now);
    let hold = Hold { at, amount: take.amount, short: Minor::ZERO, deadline: until(now, old), way: Way::Out };
    if !fact {
        may_take?;
        check_balance(account, take.amount, held)?;
        return Ok(Entry::Held { sale, hold });
    }
    let free = if may_take.is_ok() { account.ledger.balance().minus(held) } else { Minor::ZERO };
    let amount = take.amount.min(free);
    Ok(Entry::Held { sale, hold: Hold { amount, short: take.amount.minus(amount), ..hold } })
}

/// What a return will give to it: looked at now, so that nothing is in its way once the return stands.
fn expect(account: &Account, take: &Take, sale: CommandId, at: LocationId, now: Timestamp) -> Result<Entry, Refusal> {
    let old = own_hold(account, sale, at)?;
    let own = old.map_or(Minor::ZERO, |hold| hold.amount.minus(hold.keeps()));
    check_kind(account, take.kind)?;
    check_measure(account, take.measure)?;
    check_open(account, now)?;
    let coming = account.coming().minus(own).plus(take.amount);
    check_between(Minor(1), account.ledger.balance().plus(coming))?;
    let (amount, deadline) = (take.amount, until(now, old));
    Ok(Entry::Held { sale, hold: Hold { at, amount, short: Minor::ZERO, deadline, way: Way::In } })
}

/// A new account, unless it was opened already for the same return.
fn open(
    known: Option<&Account>,
    take: &Take,
    sale: CommandId,
    at: LocationId,
    now: Timestamp,
) -> Result<Entry, Refusal> {
    let old = known.map(|account| own_hold(account, sale, at)).transpose()?.flatten();
    let (amount, deadline) = (take.amount, until(now, old));
    let hold = Hold { at, amount, short: Minor::ZERO, deadline, way: Way::Open };
    match (known, old) {
        (None, _) => Ok(Entry::Opened { kind: take.kind, measure: take.measure, sale, hold }),
        (Some(_), Some(old)) if old.way == Way::Open => Ok(Entry::Held { sale, hold }),
        _ => Err(Refusal::IdReused { field: "the account's id" }),
    }
}

/// When the location of the sale is asked what became of it.
fn until(now: Timestamp, old: Option<&Hold>) -> Timestamp {
    later_than(now.plus(HOLD), old.map(|hold| hold.deadline))
}

/// What the same sale holds already; it is replaced.
fn own_hold(account: &Account, sale: CommandId, at: LocationId) -> Result<Option<&Hold>, Refusal> {
    match account.holds.get(&sale) {
        // One id for sales at two places would let them share one payment.
        Some(hold) if hold.at != at => Err(Refusal::IdReused { field: "location" }),
        own => Ok(own),
    }
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
        owner: state.owner.clone(),
    }
}

fn check_between(least: Minor, amount: Minor) -> Result<(), Refusal> {
    if (least..=Minor::MAX).contains(&amount) { Ok(()) } else { Err(Refusal::BadAmount) }
}

fn check_may_take(
    account: &Account,
    kind: AccountKind,
    measure: Measure,
    by_code: bool,
    now: Timestamp,
) -> Result<(), Refusal> {
    check_kind(account, kind)?;
    check_measure(account, measure)?;
    // Its id stands in the books and on the feed: only the code proves that somebody has the card.
    if account.kind == AccountKind::GiftCard && !by_code {
        return Err(Refusal::CodeNeeded);
    }
    check_open(account, now)
}

fn check_kind(account: &Account, kind: AccountKind) -> Result<(), Refusal> {
    if account.kind == kind { Ok(()) } else { Err(Refusal::WrongAccount { field: "type" }) }
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
