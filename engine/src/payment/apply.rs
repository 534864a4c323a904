//! The payments of a location, and what an event changes of them.

use super::settlement::Settled;
use super::{Approval, Declined, Happening, Payment, Refund, Stage, Started, Use};
use crate::ids::{CommandId, PaymentId, ReservationId, TillNo};
use crate::money::Minor;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The payments of a location, with its indices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payments {
    list: BTreeMap<PaymentId, Payment>,
    of_sale: BTreeSet<(CommandId, PaymentId)>,
    open: BTreeSet<(Option<TillNo>, PaymentId)>,
    /// The reservations of those that are open.
    held: BTreeSet<(ReservationId, PaymentId)>,
    /// Those that are ended, the oldest first.
    ended: BTreeSet<(Timestamp, PaymentId)>,
    /// Those of which money has moved that no settlement has, the oldest first.
    unsettled: BTreeSet<(Timestamp, PaymentId)>,
}

impl Payments {
    /// All of them, in the order of their names.
    pub fn list(&self) -> impl ExactSizeIterator<Item = (PaymentId, &Payment)> {
        self.list.iter().map(|(id, payment)| (*id, payment))
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: PaymentId) -> Option<&Payment> {
        self.list.get(&id)
    }

    /// Those that are not ended.
    pub fn open(&self) -> impl Iterator<Item = (PaymentId, &Payment)> {
        self.open.iter().filter_map(|(_, id)| Some((*id, self.list.get(id)?)))
    }

    /// How many are not ended.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    pub(super) fn open_at(&self, till: TillNo) -> usize {
        let own = (Some(till), PaymentId(0))..=(Some(till), PaymentId(u128::MAX));
        self.open.range(own).count()
    }

    /// The payments of a sale.
    pub fn of_sale(&self, sale: CommandId) -> impl Iterator<Item = (PaymentId, &Payment)> {
        let own = (sale, PaymentId(0))..=(sale, PaymentId(u128::MAX));
        self.of_sale.range(own).filter_map(|(_, id)| Some((*id, self.list.get(id)?)))
    }

    /// Open payments that count on a reservation.
    pub(super) fn on(&self, reservation: ReservationId) -> impl Iterator<Item = &Payment> {
        let own = (reservation, PaymentId(0))..=(reservation, PaymentId(u128::MAX));
        self.held.range(own).filter_map(|(_, id)| self.list.get(id))
    }

    /// Ended payments that began before a time, the oldest first.
    pub(super) fn ended_before(&self, time: Timestamp) -> impl Iterator<Item = PaymentId> {
        self.ended.iter().take_while(move |(at, _)| *at < time).map(|(_, id)| *id)
    }

    /// Payments that began before a time and are not settled, the oldest first.
    pub(super) fn unsettled_before(&self, time: Timestamp) -> impl Iterator<Item = (PaymentId, &Payment)> {
        let own = self.unsettled.iter().take_while(move |(at, _)| *at < time);
        own.filter_map(|(_, id)| Some((*id, self.list.get(id)?)))
    }

    /// Puts a payment in place, as an event or a snapshot says.
    pub fn put(&mut self, id: PaymentId, payment: Payment) {
        self.take_out(id);
        self.of_sale.insert((payment.start.sale, id));
        if payment.is_open() {
            self.open.insert((payment.start.till, id));
            self.held.extend(payment.start.reservation.map(|reservation| (reservation, id)));
        } else {
            self.ended.insert((payment.at, id));
        }
        if payment.is_unsettled() {
            self.unsettled.insert((payment.at, id));
        }
        self.list.insert(id, payment);
    }

    fn take_out(&mut self, id: PaymentId) -> Option<Payment> {
        let payment = self.list.remove(&id)?;
        self.of_sale.remove(&(payment.start.sale, id));
        self.open.remove(&(payment.start.till, id));
        self.ended.remove(&(payment.at, id));
        self.unsettled.remove(&(payment.at, id));
        if let Some(reservation) = payment.start.reservation {
            self.held.remove(&(reservation, id));
        }
        Some(payment)
    }

    /// Folds in what happened to a payment.
    pub fn apply(&mut self, id: PaymentId, happening: &Happening) {
        if let Happening::Started(started) = happening {
            started.forgotten.iter().for_each(|old| drop(self.take_out(*old)));
            return self.put(id, Payment::new(started));
        }
        if let Happening::Settled(settled) = happening {
            return self.settle(settled);
        }
        self.change(id, |payment| payment.apply(id, happening));
    }

    /// Folds in what the record of a sale takes, and what it wants no more.
    pub fn sold(&mut self, uses: &[Use], given_up: &[PaymentId]) {
        for one in uses.iter().filter(|one| one.covered) {
            self.change(one.payment, |payment| payment.sell(one.amount));
        }
        for id in given_up {
            self.change(*id, |payment| payment.give_up(*id));
        }
    }

    /// Begins a refund of so much of each, named by the return that it is for.
    pub fn refund(&mut self, refund: CommandId, parts: &[(PaymentId, Minor)]) {
        for (id, amount) in parts {
            self.apply(*id, &Happening::RefundAsked { refund, amount: *amount });
        }
    }

    fn settle(&mut self, settled: &Settled) {
        for id in &settled.charges {
            self.change(*id, |payment| payment.settled = true);
        }
        for (id, refund) in &settled.refunds {
            self.change(*id, |payment| {
                payment.refunds.iter_mut().filter(|one| one.id == *refund).for_each(|one| one.settled = true);
            });
        }
    }

    fn change(&mut self, id: PaymentId, change: impl FnOnce(&mut Payment)) {
        if let Some(mut payment) = self.take_out(id) {
            change(&mut payment);
            payment.version = payment.version.saturating_add(1);
            self.put(id, payment);
        }
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let mut again = Self::default();
        self.list.iter().for_each(|(id, payment)| again.put(*id, payment.clone()));
        if again != *self {
            return Err("the indices of payments are not those of its list");
        }
        self.list.values().try_for_each(Payment::check)
    }
}

impl Payment {
    fn new(started: &Started) -> Self {
        let Started { start, channel, at, expires, .. } = started;
        Self {
            start: start.clone(),
            channel: *channel,
            at: *at,
            expires: *expires,
            stage: Stage::Asked,
            until: Some(at.plus(start.attempt).min(*expires)),
            given_up: false,
            sold: None,
            transaction: None,
            approval: None,
            refunds: Vec::new(),
            reason: None,
            settled: false,
            version: 1,
        }
    }

    fn apply(&mut self, id: PaymentId, happening: &Happening) {
        match happening {
            Happening::Started(_) | Happening::Settled(_) => {}
            Happening::Sent { until, transaction } => {
                self.transaction.clone_from(transaction);
                self.enter(Stage::Sent, Some(*until));
            }
            Happening::Lost { .. } => {
                let waits = !self.given_up && self.sold.is_none();
                self.enter(Stage::Unknown, waits.then_some(self.expires));
            }
            Happening::Approved { approval, expires, .. } => {
                self.expires = *expires;
                self.approve(id, approval);
            }
            Happening::Declined { reason } => {
                self.enter(Stage::Declined, None);
                self.reason.clone_from(reason);
            }
            Happening::GivenUp { .. } => self.give_up(id),
            Happening::Captured => self.enter(Stage::Captured, None),
            Happening::Voided => self.enter(Stage::Voided, None),
            Happening::RefundAsked { refund, amount } => {
                self.refunds.push(Refund::new(*refund, *amount));
            }
            Happening::Refunded { refund } => {
                self.change_refund(*refund, |one| (one.done, one.declined) = (true, None));
                self.reason = None;
            }
            Happening::RefundDeclined { refund, reason } => {
                self.change_refund(*refund, |one| one.declined = Some(Declined::Owed));
                self.reason.clone_from(reason);
            }
            Happening::RefundAskedAgain { refund, amount, instead_of } => {
                self.change_refund(*instead_of, |one| one.declined = Some(Declined::Again));
                self.refunds.push(Refund::new(*refund, *amount));
                self.reason = None;
            }
            Happening::RefundGivenOtherwise { refund, .. } => {
                self.change_refund(*refund, |one| one.declined = Some(Declined::Otherwise));
                self.reason = None;
            }
            Happening::Failed { reason } => self.reason = Some(reason.clone()),
        }
    }

    fn change_refund(&mut self, id: CommandId, change: impl FnOnce(&mut Refund)) {
        if let Some(refund) = self.refunds.iter_mut().find(|one| one.id == id) {
            change(refund);
        }
    }

    fn enter(&mut self, stage: Stage, until: Option<Timestamp>) {
        self.stage = stage;
        self.until = until;
        self.reason = None;
    }

    /// An approval may come late: after it was given up, or after the provider had said no.
    fn approve(&mut self, id: PaymentId, approval: &Approval) {
        let came_late = self.given_up || matches!(self.stage, Stage::Declined | Stage::Cancelled);
        self.approval = Some(Box::new(approval.clone()));
        if let Some(sold) = self.sold {
            self.enter(if approval.taken { Stage::Captured } else { Stage::Capturing }, None);
            let rest = self.captured().minus(sold);
            if rest > Minor::ZERO {
                self.refunds.push(Refund::new(CommandId(id.0), rest));
            }
        } else {
            self.enter(Stage::Approved, Some(self.expires));
            if came_late {
                self.give_up(id);
            }
        }
    }

    /// What was approved goes back to where it came from; what is not decided will.
    fn give_up(&mut self, id: PaymentId) {
        self.given_up = true;
        match self.stage {
            Stage::Asked => self.enter(Stage::Cancelled, None),
            Stage::Approved if self.is_taken() => {
                self.enter(Stage::Captured, None);
                self.refunds.push(Refund::new(CommandId(id.0), self.start.amount));
            }
            Stage::Approved => self.enter(Stage::Voiding, None),
            Stage::Unknown => self.until = None,
            _ => {}
        }
    }

    fn sell(&mut self, amount: Minor) {
        self.sold = Some(amount);
        match self.stage {
            Stage::Approved if self.is_taken() => self.enter(Stage::Captured, None),
            Stage::Approved => self.enter(Stage::Capturing, None),
            Stage::Unknown => self.until = None,
            _ => {}
        }
    }
}
