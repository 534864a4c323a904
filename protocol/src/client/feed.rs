//! Live stock on the client's side: the newest level of whatever changed since last asked.
//!
//! Stock is state, not a stream of deltas: a slow reader misses numbers in between, never the last,
//! and what is kept is bounded by what is watched.

use crate::message::LevelMessage;
use crate::value::{LocationCode, Sku};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

type Place = (LocationCode, Sku);

/// Levels as they come in, shared by all subscriptions of a client.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    fresh: BTreeMap<Place, LevelMessage>,
    seen: BTreeMap<Place, u64>,
    ended: bool,
}

impl Feed {
    /// The newest levels since the last call; waits until there is one. Empty: the connection is
    /// gone.
    pub async fn next(&self) -> Vec<LevelMessage> {
        loop {
            let changed = self.inner.changed.notified();
            {
                let mut state = self.state();
                if !state.fresh.is_empty() || state.ended {
                    return std::mem::take(&mut state.fresh).into_values().collect();
                }
            }
            changed.await;
        }
    }

    /// The version last seen of each item, as `subscribe` takes it in `since`.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<LocationCode, BTreeMap<Sku, u64>> {
        let mut versions: BTreeMap<LocationCode, BTreeMap<Sku, u64>> = BTreeMap::new();
        for ((location, sku), version) in &self.state().seen {
            versions.entry(location.clone()).or_default().insert(sku.clone(), *version);
        }
        versions
    }

    pub(super) fn put(&self, levels: Vec<LevelMessage>) {
        let mut state = self.state();
        for level in levels {
            state.put(level);
        }
        drop(state);
        self.inner.changed.notify_waiters();
    }

    pub(super) fn begin(&self) {
        self.state().ended = false;
    }

    pub(super) fn end(&self) {
        self.state().ended = true;
        self.inner.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Versions only go up: what is not newer was on its way when something newer overtook it.
    fn put(&mut self, level: LevelMessage) {
        let place = (level.location.clone(), level.sku.clone());
        match self.seen.entry(place.clone()) {
            Entry::Occupied(seen) if *seen.get() >= level.version => return,
            Entry::Occupied(mut seen) => {
                seen.insert(level.version);
            }
            Entry::Vacant(place) => {
                place.insert(level.version);
            }
        }
        self.fresh.insert(place, level);
    }
}
