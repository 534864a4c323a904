//! Payments that run at the locations of a shard: their deadlines, and who is told of them.

use super::{Shard, waiting::Errand};
use crate::drained::NOBODY;
use crate::port::{Envelope, PaymentChange, Ticket};
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, PaymentId};
use onhand_engine::payment::{PaymentAsk, Report};
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use onhand_engine::training;
use std::sync::Arc;

impl Shard {
    /// Takes note of what a record has changed of payments.
    pub(super) fn payments_changed(&mut self, store: u32, record: &Record) {
        if let Event::Payment { payment, happening } = &record.event {
            if let Some((reservation, deadline)) = happening.keeps() {
                self.wheel.insert(deadline, store, reservation);
            }
            self.payment_changed(store, *payment, record.time);
        }
        let paid = record.event.sale().and_then(|sale| sale.payments.as_ref());
        for payment in paid.iter().flat_map(|paid| paid.each()).chain(record.event.refunded()) {
            self.payment_changed(store, payment, record.time);
        }
    }

    fn payment_changed(&mut self, store: u32, id: PaymentId, now: Timestamp) {
        let actor = &self.places.stores[store as usize];
        let Some(payment) = actor.store.payments.get(id) else { return };
        if let Some(until) = payment.until {
            self.errands.insert(until, store, Errand::Payment { payment: id });
        }
        if actor.location.is_training() && payment.task().is_some() {
            self.errands.insert(now, store, Errand::Payment { payment: id });
        }
        let change = PaymentChange { location: actor.location, id, payment: Arc::new(payment.clone()) };
        self.out.payments.push(change);
    }

    /// The deadlines of a store's payments, as it was recovered.
    pub(super) fn look_after_payments(&mut self, store: u32) {
        let actor = &self.places.stores[store as usize];
        for (id, payment) in actor.store.payments.open() {
            if actor.location.is_training() && payment.task().is_some() {
                self.errands.insert(payment.at, store, Errand::Payment { payment: id });
            }
            if let Some(until) = payment.until {
                self.errands.insert(until, store, Errand::Payment { payment: id });
            }
        }
    }

    /// The deadline of a payment may have come. What is trained has no driver: the server does its part.
    pub(super) fn payment_due(&mut self, store: u32, payment: PaymentId, now: Timestamp) {
        let actor = &self.places.stores[store as usize];
        let known = actor.store.payments.get(payment);
        if actor.location.is_training()
            && let Some(known) = known
            && let Some(report) = training::simulated(payment, known)
        {
            let step = training_step(actor.location, payment, known.version, report);
            return self.enqueue(step);
        }
        let is_due = known.and_then(|payment| payment.until);
        if is_due.is_some_and(|until| until <= now) {
            self.enqueue(due(actor.location, payment));
        }
    }

    /// The server's own command. Its id follows from the payment's, so it is not looked up. A full disk only
    /// delays it.
    pub(super) fn run_payment_due(&mut self, store: u32, payment: PaymentId, command: &Command, now: Timestamp) {
        match self.closed_for_writes(store) {
            None => drop(self.outcome(store, By::default(), command, Fingerprint::of(command), now)),
            Some(Refusal::DiskFull) => self.errands.insert(now, store, Errand::Payment { payment }),
            // A closed location's deadlines come back with it.
            Some(_) => {}
        }
    }
}

/// The command by which the server says what a driver would have said.
fn training_step(location: LocationId, payment: PaymentId, version: u32, report: Report) -> Envelope {
    const MARK: u128 = u128::from_be_bytes(*b"payment training");
    let action = Action::Payment { payment, ask: PaymentAsk::Report(Box::new(report)) };
    let id = CommandId(payment.0 ^ MARK ^ u128::from(version));
    let command = Command { id, location, channel: Channel::Till, action };
    Envelope { port: NOBODY, ticket: Ticket(0), by: By::default(), command }
}

/// The command by which the server looks after a payment whose deadline has come.
fn due(location: LocationId, payment: PaymentId) -> Envelope {
    const MARK: u128 = u128::from_be_bytes(*b"payment deadline");
    let action = Action::Payment { payment, ask: PaymentAsk::Due };
    let command = Command { id: CommandId(payment.0 ^ MARK), location, channel: Channel::Till, action };
    Envelope { port: NOBODY, ticket: Ticket(0), by: By::default(), command }
}
