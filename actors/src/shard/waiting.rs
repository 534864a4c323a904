//! What waits at the places of a shard: commands that met the holds of others at an account, or their grants
//! of a sale, which may still be undone, and what is to be looked after in time.

use super::Shard;
use crate::directory::OwnerChange;
use crate::drained::NOBODY;
use crate::port::{Envelope, Outcome};
use hashbrown::HashMap;
use onhand_engine::account::Entry;
use onhand_engine::command::Action;
use onhand_engine::ids::{AccountId, CommandId, PaymentId, Seq};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use std::collections::VecDeque;

/// How long one who met the holds of others waits for what becomes of them.
const PATIENCE: Millis = Millis(2_000);
/// The most that may wait so at one shard; more are told to try again.
const PARKED_MAX: usize = 4_096;
/// Errands that one drain takes up.
const ERRANDS_BUDGET: usize = 512;

/// Something to be looked after in time.
#[derive(Clone, Copy)]
pub(super) enum Errand {
    /// A hold is there for long: what became of the sale?
    Inquire { account: AccountId, sale: CommandId, deadline: Timestamp },
    /// A grant is there for long: what became of the return?
    InquireGrant { command: CommandId, deadline: Timestamp },
    /// A sale of this store stands: the others have to do their part.
    Settle { sale: CommandId },
    /// The deadline of a payment has come.
    Payment { payment: PaymentId },
    /// Those who wait at a spot may have waited enough.
    Impatient { spot: Spot },
}

/// Where one who met what others hold waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    Account(AccountId),
    /// A sale of a store, of which something is granted to others.
    Sale(u32, Seq),
}

impl Spot {
    /// Where a command waits, if it is refused only for what others hold.
    pub(super) fn of(store: u32, outcome: &Outcome, action: &Action) -> Option<Self> {
        match (outcome, action) {
            (Outcome::Refused(Refusal::BalanceHeld { .. }), Action::Account { account, .. }) => {
                Some(Self::Account(*account))
            }
            (Outcome::Refused(Refusal::GrantPending { .. }), Action::GrantReturn(ask)) => {
                Some(Self::Sale(store, ask.of.sale.of.seq))
            }
            _ => None,
        }
    }
}

struct Parked {
    store: u32,
    envelope: Envelope,
    until: Timestamp,
}

/// Commands that wait for what becomes of the holds of others, in the order in which they came.
#[derive(Default)]
pub(super) struct Waiting {
    parked: HashMap<Spot, VecDeque<Parked>>,
    count: usize,
    /// Spots where something has changed for them.
    stirred: Vec<Spot>,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }
}

impl Shard {
    /// Looks after what a store holds for sales and what it has to settle, as it was recovered: whoever
    /// coordinated it before is gone.
    pub(super) fn look_after(&mut self, store: u32, now: Timestamp) {
        let state = &self.places.stores[store as usize].store;
        for (account, sale, deadline) in state.accounts.holds() {
            self.errands.insert(now, store, Errand::Inquire { account, sale, deadline });
        }
        for (command, pending) in &state.grants {
            let errand = Errand::InquireGrant { command: *command, deadline: pending.deadline };
            self.errands.insert(now, store, errand);
        }
        for sale in state.settling.list.keys() {
            self.errands.insert(now, store, Errand::Settle { sale: *sale });
        }
        self.look_after_payments(store);
    }

    /// Takes up what is due. A full disk lets it wait.
    pub(super) fn take_errands(&mut self, now: Timestamp) {
        if !self.is_writable() || self.is_stopping() {
            return self.refuse_parked();
        }
        let mut due = Vec::new();
        self.errands.take_due(now, ERRANDS_BUDGET, &mut due);
        for (store, errand) in due {
            match errand {
                Errand::Inquire { account, sale, deadline } => self.inquire(store, account, sale, deadline),
                Errand::InquireGrant { command, deadline } => self.inquire_grant(store, command, deadline),
                Errand::Settle { sale } => self.settle(store, sale, now),
                Errand::Payment { payment } => self.payment_due(store, payment, now),
                Errand::Impatient { spot } => self.waiting.stirred.push(spot),
            }
        }
    }

    /// An account has changed.
    pub(super) fn account_changed(&mut self, store: u32, account: AccountId, entry: &Entry) {
        if let Some((sale, hold)) = entry.hold() {
            let deadline = hold.deadline;
            self.errands.insert(deadline, store, Errand::Inquire { account, sale, deadline });
        } else {
            self.stir(Spot::Account(account));
        }
        // Whose an account of training is nobody looks up.
        let actor = &self.places.stores[store as usize];
        if !actor.location.is_training() {
            self.out.owners.extend(OwnerChange::of(account, entry, &actor.store.accounts));
        }
    }

    /// Something may have changed for those who wait at a spot.
    pub(super) fn stir(&mut self, spot: Spot) {
        if self.waiting.parked.contains_key(&spot) {
            self.waiting.stirred.push(spot);
        }
    }

    /// Lets a command wait for what becomes of the holds it met; false when it may not.
    pub(super) fn park(&mut self, store: u32, spot: Spot, envelope: &Envelope, now: Timestamp) -> bool {
        if self.waiting.count >= PARKED_MAX || envelope.port == NOBODY || self.is_stopping() {
            return false;
        }
        let until = now.plus(PATIENCE);
        self.errands.insert(until, store, Errand::Impatient { spot });
        self.waiting.count += 1;
        let parked = Parked { store, envelope: envelope.clone(), until };
        self.waiting.parked.entry(spot).or_default().push_back(parked);
        true
    }

    /// Tries those again that wait where something has changed.
    pub(super) fn run_stirred(&mut self, now: Timestamp) {
        while let Some(spot) = self.waiting.stirred.pop() {
            let Some(queue) = self.waiting.parked.remove(&spot) else { continue };
            let mut still = VecDeque::new();
            for Parked { store, envelope, until } in queue {
                match self.attempt(store, &envelope, now) {
                    Some(outcome)
                        if now < until && Spot::of(store, &outcome, &envelope.command.action) == Some(spot) =>
                    {
                        still.push_back(Parked { store, envelope, until });
                        continue;
                    }
                    Some(outcome) => self.reply(&envelope, outcome),
                    None => {}
                }
                self.waiting.count -= 1;
            }
            if !still.is_empty() {
                self.waiting.parked.insert(spot, still);
            }
        }
    }

    /// Nothing can change for those who wait any more.
    fn refuse_parked(&mut self) {
        let refusal = match (self.is_stopped(), self.is_stopping()) {
            (true, _) => Refusal::LogStopped,
            (_, true) => Refusal::ShuttingDown,
            _ => Refusal::DiskFull,
        };
        for Parked { envelope, .. } in self.waiting.parked.drain().flat_map(|(_, queue)| queue) {
            self.direct.push(envelope.port, envelope.ticket, Outcome::Refused(refusal.clone()));
        }
        self.waiting.count = 0;
    }
}
