//! Accounts: gift cards, store credit and loyalty points, each with its own ledger.
//!
//! Responsible for: what an account may give and take. A balance is the sum of its ledger, and never
//! below zero. A sale takes from an account in two steps: the amount is held, and once the sale is
//! decided at its location it is redeemed or let go (`redemption.rs` has that location's side). What is
//! refunded to an account comes the same way.
//!
//! Not responsible for: who coordinates the two steps, codes of cards (an id is all that is kept of one).

mod decide;
mod entry;
mod redemption;
mod uses;

pub use decide::decide;
pub use entry::Entry;
pub use redemption::{RedemptionAsk, Settling, decide_redemption};

use crate::command::TenderKind;
use crate::ids::{AccountId, CommandId, Label, LocationId, Owner};
use crate::money::{Currency, Minor};
use crate::time::{Millis, Timestamp};
use std::collections::BTreeMap;

/// How long an account holds an amount for a sale before it asks the sale's location what became of it.
pub const HOLD: Millis = Millis(10_000);
/// What one who met what others hold is asked to wait before the next try, in milliseconds.
pub(crate) const RETRY_MS: u64 = 500;
/// The most accounts one sale may take from.
pub const TAKES_MAX: usize = 50;

/// The deadline of what is held anew: it ends later than what it takes the place of. Whoever asked what became
/// of the old one knows it by its deadline, and must not let go of the new one.
pub(crate) fn later_than(deadline: Timestamp, old: Option<Timestamp>) -> Timestamp {
    old.map_or(deadline, |old| deadline.max(old.plus(Millis(1))))
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// Whoever has the card's code may spend it.
    GiftCard,
    /// A customer's.
    StoreCredit,
    /// A customer's points.
    Loyalty,
    /// The uses of a coupon by everybody. Comes into being with the first.
    Coupon,
    /// The uses of a coupon by one customer.
    CustomerCoupon,
    /// One customer's returns without a receipt in one period: how many there were.
    CustomerReturns,
    /// The same in minor units of money.
    CustomerRefunds,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [AccountKind; 7] = [
        AccountKind::GiftCard,
        AccountKind::StoreCredit,
        AccountKind::Loyalty,
        AccountKind::Coupon,
        AccountKind::CustomerCoupon,
        AccountKind::CustomerReturns,
        AccountKind::CustomerRefunds,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            AccountKind::GiftCard => "gift_card",
            AccountKind::StoreCredit => "store_credit",
            AccountKind::Loyalty => "loyalty",
            AccountKind::Coupon => "coupon",
            AccountKind::CustomerCoupon => "customer_coupon",
            AccountKind::CustomerReturns => "customer_returns",
            AccountKind::CustomerRefunds => "customer_refunds",
        }
    }

    /// The means of payment that takes from it; none: it pays nothing.
    #[must_use]
    pub const fn tender(self) -> Option<TenderKind> {
        match self {
            AccountKind::GiftCard => Some(TenderKind::GiftCard),
            AccountKind::StoreCredit => Some(TenderKind::StoreCredit),
            AccountKind::Loyalty => Some(TenderKind::Other),
            AccountKind::Coupon
            | AccountKind::CustomerCoupon
            | AccountKind::CustomerReturns
            | AccountKind::CustomerRefunds => None,
        }
    }

    /// The kind that a tender of this means takes from; none: such a tender has no account.
    #[must_use]
    pub const fn of_tender(kind: TenderKind) -> Option<Self> {
        match kind {
            TenderKind::GiftCard => Some(AccountKind::GiftCard),
            TenderKind::StoreCredit => Some(AccountKind::StoreCredit),
            TenderKind::Other => Some(AccountKind::Loyalty),
            TenderKind::Cash
            | TenderKind::Card
            | TenderKind::Voucher
            | TenderKind::OnAccount
            | TenderKind::CashRounding
            | TenderKind::Deposit => None,
        }
    }
}

/// What an account counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Minor units of a currency.
    Money(Currency),
    /// Whole points.
    Points,
    /// Uses of a coupon, or what else may be had so often.
    Uses,
}

impl Measure {
    /// The currency, `points` or `uses`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Measure::Money(currency) => currency.as_str(),
            Measure::Points => "points",
            Measure::Uses => "uses",
        }
    }
}

/// Which way an amount goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Way {
    /// Out of the account: it pays.
    #[default]
    Out,
    /// Into the account: it is refunded to.
    In,
    /// Into a new account, which is opened for it.
    Open,
}

impl Way {
    /// Every way.
    pub const ALL: [Way; 3] = [Way::Out, Way::In, Way::Open];

    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Way::Out => "out",
            Way::In => "in",
            Way::Open => "open",
        }
    }
}

/// What a sale takes from an account, or a return gives to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Take {
    /// From which, or to which.
    pub account: AccountId,
    /// The kind it must be of.
    pub kind: AccountKind,
    /// What it must count.
    pub measure: Measure,
    /// How much of that, above zero.
    pub amount: Minor,
    /// What that is as a tender: minor units of the location's currency.
    pub worth: Minor,
    /// Whether the code of the card was given.
    pub by_code: bool,
    /// Whether it was found by its customer: another account may be theirs when the same sale comes again. Not kept.
    pub by_customer: bool,
    /// Which way it goes.
    pub way: Way,
    /// Of uses: how many there may be in all, as the promotion said; otherwise zero.
    pub limit: Minor,
}

impl Take {
    /// What is counted on an account of uses.
    #[must_use]
    pub const fn of_uses(account: AccountId, kind: AccountKind, amount: Minor, limit: Minor) -> Self {
        let (measure, worth, way) = (Measure::Uses, Minor::ZERO, Way::Out);
        Self { account, kind, measure, amount, worth, by_code: false, by_customer: false, way, limit }
    }
}

/// What other places hold for one sale or return, as its record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// The sale or return, by its command.
    pub sale: CommandId,
    /// What is taken from which account, or given to it.
    pub takes: Vec<Take>,
    /// The location that sold what comes back, where it has granted that.
    pub granted_by: Option<LocationId>,
}

/// Why an account is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It was paid in.
    Paid,
    /// A sale earned it.
    Earned(CommandId),
    /// A sale is refunded to it.
    Refund(CommandId),
}

impl Cause {
    /// The sale it is for, where there is one.
    #[must_use]
    pub const fn sale(self) -> Option<CommandId> {
        match self {
            Cause::Paid => None,
            Cause::Earned(sale) | Cause::Refund(sale) => Some(sale),
        }
    }

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Paid => "paid",
            Cause::Earned(_) => "earned",
            Cause::Refund(_) => "refund",
        }
    }
}

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountAsk {
    /// Open it.
    Issue {
        /// What it is.
        kind: AccountKind,
        /// What it counts.
        measure: Measure,
        /// What is on it at first; zero or more.
        amount: Minor,
        /// From when on nothing can be taken from it.
        expires: Option<Timestamp>,
        /// The customer whose it is.
        owner: Option<Owner>,
    },
    /// Say whose it is.
    Assign {
        /// The customer; none: it is nobody's.
        owner: Option<Owner>,
    },
    /// Add to it.
    Load {
        /// What the amount counts.
        measure: Measure,
        /// How much, above zero.
        amount: Minor,
        /// Why.
        cause: Cause,
        /// The customer by whom the account was found: another one may be theirs when the same comes again.
        customer: Option<Owner>,
    },
    /// Pay out without a sale.
    Redeem {
        /// What the amount counts.
        measure: Measure,
        /// How much, above zero.
        amount: Minor,
        /// Whether the code of the card was given.
        by_code: bool,
    },
    /// Let nothing more be taken from it, for ever.
    Disable {
        /// Why.
        reason: Label,
    },
    /// Say what is on it.
    Read,
    /// Hold an amount for a sale. A hold of the same sale at the same location is replaced. The server's own step.
    Hold {
        /// What.
        take: Take,
        /// The sale, by its command.
        sale: CommandId,
        /// Where the sale is decided.
        at: LocationId,
        /// Whether the sale has already happened: then as much is held as there is.
        fact: bool,
    },
    /// The sale stands: what is held for it is redeemed. The server's own step.
    Confirm {
        /// The sale, by its command.
        sale: CommandId,
        /// Where it was decided.
        at: LocationId,
    },
    /// The sale does not stand: what is held for it goes free. The server's own step.
    LetGo {
        /// The sale, by its command.
        sale: CommandId,
        /// Where it was to be decided.
        at: LocationId,
        /// Only the hold of this deadline; none: any. A hold made anew has a later one.
        deadline: Option<Timestamp>,
    },
}

impl AccountAsk {
    /// Where the sale is decided that it is a step of; none: it is no step of a sale.
    #[must_use]
    pub const fn at(&self) -> Option<LocationId> {
        match self {
            AccountAsk::Hold { at, .. } | AccountAsk::Confirm { at, .. } | AccountAsk::LetGo { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// An amount held for a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Where the sale is decided.
    pub at: LocationId,
    /// How much.
    pub amount: Minor,
    /// What the sale, a fact, takes beyond that. Of uses that come back: how many of them none had been left for.
    pub short: Minor,
    /// When the location is asked what became of the sale.
    pub deadline: Timestamp,
    /// Which way the amount goes.
    pub way: Way,
}

impl Hold {
    /// What nobody else may take meanwhile.
    #[must_use]
    pub fn keeps(&self) -> Minor {
        if self.way == Way::Out { self.amount } else { Minor::ZERO }
    }
}

/// The sums of an account's ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What was on it at first.
    pub issued: Minor,
    /// What was paid in or earned.
    pub loaded: Minor,
    /// What was refunded to it.
    pub refunded: Minor,
    /// What was taken from it.
    pub redeemed: Minor,
    /// What facts took beyond what was there; of uses, less those that came back.
    pub short: Minor,
}

impl Ledger {
    /// What is on the account.
    #[must_use]
    pub const fn balance(&self) -> Minor {
        self.issued.plus(self.loaded).plus(self.refunded).minus(self.redeemed)
    }
}

/// The state of an account actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it is.
    pub kind: AccountKind,
    /// What it counts.
    pub measure: Measure,
    /// The sums of its ledger.
    pub ledger: Ledger,
    /// From when on nothing can be taken from it.
    pub expires: Option<Timestamp>,
    /// Why nothing can be taken from it any more.
    pub disabled: Option<Label>,
    /// What is held for sales that are not decided yet, or whose decision has not come.
    pub holds: BTreeMap<CommandId, Hold>,
    /// The customer whose it is, where that was said.
    pub owner: Option<Owner>,
}

impl Account {
    /// What is held for sales.
    #[must_use]
    pub fn held(&self) -> Minor {
        self.holds.values().map(Hold::keeps).sum()
    }

    /// What may still come in from returns.
    #[must_use]
    pub fn coming(&self) -> Minor {
        self.holds.values().map(|hold| hold.amount.minus(hold.keeps())).sum()
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.ledger.balance() < Minor::ZERO {
            return Err("its balance is below zero");
        }
        if self.holds.values().any(|hold| hold.amount < Minor::ZERO || hold.short < Minor::ZERO) {
            return Err("a hold is below zero");
        }
        if self.held() > self.ledger.balance() {
            return Err("more is held than there is");
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) {
        let ledger = &mut self.ledger;
        match entry {
            Entry::Issued { .. } | Entry::UseHeld { .. } => {}
            Entry::Opened { sale, hold, .. } => {
                self.holds.insert(*sale, *hold);
            }
            Entry::Refunded { amount, sale, .. } => {
                ledger.refunded = ledger.refunded.plus(*amount);
                if let Some(hold) = self.holds.remove(sale) {
                    ledger.short = ledger.short.minus(hold.short);
                }
            }
            Entry::Loaded { amount, cause: Cause::Refund(_), .. } => ledger.refunded = ledger.refunded.plus(*amount),
            Entry::Loaded { amount, .. } => ledger.loaded = ledger.loaded.plus(*amount),
            Entry::Redeemed { amount, short, sale, .. } => {
                ledger.redeemed = ledger.redeemed.plus(*amount);
                ledger.short = ledger.short.plus(*short);
                if let Some(sale) = sale {
                    self.holds.remove(sale);
                }
            }
            Entry::Disabled { reason, .. } => self.disabled = Some(reason.clone()),
            Entry::Assigned { owner, .. } => self.owner.clone_from(owner),
            Entry::Held { sale, hold } => {
                self.holds.insert(*sale, *hold);
            }
            Entry::LetGo { sale } => {
                self.holds.remove(sale);
            }
        }
    }
}

/// What is said of an account to whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which.
    pub account: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// What it counts.
    pub measure: Measure,
    /// The sums of its ledger.
    pub ledger: Ledger,
    /// What is held for sales.
    pub held: Minor,
    /// From when on nothing can be taken from it.
    pub expires: Option<Timestamp>,
    /// Whether nothing can be taken from it any more.
    pub disabled: bool,
    /// The customer whose it is, where that was said.
    pub owner: Option<Owner>,
}

/// The accounts of one virtual location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// By id.
    pub list: BTreeMap<AccountId, Account>,
}

impl Accounts {
    /// Folds in an entry.
    pub fn apply(&mut self, id: AccountId, entry: &Entry) {
        let opened = match entry {
            Entry::Issued { kind, measure, amount, expires, owner } => {
                Some((*kind, *measure, *amount, *expires, owner.clone()))
            }
            Entry::Opened { kind, measure, .. } => Some((*kind, *measure, Minor::ZERO, None, None)),
            _ => None,
        };
        if let Some((kind, measure, issued, expires, owner)) = opened {
            let ledger = Ledger { issued, ..Ledger::default() };
            let (disabled, holds) = (None, BTreeMap::new());
            self.list.insert(id, Account { kind, measure, ledger, expires, disabled, holds, owner });
        }
        if let Entry::UseHeld { kind, issued, sale, hold } = entry {
            return self.hold_use(id, *kind, *issued, *sale, hold);
        }
        let Some(account) = self.list.get_mut(&id) else { return };
        let was_opened_for = match entry {
            Entry::LetGo { sale } => account.holds.get(sale).is_some_and(|hold| hold.way == Way::Open),
            _ => false,
        };
        account.apply(entry);
        // Nothing came of what it was opened for.
        if was_opened_for && account.ledger == Ledger::default() && account.holds.is_empty() {
            self.list.remove(&id);
        }
    }

    /// What is held for sales: the account, the sale and when it is to be asked after.
    pub fn holds(&self) -> impl Iterator<Item = (AccountId, CommandId, Timestamp)> {
        let of = |(id, account): (&AccountId, &Account)| {
            let id = *id;
            account.holds.iter().map(move |(sale, hold)| (id, *sale, hold.deadline)).collect::<Vec<_>>()
        };
        self.list.iter().flat_map(of)
    }
}
