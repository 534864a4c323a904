//! A command runs: repeats are answered, the rest is decided, folded in and put on its way.

use super::redemptions::AGAIN;
use super::waiting::{Errand, Spot};
use super::{Coming, NO_STORE, Shard, Touched, WaitingRepeat};
use crate::directory::ChainChange;
use crate::drained::NOBODY;
use crate::handle::Stage;
use crate::port::{Envelope, Outcome};
use crate::remembered::Known;
use crate::view::{HoldChange, LayawayChange, SessionChange, layaway_of};
use onhand_engine::account::RedemptionAsk;
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Command};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{ReservationId, Seq};
use onhand_engine::payment::PaymentAsk;
use onhand_engine::people::By;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use onhand_engine::training;
use onhand_persistence::format;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

impl Shard {
    /// Runs a command that heads all of its mailboxes.
    pub(super) fn run(&mut self, store: u32, envelope: &Envelope, now: Timestamp) {
        let command = &envelope.command;
        self.decided += usize::from(envelope.port != NOBODY);
        self.has_come(store, command);
        if let Action::Expire { reservation } = command.action {
            return self.run_expiry(store, reservation, command, now);
        }
        // A driver's report comes by its port: what nobody waits for is the server's own.
        if let Action::Payment { payment, ask: PaymentAsk::Due | PaymentAsk::Report(_) } = command.action
            && envelope.port == NOBODY
        {
            return self.run_payment_due(store, payment, command, now);
        }
        let Some(outcome) = self.attempt(store, envelope, now) else { return };
        if let Outcome::Refused(refusal) = &outcome {
            if let Some(spot) = Spot::of(store, &outcome, &command.action)
                && self.park(store, spot, envelope, now)
            {
                return;
            }
            // What others may still give up: it waits for that as one that has to be granted does.
            if matches!(refusal, Refusal::GrantPending { .. })
                && !command.action.is_redemption_step()
                && !self.redemptions.is_paying(command.id)
                && self.is_writable()
            {
                self.decided -= usize::from(envelope.port != NOBODY);
                return self.pay(envelope.clone());
            }
        }
        self.reply(envelope, outcome);
    }

    /// What comes of a command; none: it is answered, or will be, with what came of it the first time.
    pub(super) fn attempt(&mut self, store: u32, envelope: &Envelope, now: Timestamp) -> Option<Outcome> {
        let (port, ticket, command) = (envelope.port, envelope.ticket, &envelope.command);
        if command.action.is_redemption_step() {
            return Some(self.take_step(store, envelope.by, command, now));
        }
        let fingerprint = Fingerprint::of(command);
        if let Some((first, known)) = self.remembered.find(command.id) {
            self.tally.repeated += 1;
            if let Some(field) = first.differs_in(&fingerprint) {
                self.direct.push(port, ticket, Outcome::Refused(Refusal::IdReused { field }));
                return None;
            }
            match known {
                Known::Durable(entry) => {
                    let answer = entry.answer();
                    self.direct.push(port, ticket, Outcome::Done { seq: entry.seq, time: entry.time, answer });
                }
                Known::OnItsWay(number) => self.waiting_repeats.push(WaitingRepeat { number, port, ticket }),
            }
            return None;
        }
        if let Some(refusal) = self.closed_for_writes(store)
            && !(refusal == Refusal::DiskFull && command.action.is_reading())
        {
            self.tally.refused(refusal.number());
            self.direct.push(port, ticket, Outcome::Refused(refusal));
            return None;
        }
        // It was known when it came, and is not any more: its accounts hold nothing.
        if self.needs_paying(envelope) {
            return Some(Outcome::Refused(Refusal::Busy { retry_ms: AGAIN.0 }));
        }
        Some(self.outcome(store, envelope.by, command, fingerprint, now))
    }

    /// A step of a redemption. One who asks about a sale whose accounts are being asked has to ask again.
    fn take_step(&mut self, store: u32, by: By, command: &Command, now: Timestamp) -> Outcome {
        if let Some(refusal) = self.closed_for_writes(store) {
            return Outcome::Refused(refusal);
        }
        match &command.action {
            Action::Redemption(RedemptionAsk::Inquire { sale }) if self.redemptions.is_paying(*sale) => {
                Outcome::Refused(Refusal::Busy { retry_ms: AGAIN.0 })
            }
            _ => self.outcome(store, by, command, Fingerprint::of(command), now),
        }
    }

    /// Tells the asker, behind the records that it rests on.
    pub(super) fn reply(&mut self, envelope: &Envelope, outcome: Outcome) {
        match &outcome {
            Outcome::Done { .. } => self.tally.done += 1,
            Outcome::Refused(refusal) => self.count_refusal(&envelope.command, refusal),
        }
        self.out.replies.push(envelope.port, envelope.ticket, outcome);
    }

    /// The timer's command. Its id follows from the reservation's, so anybody may have used it: it is
    /// not looked up. A full disk only delays it.
    fn run_expiry(&mut self, store: u32, reservation: ReservationId, command: &Command, now: Timestamp) {
        match self.closed_for_writes(store) {
            None => drop(self.outcome(store, By::default(), command, Fingerprint::of(command), now)),
            Some(Refusal::DiskFull) => self.wheel.insert(now, store, reservation),
            // A closed location's deadlines come back with it.
            Some(_) => {}
        }
    }

    pub(super) fn outcome(
        &mut self,
        store: u32,
        by: By,
        command: &Command,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Outcome {
        match self.decide(store, by, command, now) {
            Ok(Decision::Happens(event)) => {
                let (location, by) = (command.location, by.kept_for(&command.action));
                let record = Record { time: now, command: command.id, fingerprint, location, by, event };
                self.happen(store, &record, command)
            }
            Ok(Decision::Already(answer)) => Outcome::Done { seq: Seq(0), time: now, answer },
            Err(refusal) => Outcome::Refused(self.in_its_ledger(command, refusal)),
        }
    }

    /// Why it was refused, where people train as well as anywhere.
    fn in_its_ledger(&self, command: &Command, refusal: Refusal) -> Refusal {
        let location = command.location;
        match self.places.known(location.real()).filter(|_| location.is_training()) {
            Some(real) => training::explained(refusal, &command.action, real),
            None => refusal,
        }
    }

    /// Nobody needs to wait behind this command for what it brings about any more.
    fn has_come(&mut self, store: u32, command: &Command) {
        match &command.action {
            Action::Reserve { .. } | Action::Basket { .. } => {
                self.coming.remove(&(store, Coming::Reservation(ReservationId(command.id.0))));
            }
            Action::Allocate { order, .. } | Action::Layaway { layaway: order, .. } => {
                self.coming.remove(&(store, Coming::Order(order.clone())));
            }
            _ => {}
        }
    }

    pub(super) fn closed_for_writes(&self, store: u32) -> Option<Refusal> {
        if self.is_stopped() {
            return Some(Refusal::LogStopped);
        }
        if self.quarantine.has(store) {
            return Some(Refusal::Internal);
        }
        self.shared.disk_full.load(Ordering::Acquire).then_some(Refusal::DiskFull)
    }

    /// Pure, so a panic in it has changed nothing.
    fn decide(&mut self, store: u32, by: By, command: &Command, now: Timestamp) -> Result<Decision, Refusal> {
        self.renew_people();
        let decided = catch_unwind(AssertUnwindSafe(|| {
            self.sabotage(command, Stage::Deciding);
            self.check_people(store, by, command)?;
            if store == NO_STORE {
                return self.places.chain.chain.decide(&command.action).map(Decision::Happens);
            }
            let mut decision = decide(&self.places.view(store, &self.running), command, now)?;
            if let Decision::Happens(event) = &mut decision {
                self.look_at_people(by, command, event)?;
            }
            Ok(decision)
        }));
        decided.unwrap_or_else(|_| {
            self.shared.meters.panics.increment(1);
            tracing::error!(command = %command.id, "deciding panicked; nothing was changed");
            Err(Refusal::Internal)
        })
    }

    /// Whether whoever asks may, at this moment. The chain knows its own people before they are durable;
    /// elsewhere it counts what was confirmed to whoever changed it.
    fn check_people(&self, store: u32, by: By, command: &Command) -> Result<(), Refusal> {
        let (location, action) = (command.location, &command.action);
        if store == NO_STORE {
            let chain = &self.places.chain.chain;
            return chain.people.check(location, by, by.device.and_then(|key| chain.keys.get(&key)), action);
        }
        if by.user.is_none() && !self.people.are_required_at(location) {
            return Ok(());
        }
        let key = by.device.and_then(|key| self.shared.directory.key(key));
        self.people.check(location, by, key.as_ref(), action)
    }

    /// Whether what was decided goes no further than whoever asks may; what a sale that has happened took without a
    /// right is noted in it.
    fn look_at_people(&self, by: By, command: &Command, event: &mut Event) -> Result<(), Refusal> {
        let location = command.location;
        self.people.check_lifted(by, event)?;
        // Where nobody is asked for rights, nothing more is looked at.
        if !event.is_trade() || !self.people.are_required_at(location.real()) {
            return Ok(());
        }
        let key = by.device.and_then(|key| self.shared.directory.key(key));
        if let Err(over) = self.people.check_limits(location, by, key.as_ref(), event) {
            event.note_over(over)?;
        }
        event.note_lacking(self.people.lacking(location, by, key.as_ref(), &command.action));
        Ok(())
    }

    /// Takes over the people as they are published, if they have changed.
    pub(super) fn renew_people(&mut self) {
        let version = self.shared.directory.people_version();
        if self.people_version != version {
            self.people_version = version;
            self.people = self.shared.directory.people();
        }
    }

    fn sabotage(&self, command: &Command, stage: Stage) {
        if let Some(sabotage) = self.shared.sabotage {
            sabotage(command, stage);
        }
    }

    /// Folds a record in and puts it on its way. Memory moves ahead of the disk; the world does not.
    /// A panic leaves the state in doubt: the record is dropped and the location closed.
    fn happen(&mut self, store: u32, record: &Record, command: &Command) -> Outcome {
        let before = self.out.bytes.len();
        let folded = catch_unwind(AssertUnwindSafe(|| self.fold_in(store, record, command)));
        match folded {
            Ok(answer) => {
                self.count(store, record);
                Outcome::Done { seq: Seq(u64::from(self.out.records)), time: record.time, answer }
            }
            Err(_) => {
                self.out.bytes.truncate(before);
                self.close(store, command);
                Outcome::Refused(Refusal::Internal)
            }
        }
    }

    fn close(&mut self, store: u32, command: &Command) {
        self.shared.meters.panics.increment(1);
        if store == NO_STORE {
            return self.shared.stop("folding in a change of the chain panicked");
        }
        tracing::error!(command = %command.id, location = command.location.0, "folding in panicked; location closed");
        self.quarantine.close(store, u64::MAX);
        self.doubtful.push(store);
    }

    fn fold_in(&mut self, store: u32, record: &Record, command: &Command) -> Answer {
        format::encode(record, &mut self.out.bytes);
        let answer = record.event.answer();
        if store == NO_STORE {
            let chain = &mut self.places.chain.chain;
            chain.apply(&record.event, record.time);
            self.out.chain.extend(ChainChange::of(&record.event, chain));
        } else {
            self.apply(store, record, command);
        }
        if !record.event.is_own_step() {
            self.out.remembered.push(self.out.records);
            self.remembered.insert(record);
        }
        self.out.records += 1;
        answer
    }

    fn apply(&mut self, store: u32, record: &Record, command: &Command) {
        let Self { places, touched_skus, drain, running, shared, .. } = self;
        places.apply(store, record, running, |sku, at, stamp| {
            if *stamp != *drain {
                *stamp = *drain;
                touched_skus.push(Touched { sku, store, at });
            }
            if let Some(sabotage) = shared.sabotage {
                sabotage(command, Stage::FoldingIn);
            }
        });
        match &record.event {
            Event::SaleRecorded(_) | Event::GoodsReturned(_) | Event::Exchanged { .. } => self.touch_store(store),
            Event::Reserved { reservation, deadline, .. } | Event::Extended { reservation, deadline } => {
                self.wheel.insert(*deadline, store, *reservation);
            }
            Event::Basket { happening, .. } => {
                if let Some((reservation, held)) = happening.held() {
                    self.wheel.insert(held.deadline, store, reservation);
                }
            }
            Event::Drawer { .. } => self.out.sessions.extend(SessionChange::of(record)),
            Event::Account { account, entry } => self.account_changed(store, *account, entry),
            Event::ReturnGranted { command, pending } => {
                let (command, deadline) = (*command, pending.deadline);
                self.errands.insert(deadline, store, Errand::InquireGrant { command, deadline });
            }
            Event::GrantEnded { sale, .. } => self.stir(Spot::Sale(store, *sale)),
            _ => {}
        }
        self.layaway_changed(store, record);
        self.payments_changed(store, record);
        HoldChange::each(record, |change| {
            match change {
                HoldChange::Live(..) => self.reservations += 1,
                HoldChange::Ended(..) => self.reservations -= 1,
                HoldChange::Extended(..) => {}
            }
            self.out.holds.push(change);
        });
    }

    /// Tells how a layaway stands, where there was ever one.
    fn layaway_changed(&mut self, store: u32, record: &Record) {
        let actor = &self.places.stores[store as usize];
        let Some(layaways) = &actor.store.layaways else { return };
        if let Some(name) = layaway_of(&record.event) {
            let open = layaways.open.get(name).cloned();
            self.out.layaways.push(LayawayChange { at: actor.location, name: name.clone(), open });
        }
    }

    pub(super) fn touch_store(&mut self, store: u32) {
        let actor = &mut self.places.stores[store as usize];
        if actor.drain != self.drain {
            actor.drain = self.drain;
            self.touched_stores.push(store);
            self.count_store(store);
        }
    }
}
