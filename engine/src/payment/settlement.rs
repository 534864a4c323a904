//! What a provider says that it has taken and given back, matched one to one with the payments of a location.
//!
//! Each line of a settlement belongs to one charge or one refund, and each of those to one line, in all the
//! settlements there ever were: what was settled is marked. What does not match is named, line by line; so
//! is what was captured here and no settlement has.

use super::card::Transaction;
use super::{Happening, Payment, Payments, Stage};
use crate::ids::{CommandId, Label, PaymentId};
use crate::money::{Currency, Minor};
use crate::refusal::Refusal;
use crate::store::Store;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// The most lines of one settlement.
pub const LINES_MAX: usize = 10_000;
/// The most charges and refunds that are named as missing; more are only counted.
pub const MISSING_MAX: usize = 1_000;

/// A line: money that moved at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Our name for the payment, where the provider kept it.
    pub payment: Option<PaymentId>,
    /// The provider's own name for the transaction.
    pub transaction: Transaction,
    /// Whether it went back to the customer.
    pub is_refund: bool,
    /// Our name for the refund, where the provider kept it.
    pub refund: Option<CommandId>,
    /// How much, above zero.
    pub amount: Minor,
}

/// What a provider settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Whose payments.
    pub provider: Label,
    /// The name of the file, or of the day.
    pub name: Label,
    /// The currency of every amount.
    pub currency: Currency,
    /// Payments that began before this must be in it, or in one before it.
    pub until: Timestamp,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// How a line, or a payment, does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mismatch {
    /// The provider moved money for a payment that there is not here.
    UnknownPayment,
    /// The provider moved money twice: this transaction is not the payment's.
    AnotherTransaction,
    /// The provider took money for a payment that is not captured here.
    NotCaptured,
    /// The amounts differ.
    Amount,
    /// It was settled before, in this settlement or an earlier one.
    Twice,
    /// The provider gave money back that was not asked back here.
    UnknownRefund,
    /// It was captured here, and no settlement has it.
    Missing,
    /// It went back here, and no settlement has it.
    MissingRefund,
}

impl Mismatch {
    /// Every one.
    pub const ALL: [Mismatch; 8] = [
        Mismatch::UnknownPayment,
        Mismatch::AnotherTransaction,
        Mismatch::NotCaptured,
        Mismatch::Amount,
        Mismatch::Twice,
        Mismatch::UnknownRefund,
        Mismatch::Missing,
        Mismatch::MissingRefund,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mismatch::UnknownPayment => "unknown_payment",
            Mismatch::AnotherTransaction => "another_transaction",
            Mismatch::NotCaptured => "not_captured",
            Mismatch::Amount => "amount",
            Mismatch::Twice => "twice",
            Mismatch::UnknownRefund => "unknown_refund",
            Mismatch::Missing => "missing",
            Mismatch::MissingRefund => "missing_refund",
        }
    }
}

/// Something that does not match: for a person to sort out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    /// The line of the settlement, from 0; none for what is missing in it.
    pub line: Option<u32>,
    /// How it does not match.
    pub mismatch: Mismatch,
    /// The payment, as far as it is known.
    pub payment: Option<PaymentId>,
    /// The provider's name for the transaction.
    pub transaction: Option<Transaction>,
    /// The amount by our books; zero where they have none.
    pub ours: Minor,
    /// The amount by the provider's; zero where they have none.
    pub theirs: Minor,
}

/// A settlement, as it matches the payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose payments.
    pub provider: Label,
    /// The name of the file, or of the day.
    pub name: Label,
    /// Charges that match.
    pub charges: Vec<PaymentId>,
    /// Refunds that match.
    pub refunds: Vec<(PaymentId, CommandId)>,
    /// What does not match.
    pub discrepancies: Vec<Discrepancy>,
    /// What is missing beyond those that are named.
    pub more_missing: u32,
}

/// Matches a settlement.
///
/// # Errors
/// 1011 and 3003, as [`Refusal`]; nothing changes.
pub(super) fn settle(store: &Store, asked: &Settlement) -> Result<Happening, Refusal> {
    if asked.lines.len() > LINES_MAX {
        return Err(Refusal::TooManyLines { max: LINES_MAX });
    }
    if asked.lines.iter().any(|line| line.amount <= Minor::ZERO || line.amount > Minor::MAX) {
        return Err(Refusal::BadAmount);
    }
    let mut matching = Matching { payments: &store.payments, charges: BTreeSet::new(), refunds: BTreeSet::new() };
    let mut settled = Settled {
        provider: asked.provider.clone(),
        name: asked.name.clone(),
        charges: Vec::new(),
        refunds: Vec::new(),
        discrepancies: Vec::new(),
        more_missing: 0,
    };
    for (at, line) in (0_u32..).zip(&asked.lines) {
        if let Err((mismatch, ours)) = matching.take(line, &asked.provider, &mut settled) {
            settled.discrepancies.push(Discrepancy {
                line: Some(at),
                mismatch,
                payment: line.payment,
                transaction: Some(line.transaction.clone()),
                ours,
                theirs: line.amount,
            });
        }
    }
    matching.missing(asked, &mut settled);
    Ok(Happening::Settled(Box::new(settled)))
}

struct Matching<'a> {
    payments: &'a Payments,
    /// What lines before have settled.
    charges: BTreeSet<PaymentId>,
    refunds: BTreeSet<(PaymentId, CommandId)>,
}

impl Matching<'_> {
    /// Matches a line, or says how it does not, and the amount by our books.
    fn take(&mut self, line: &Line, provider: &Label, settled: &mut Settled) -> Result<(), (Mismatch, Minor)> {
        let unknown = (Mismatch::UnknownPayment, Minor::ZERO);
        let id = line.payment.ok_or(unknown)?;
        let payment = self.payments.get(id).filter(|payment| payment.start.provider == *provider).ok_or(unknown)?;
        if line.is_refund {
            let refund = self.refund(id, payment, line)?;
            self.refunds.insert((id, refund));
            settled.refunds.push((id, refund));
            return Ok(());
        }
        let ours = payment.captured();
        let transaction = payment.approval.as_ref().map(|approval| &approval.transaction);
        if transaction.is_some_and(|known| *known != line.transaction) {
            return Err((Mismatch::AnotherTransaction, ours));
        }
        if payment.stage != Stage::Captured && payment.stage != Stage::Capturing {
            return Err((Mismatch::NotCaptured, ours));
        }
        if payment.settled || self.charges.contains(&id) {
            return Err((Mismatch::Twice, ours));
        }
        if ours != line.amount {
            return Err((Mismatch::Amount, ours));
        }
        self.charges.insert(id);
        settled.charges.push(id);
        Ok(())
    }

    /// The refund that a line is: by our name for it, or one of its amount.
    fn refund(&self, id: PaymentId, payment: &Payment, line: &Line) -> Result<CommandId, (Mismatch, Minor)> {
        let is_open = |refund: &super::Refund| !refund.settled && !self.refunds.contains(&(id, refund.id));
        let went = |refund: &&super::Refund| refund.declined.is_none();
        let Some(named) = line.refund else {
            let mut went = payment.refunds.iter().filter(went);
            let of_amount = went.find(|refund| is_open(refund) && refund.amount == line.amount);
            return of_amount.map(|refund| refund.id).ok_or((Mismatch::UnknownRefund, Minor::ZERO));
        };
        let known = payment.refunds.iter().filter(went).find(|refund| refund.id == named);
        let known = known.ok_or((Mismatch::UnknownRefund, Minor::ZERO))?;
        if !is_open(known) {
            return Err((Mismatch::Twice, known.amount));
        }
        if known.amount != line.amount {
            return Err((Mismatch::Amount, known.amount));
        }
        Ok(known.id)
    }

    /// What should have been settled by now, and is not.
    fn missing(&self, asked: &Settlement, settled: &mut Settled) {
        let named = settled.discrepancies.iter().filter_map(|one| one.payment).collect::<BTreeSet<_>>();
        for (id, payment) in self.payments.unsettled_before(asked.until) {
            // One that does not match is named already.
            if payment.start.provider != asked.provider || named.contains(&id) {
                continue;
            }
            let mut miss = |mismatch, ours| {
                if settled.discrepancies.len() >= asked.lines.len().saturating_add(MISSING_MAX) {
                    settled.more_missing = settled.more_missing.saturating_add(1);
                    return;
                }
                let transaction = payment.approval.as_ref().map(|approval| approval.transaction.clone());
                let (line, theirs) = (None, Minor::ZERO);
                settled.discrepancies.push(Discrepancy {
                    line,
                    mismatch,
                    payment: Some(id),
                    transaction,
                    ours,
                    theirs,
                });
            };
            if payment.stage == Stage::Captured && !payment.settled && !self.charges.contains(&id) {
                miss(Mismatch::Missing, payment.captured());
            }
            let open =
                |refund: &&super::Refund| refund.done && !refund.settled && !self.refunds.contains(&(id, refund.id));
            payment.refunds.iter().filter(open).for_each(|refund| miss(Mismatch::MissingRefund, refund.amount));
        }
    }
}
