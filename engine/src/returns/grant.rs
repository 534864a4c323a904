//! The grant that comes before a return: what is asked of the location that sold, and what it keeps until
//! it is known whether the return stands.

use super::{Grant, TakeBack};
use crate::account::{Take, Way};
use crate::cash_rounding::CashRounding;
use crate::command::{Action, Command, Tender};
use crate::decide::settled_refund;
use crate::ids::{CommandId, LocationId, Seq};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// How the money for what comes back is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payout {
    /// The means of payment, amounts above zero; empty: as it was paid.
    pub tenders: Vec<Tender>,
    /// The accounts among them that were named.
    pub accounts: Box<[Take]>,
    /// What goes out in exchange, with tax: only what is above it goes back. None: it is no exchange.
    pub against: Option<Minor>,
    /// How cash is rounded where it is given back.
    pub rounding: Option<CashRounding>,
}

/// What is asked of the location that sold, before a return is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAsk {
    /// The return, by its command.
    pub command: CommandId,
    /// Where it is decided.
    pub to: LocationId,
    /// What comes back.
    pub of: TakeBack,
    /// How the money is to go.
    pub payout: Payout,
}

/// A grant of which it is not known yet whether the return stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingGrant {
    /// Where the return is decided.
    pub to: LocationId,
    /// The place of the sale in the log.
    pub sale: Seq,
    /// When that location is asked what became of it.
    pub deadline: Timestamp,
    /// What was granted.
    pub grant: Grant,
}

impl Payout {
    /// How much of what comes back goes out as money, and by which means; none: as it was paid.
    ///
    /// # Errors
    /// [`Refusal::TenderMismatch`] when the means of payment of a return do not add up. Those of an exchange
    /// are compared with the difference where it is decided.
    pub fn settled(&self, worth: Minor) -> Result<(Minor, Vec<Tender>), Refusal> {
        let Some(against) = self.against else {
            return Ok((worth, settled_refund(self.rounding, worth, &self.tenders)?));
        };
        let back = worth.minus(against);
        if back <= Minor::ZERO {
            return Ok((Minor::ZERO, Vec::new()));
        }
        let asked = self.tenders.iter().map(|tender| tender.amount).sum();
        Ok((if self.tenders.is_empty() { back } else { asked }, self.tenders.clone()))
    }
}

/// Whether a command gives something back of a known sale, so that the location that sold can be asked to
/// grant it.
fn of_known_sale(action: &Action) -> Option<&TakeBack> {
    match action {
        Action::Return { of: Some(of), .. } => Some(of),
        Action::Exchange { back, .. } => Some(back),
        _ => None,
    }
}

/// Whether other places have a part in a command: accounts that pay or get something back, or another
/// location, which sold what comes back.
#[must_use]
pub fn may_need_others(command: &Command) -> bool {
    match &command.action {
        Action::Sell(sell) => !sell.takes.is_empty(),
        Action::Return { of: Some(of), accounts, .. } => needs_grant(command.location, of, accounts),
        Action::Return { of: None, accounts, unreceipted, .. } => {
            !accounts.is_empty() || unreceipted.as_ref().is_some_and(|asked| !asked.counted.is_empty())
        }
        Action::Exchange { back, sell, .. } => needs_grant(command.location, back, &sell.takes),
        _ => false,
    }
}

fn needs_grant(here: LocationId, of: &TakeBack, accounts: &[Take]) -> bool {
    of.sale.of.location != here || !of.sale.takes.is_empty() || of.sale.coupons.is_some() || !accounts.is_empty()
}

/// How the money of a return or an exchange is to go, as far as the command says so.
#[must_use]
pub fn payout(action: &Action, rounding: Option<CashRounding>) -> Payout {
    match action {
        Action::Return { tenders, accounts, .. } => {
            Payout { tenders: tenders.clone(), accounts: accounts.clone(), against: None, rounding }
        }
        Action::Exchange { sell, .. } => {
            let out = sell.tenders.iter().filter(|tender| tender.amount < Minor::ZERO);
            Payout {
                tenders: out.map(|out| Tender { amount: Minor::ZERO.minus(out.amount), ..*out }).collect(),
                accounts: sell.takes.iter().filter(|take| take.way != Way::Out).copied().collect(),
                against: Some(sell.lines.iter().map(|line| line.taxed.gross()).sum()),
                rounding,
            }
        }
        _ => Payout::default(),
    }
}

/// What to ask first of the location that sold, for a command that gives something back of a known sale.
#[must_use]
pub fn grant_first(command: &Command, rounding: Option<CashRounding>) -> Option<(LocationId, GrantAsk)> {
    let of = of_known_sale(&command.action)?;
    let payout = payout(&command.action, rounding);
    let ask = GrantAsk { command: command.id, to: command.location, of: of.clone(), payout };
    Some((of.sale.of.location, ask))
}

/// Puts what was granted into the command that asked for it.
pub fn grant_to(command: &mut Command, grant: Grant) {
    match &mut command.action {
        Action::Return { of: Some(of), .. } => of.granted = Some(grant),
        Action::Exchange { back, .. } => back.granted = Some(grant),
        _ => {}
    }
}

/// What accounts have to do with a command: those that pay, and once it is granted those that get something
/// back.
#[must_use]
pub fn takes(action: &Action) -> Vec<Take> {
    let credits = |of: &TakeBack| {
        let credits = of.granted.iter().flat_map(|grant| &grant.credits);
        // So little may be worth not even a point.
        credits.filter(|take| take.amount > Minor::ZERO).copied().collect::<Vec<_>>()
    };
    match action {
        Action::Sell(sell) => sell.takes.to_vec(),
        Action::Return { of: Some(of), .. } => credits(of),
        Action::Return { of: None, accounts, unreceipted, .. } => {
            let counted = unreceipted.iter().flat_map(|asked| &asked.counted);
            accounts.iter().chain(counted).copied().collect()
        }
        Action::Exchange { back, sell, .. } => {
            let pays = sell.takes.iter().filter(|take| take.way == Way::Out).copied();
            pays.chain(credits(back)).collect()
        }
        _ => Vec::new(),
    }
}
