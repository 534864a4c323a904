//! The form of accounts: what happened to them, and their state.

use super::DecodeError;
use super::codes::Coded;
use super::event::code;
use onhand_engine::account::{self, AccountKind, Cause, Entry, Ledger, Measure, Redemption, Way};
use onhand_engine::event::Event;
use onhand_engine::ids::{AccountId, CommandId, LocationId, Owner};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::store::Store;
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

/// An account and what happened to it.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct AccountEvent {
    account: u128,
    entry: AnyEntry,
}

/// A new kind of entry goes to the end; none is ever changed or removed.
#[derive(Archive, Serialize, Deserialize)]
enum AnyEntry {
    Issued {
        kind: u8,
        measure: String,
        amount: i64,
        expires: Option<u64>,
    },
    Loaded {
        amount: i64,
        cause: u8,
        sale: u128,
        balance: i64,
    },
    Redeemed {
        amount: i64,
        short: i64,
        sale: Option<u128>,
        balance: i64,
    },
    Disabled {
        reason: String,
        balance: i64,
    },
    Held {
        sale: u128,
        hold: HoldPart,
    },
    LetGo {
        sale: u128,
    },
    Opened {
        kind: u8,
        measure: String,
        sale: u128,
        hold: Box<HoldPart>,
    },
    Refunded {
        amount: i64,
        sale: u128,
        balance: i64,
    },
    UseHeld {
        kind: u8,
        issued: i64,
        sale: u128,
        hold: HoldPart,
    },
    /// Opened for a customer. In a box, as what comes after it: no entry may become wider.
    IssuedTo(Box<IssuedTo>),
    Assigned(Box<Assigned>),
    Unassigned(Box<Unassigned>),
}

#[derive(Archive, Serialize, Deserialize)]
struct IssuedTo {
    kind: u8,
    measure: String,
    amount: i64,
    expires: Option<u64>,
    owner: String,
}

#[derive(Archive, Serialize, Deserialize)]
struct Assigned {
    owner: String,
    before: Option<String>,
    balance: i64,
}

/// It is nobody's from now on.
#[derive(Archive, Serialize, Deserialize)]
struct Unassigned {
    before: Option<String>,
    balance: i64,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct HoldPart {
    at: u32,
    amount: i64,
    short: i64,
    deadline: u64,
    way: u8,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct TakePart {
    account: u128,
    kind: u8,
    measure: String,
    amount: i64,
    worth: i64,
    by_code: bool,
    way: u8,
    limit: i64,
}

/// A sale or return and what others hold for it, or did not pay.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct RedemptionPart {
    sale: u128,
    takes: Vec<TakePart>,
    granted_by: Option<u32>,
}

/// An account in a snapshot.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct AccountPart {
    id: u128,
    kind: u8,
    measure: String,
    /// Issued, loaded, refunded, redeemed, short.
    ledger: [i64; 5],
    expires: Option<u64>,
    disabled: Option<String>,
    holds: Vec<(u128, HoldPart)>,
}

impl AccountEvent {
    pub(super) fn of(account: AccountId, entry: &Entry) -> Self {
        Self { account: account.0, entry: entry.into() }
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        Ok(Event::Account { account: AccountId(self.account), entry: self.entry.try_into()? })
    }
}

impl From<&Entry> for AnyEntry {
    fn from(entry: &Entry) -> Self {
        match entry {
            Entry::Issued { kind, measure, amount, expires, owner: Some(owner) } => {
                Self::IssuedTo(Box::new(IssuedTo {
                    kind: kind.code(),
                    measure: measure.name().to_owned(),
                    amount: amount.0,
                    expires: expires.map(|time| time.0),
                    owner: owner.to_string(),
                }))
            }
            Entry::Issued { kind, measure, amount, expires, owner: None } => Self::Issued {
                kind: kind.code(),
                measure: measure.name().to_owned(),
                amount: amount.0,
                expires: expires.map(|time| time.0),
            },
            Entry::Loaded { amount, cause, balance } => Self::Loaded {
                amount: amount.0,
                cause: cause_code(*cause),
                sale: cause.sale().map_or(0, |sale| sale.0),
                balance: balance.0,
            },
            Entry::Redeemed { amount, short, sale, balance } => {
                let sale = sale.map(|sale| sale.0);
                Self::Redeemed { amount: amount.0, short: short.0, sale, balance: balance.0 }
            }
            Entry::Disabled { reason, balance } => Self::Disabled { reason: reason.to_string(), balance: balance.0 },
            Entry::Held { sale, hold } => Self::Held { sale: sale.0, hold: hold.into() },
            Entry::LetGo { sale } => Self::LetGo { sale: sale.0 },
            Entry::Opened { kind, measure, sale, hold } => Self::Opened {
                kind: kind.code(),
                measure: measure.name().to_owned(),
                sale: sale.0,
                hold: Box::new(hold.into()),
            },
            Entry::Refunded { amount, sale, balance } => {
                Self::Refunded { amount: amount.0, sale: sale.0, balance: balance.0 }
            }
            Entry::UseHeld { kind, issued, sale, hold } => {
                Self::UseHeld { kind: kind.code(), issued: issued.0, sale: sale.0, hold: hold.into() }
            }
            Entry::Assigned { owner: None, before, balance } => Self::Unassigned(Box::new(Unassigned {
                before: before.as_ref().map(ToString::to_string),
                balance: balance.0,
            })),
            Entry::Assigned { owner: Some(owner), before, balance } => Self::Assigned(Box::new(Assigned {
                owner: owner.to_string(),
                before: before.as_ref().map(ToString::to_string),
                balance: balance.0,
            })),
        }
    }
}

impl TryFrom<AnyEntry> for Entry {
    type Error = DecodeError;

    fn try_from(entry: AnyEntry) -> Result<Self, DecodeError> {
        Ok(match entry {
            AnyEntry::Issued { kind, measure, amount, expires } => Self::Issued {
                kind: AccountKind::from_code(kind)?,
                measure: measure_in(&measure)?,
                amount: Minor(amount),
                expires: expires.map(Timestamp),
                owner: None,
            },
            AnyEntry::Loaded { amount, cause, sale, balance } => Self::Loaded {
                amount: Minor(amount),
                cause: cause_in(cause, CommandId(sale))?,
                balance: Minor(balance),
            },
            AnyEntry::Redeemed { amount, short, sale, balance } => Self::Redeemed {
                amount: Minor(amount),
                short: Minor(short),
                sale: sale.map(CommandId),
                balance: Minor(balance),
            },
            AnyEntry::Disabled { reason, balance } => {
                Self::Disabled { reason: code(&reason)?, balance: Minor(balance) }
            }
            AnyEntry::Held { sale, hold } => Self::Held { sale: CommandId(sale), hold: hold.try_into()? },
            AnyEntry::LetGo { sale } => Self::LetGo { sale: CommandId(sale) },
            AnyEntry::Opened { kind, measure, sale, hold } => Self::Opened {
                kind: AccountKind::from_code(kind)?,
                measure: measure_in(&measure)?,
                sale: CommandId(sale),
                hold: (*hold).try_into()?,
            },
            AnyEntry::Refunded { amount, sale, balance } => {
                Self::Refunded { amount: Minor(amount), sale: CommandId(sale), balance: Minor(balance) }
            }
            AnyEntry::UseHeld { kind, issued, sale, hold } => {
                let (kind, issued) = (AccountKind::from_code(kind)?, Minor(issued));
                Self::UseHeld { kind, issued, sale: CommandId(sale), hold: hold.try_into()? }
            }
            AnyEntry::IssuedTo(issued) => Self::Issued {
                kind: AccountKind::from_code(issued.kind)?,
                measure: measure_in(&issued.measure)?,
                amount: Minor(issued.amount),
                expires: issued.expires.map(Timestamp),
                owner: Some(code(&issued.owner)?),
            },
            AnyEntry::Assigned(assigned) => Self::Assigned {
                owner: Some(code(&assigned.owner)?),
                before: assigned.before.as_deref().map(code).transpose()?,
                balance: Minor(assigned.balance),
            },
            AnyEntry::Unassigned(assigned) => Self::Assigned {
                owner: None,
                before: assigned.before.as_deref().map(code).transpose()?,
                balance: Minor(assigned.balance),
            },
        })
    }
}

const fn cause_code(cause: Cause) -> u8 {
    match cause {
        Cause::Paid => 0,
        Cause::Earned(_) => 1,
        Cause::Refund(_) => 2,
    }
}

fn cause_in(code: u8, sale: CommandId) -> Result<Cause, DecodeError> {
    match code {
        0 => Ok(Cause::Paid),
        1 => Ok(Cause::Earned(sale)),
        2 => Ok(Cause::Refund(sale)),
        other => Err(DecodeError(format!("an account has no cause {other}"))),
    }
}

fn measure_in(text: &str) -> Result<Measure, DecodeError> {
    if let Some(measure) = [Measure::Points, Measure::Uses].into_iter().find(|measure| measure.name() == text) {
        return Ok(measure);
    }
    let currency = Currency::parse(text).ok_or_else(|| DecodeError(format!("{text:.8?} is no currency")))?;
    Ok(Measure::Money(currency))
}

impl From<&account::Hold> for HoldPart {
    fn from(hold: &account::Hold) -> Self {
        let way = hold.way.code();
        Self { at: hold.at.0, amount: hold.amount.0, short: hold.short.0, deadline: hold.deadline.0, way }
    }
}

impl TryFrom<HoldPart> for account::Hold {
    type Error = DecodeError;

    fn try_from(hold: HoldPart) -> Result<Self, DecodeError> {
        Ok(Self {
            at: LocationId(hold.at),
            amount: Minor(hold.amount),
            short: Minor(hold.short),
            deadline: Timestamp(hold.deadline),
            way: Way::from_code(hold.way)?,
        })
    }
}

impl From<&account::Take> for TakePart {
    fn from(take: &account::Take) -> Self {
        Self {
            account: take.account.0,
            kind: take.kind.code(),
            measure: take.measure.name().to_owned(),
            amount: take.amount.0,
            worth: take.worth.0,
            by_code: take.by_code,
            way: take.way.code(),
            limit: take.limit.0,
        }
    }
}

impl TryFrom<TakePart> for account::Take {
    type Error = DecodeError;

    fn try_from(take: TakePart) -> Result<Self, DecodeError> {
        Ok(Self {
            account: AccountId(take.account),
            kind: AccountKind::from_code(take.kind)?,
            measure: measure_in(&take.measure)?,
            amount: Minor(take.amount),
            worth: Minor(take.worth),
            by_code: take.by_code,
            by_customer: false,
            way: Way::from_code(take.way)?,
            limit: Minor(take.limit),
        })
    }
}

pub(super) fn takes_out(takes: &[account::Take]) -> Vec<TakePart> {
    takes.iter().map(Into::into).collect()
}

pub(super) fn takes_in(takes: Vec<TakePart>) -> Result<Vec<account::Take>, DecodeError> {
    takes.into_iter().map(TryInto::try_into).collect()
}

impl RedemptionPart {
    pub(super) fn of(sale: CommandId, takes: &[account::Take]) -> Self {
        Self { sale: sale.0, takes: takes_out(takes), granted_by: None }
    }

    pub(super) fn read(self) -> Result<Redemption, DecodeError> {
        let granted_by = self.granted_by.map(LocationId);
        Ok(Redemption { sale: CommandId(self.sale), takes: takes_in(self.takes)?, granted_by })
    }
}

impl From<&Redemption> for RedemptionPart {
    fn from(redemption: &Redemption) -> Self {
        let granted_by = redemption.granted_by.map(|sold_at| sold_at.0);
        Self { granted_by, ..Self::of(redemption.sale, &redemption.takes) }
    }
}

impl AccountPart {
    pub(super) fn of(id: AccountId, account: &account::Account) -> Self {
        let Ledger { issued, loaded, refunded, redeemed, short } = account.ledger;
        Self {
            id: id.0,
            kind: account.kind.code(),
            measure: account.measure.name().to_owned(),
            ledger: [issued, loaded, refunded, redeemed, short].map(|sum| sum.0),
            expires: account.expires.map(|time| time.0),
            disabled: account.disabled.as_ref().map(ToString::to_string),
            holds: account.holds.iter().map(|(sale, hold)| (sale.0, hold.into())).collect(),
        }
    }

    pub(super) fn read_into(self, store: &mut Store) -> Result<(), DecodeError> {
        let [issued, loaded, refunded, redeemed, short] = self.ledger.map(Minor);
        let holds = self.holds.into_iter().map(|(sale, hold)| Ok((CommandId(sale), hold.try_into()?)));
        let account = account::Account {
            kind: AccountKind::from_code(self.kind)?,
            measure: measure_in(&self.measure)?,
            ledger: Ledger { issued, loaded, refunded, redeemed, short },
            expires: self.expires.map(Timestamp),
            disabled: self.disabled.as_deref().map(code).transpose()?,
            holds: holds.collect::<Result<_, DecodeError>>()?,
            owner: None,
        };
        store.accounts.list.insert(AccountId(self.id), account);
        Ok(())
    }
}

/// Whose an account is, beside its part.
pub(super) fn owner((id, account): (&AccountId, &account::Account)) -> Option<(u128, String)> {
    Some((id.0, account.owner.as_ref()?.to_string()))
}

/// Takes that over, after the account.
pub(super) fn owner_in(id: u128, owner: &str, store: &mut Store) -> Result<(), DecodeError> {
    let owner: Owner = code(owner)?;
    let account = store.accounts.list.get_mut(&AccountId(id));
    account.ok_or_else(|| DecodeError("an owner of an account that there is not".into()))?.owner = Some(owner);
    Ok(())
}
