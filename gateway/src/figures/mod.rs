//! The metrics stream: every second what became durable in it, encoded once for all who watch.
//!
//! The actors count ([`onhand_actors::figures`]); a thread of the gateway collects once a second
//! ([`gatherer`]), adds what only the gateway knows, and puts one object into the history. Whoever
//! watches has a place in that history and nothing else: who reads slowly costs nothing, and falls
//! behind alone.

pub(crate) mod asked;
pub(crate) mod gatherer;
pub(crate) mod history;
mod interval;
mod message;
pub(crate) mod object;
mod rates;
pub(crate) mod socket;
mod usage;

use crate::keys::Principal;
use history::History;
use object::Object;
use onhand_actors::histogram::Histogram;
use onhand_engine::catalogue::Role;
use onhand_protocol::message::Every;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use usage::Usage;

/// Roles of keys, and shoppers.
const ROLES: usize = Role::ALL.len() + 1;

/// What the gateway counts, and the history of what was gathered.
pub(crate) struct Desk {
    workers: Mutex<Vec<Arc<WorkerFigures>>>,
    pub(crate) history: History,
    /// Goes up with every object.
    news: watch::Sender<u64>,
}

/// What one worker counts.
pub(crate) struct WorkerFigures {
    no: usize,
    latency: Histogram,
    roles: [AtomicU64; ROLES],
    usage: Option<Usage>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { workers: Mutex::default(), history: History::default(), news: watch::Sender::new(0) }
    }
}

impl Desk {
    /// The figures of a worker; called on its thread.
    pub(crate) fn worker(&self, no: usize) -> Arc<WorkerFigures> {
        let roles = std::array::from_fn(|_| AtomicU64::new(0));
        let worker =
            Arc::new(WorkerFigures { no, latency: Histogram::default(), roles, usage: Usage::of_this_thread() });
        self.workers().push(worker.clone());
        worker
    }

    /// Changes with every object.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Puts an object into the history. [`Desk::tell`] wakes those who watch.
    pub(crate) fn put(&self, every: Every, object: Object) {
        self.history.put(every, object);
    }

    pub(crate) fn tell(&self) {
        self.news.send_modify(|news| *news += 1);
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Arc<WorkerFigures>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerFigures {
    /// A command was answered so long after it had arrived.
    pub(crate) fn answered(&self, after: Duration) {
        self.latency.record(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// Somebody is connected, or has said who it is.
    pub(crate) fn came(&self, principal: &Principal) {
        self.roles[place(principal)].fetch_add(1, Ordering::Relaxed);
    }

    /// And has gone.
    pub(crate) fn left(&self, principal: &Principal) {
        self.roles[place(principal)].fetch_sub(1, Ordering::Relaxed);
    }
}

fn place(principal: &Principal) -> usize {
    match principal {
        Principal::Key { role, .. } => role_place(*role),
        Principal::Shopper { .. } => ROLES - 1,
    }
}

fn role_place(role: Role) -> usize {
    Role::ALL.iter().position(|known| *known == role).unwrap_or(ROLES - 1)
}
