//! The worker's port: what the log's thread leaves for a worker, and the wake that goes with it.

use onhand_actors::port::{LevelChange, Outcome, PaymentChange, Port, Spent, Ticket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// What waits for a worker. Outcomes are bounded by what is in flight; levels and payments are left only
/// while somebody watches, and taken whole with every wake.
#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) outcomes: Vec<Vec<(Ticket, Outcome)>>,
    pub(crate) levels: Vec<Arc<[LevelChange]>>,
    pub(crate) payments: Vec<Arc<[PaymentChange]>>,
    pub(crate) chain_changed: bool,
    /// To be let go of here, where it was made.
    spent: Vec<Spent>,
}

#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
    watched: AtomicBool,
    payments_watched: AtomicBool,
}

impl Inbox {
    /// Resolves when something waits.
    pub(crate) async fn wait(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether anybody here watches levels. Set before a snapshot is read: the published view is
    /// ahead of what is left here, so nothing falls between the two.
    pub(crate) fn set_watched(&self, watched: bool) {
        self.watched.store(watched, Ordering::SeqCst);
    }

    /// The same for payments.
    pub(crate) fn set_payments_watched(&self, watched: bool) {
        self.payments_watched.store(watched, Ordering::SeqCst);
    }

    fn leave(&self, put: impl FnOnce(&mut Waiting)) {
        put(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }
}

impl Port for Inbox {
    fn outcomes(&self, outcomes: Vec<(Ticket, Outcome)>) {
        self.leave(|waiting| waiting.outcomes.push(outcomes));
    }

    fn take_back(&self, spent: &mut Vec<Spent>) {
        // No reason to wake anybody: the outcomes of these commands do.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).spent.append(spent);
    }

    fn wants_levels(&self) -> bool {
        self.watched.load(Ordering::SeqCst)
    }

    fn levels(&self, changes: Arc<[LevelChange]>) {
        if self.watched.load(Ordering::SeqCst) {
            self.leave(|waiting| waiting.levels.push(changes));
        }
    }

    fn payments(&self, changes: &Arc<[PaymentChange]>) {
        if self.payments_watched.load(Ordering::SeqCst) {
            self.leave(|waiting| waiting.payments.push(Arc::clone(changes)));
        }
    }

    fn chain_changed(&self) {
        self.leave(|waiting| waiting.chain_changed = true);
    }
}
