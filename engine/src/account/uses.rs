//! How often coupons are used, and how much a customer got without a receipt: accounts that come into being with
//! the first use. Each sale that uses the coupon takes one use, and says how many there may be as the promotion
//! stood when it was priced.

use super::decide::check_open;
use super::{Account, AccountKind, Accounts, Entry, HOLD, Hold, Measure, RETRY_MS, Take, Way, later_than};
use crate::ids::{AccountId, CommandId, LocationId};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::returns::unreceipted::OverLimit;
use crate::time::Timestamp;

impl AccountKind {
    /// Whether it counts what may be had so often: the uses of a coupon, a customer's returns without a receipt.
    #[must_use]
    pub const fn is_of_uses(self) -> bool {
        matches!(
            self,
            AccountKind::Coupon
                | AccountKind::CustomerCoupon
                | AccountKind::CustomerReturns
                | AccountKind::CustomerRefunds
        )
    }
}

impl Account {
    /// An account of uses before the first.
    fn unused(kind: AccountKind) -> Self {
        let (ledger, holds) = Default::default();
        Self { kind, measure: Measure::Uses, ledger, expires: None, disabled: None, holds, owner: None }
    }

    /// Uses that sales have had.
    pub(super) fn used(&self) -> Minor {
        self.ledger.redeemed.minus(self.ledger.refunded)
    }
}

impl Accounts {
    pub(super) fn hold_use(&mut self, id: AccountId, kind: AccountKind, issued: Minor, sale: CommandId, hold: &Hold) {
        let account = self.list.entry(id).or_insert_with(|| Account::unused(kind));
        account.ledger.issued = issued;
        account.holds.insert(sale, *hold);
    }
}

/// Holds a use for a sale. A fact has had it, whether there was one or not.
pub(super) fn hold_use(
    account: Option<&Account>,
    take: &Take,
    sale: CommandId,
    at: LocationId,
    fact: bool,
    now: Timestamp,
) -> Result<Entry, Refusal> {
    let unused = Account::unused(take.kind);
    let account = account.unwrap_or(&unused);
    if account.kind != take.kind || account.measure != Measure::Uses {
        return Err(Refusal::WrongAccount { field: "type" });
    }
    if account.holds.get(&sale).is_some_and(|hold| hold.at != at) {
        return Err(Refusal::IdReused { field: "location" });
    }
    let own = account.holds.get(&sale).map_or(Minor::ZERO, |hold| hold.amount);
    let (used, held) = (account.used(), account.held().minus(own));
    let left = take.limit.minus(used);
    let is_open = check_open(account, now);
    let amount = if fact {
        let free = if is_open.is_ok() { left.minus(held).max(Minor::ZERO) } else { Minor::ZERO };
        take.amount.min(free)
    } else {
        is_open?;
        if take.amount > left {
            return Err(match take.kind {
                AccountKind::CustomerCoupon => Refusal::CouponUsedByCustomer,
                AccountKind::CustomerReturns => OverLimit::CustomerReturns.into(),
                AccountKind::CustomerRefunds => OverLimit::CustomerAmount { left: left.max(Minor::ZERO) }.into(),
                _ => Refusal::CouponUsedUp,
            });
        }
        // What others hold may go free again: that is no reason to say that the coupon is used up.
        if take.amount > left.minus(held) {
            return Err(Refusal::BalanceHeld { retry_ms: RETRY_MS });
        }
        take.amount
    };
    // The limit may be lower by now than what was used under another.
    let issued = take.limit.max(used.plus(held).plus(amount));
    let deadline = later_than(now.plus(HOLD), account.holds.get(&sale).map(|hold| hold.deadline));
    let hold = Hold { at, amount, short: take.amount.minus(amount), deadline, way: Way::Out };
    Ok(Entry::UseHeld { kind: take.kind, issued, sale, hold })
}

/// A use that will come back with a return. One that no use had been left for makes up for that first, so that
/// never more are free than the limit leaves. A return is not refused for it, whatever the account says.
pub(super) fn expect_use(
    account: Option<&Account>,
    take: &Take,
    sale: CommandId,
    at: LocationId,
    now: Timestamp,
) -> Result<Entry, Refusal> {
    let unused = Account::unused(take.kind);
    let account = account.unwrap_or(&unused);
    let old = account.holds.get(&sale);
    if old.is_some_and(|hold| hold.at != at) {
        return Err(Refusal::IdReused { field: "location" });
    }
    let coming = account.holds.iter().filter(|(other, hold)| **other != sale && hold.way != Way::Out);
    let (amounts, shorts): (Vec<Minor>, Vec<Minor>) = coming.map(|(_, hold)| (hold.amount, hold.short)).unzip();
    let used = account.used().minus(amounts.into_iter().sum()).max(Minor::ZERO);
    let beyond = account.ledger.short.minus(shorts.into_iter().sum()).max(Minor::ZERO);
    let short = take.amount.min(beyond);
    let amount = take.amount.minus(short).min(used);
    let deadline = later_than(now.plus(HOLD), old.map(|hold| hold.deadline));
    let hold = Hold { at, amount, short, deadline, way: Way::In };
    Ok(Entry::UseHeld { kind: take.kind, issued: account.ledger.issued, sale, hold })
}
