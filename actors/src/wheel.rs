//! What comes in time, such as the end of reservations: deadlines in steps of ten milliseconds.
//!
//! An entry is never taken out early. When its time has come, the caller looks whether it
//! is still to be done.

use onhand_engine::time::{Millis, Timestamp};
use std::collections::BTreeMap;

const TICK_MS: u64 = 10;

/// A shard's deadlines: what comes at each, by its store.
pub(crate) struct Wheel<T> {
    ticks: BTreeMap<u64, Vec<(u32, T)>>,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self { ticks: BTreeMap::new() }
    }
}

impl<T> Wheel<T> {
    /// Something of a store comes at a deadline.
    pub(crate) fn insert(&mut self, deadline: Timestamp, store: u32, what: T) {
        self.ticks.entry(deadline.0.div_ceil(TICK_MS)).or_default().push((store, what));
    }

    /// Takes out at most so many whose deadline has come, the oldest first.
    pub(crate) fn take_due(&mut self, now: Timestamp, at_most: usize, due: &mut Vec<(u32, T)>) {
        while due.len() < at_most {
            let Some(mut oldest) = self.ticks.first_entry() else { return };
            if *oldest.key() * TICK_MS > now.0 {
                return;
            }
            let waiting = oldest.get_mut();
            let rest = waiting.len().saturating_sub(at_most - due.len());
            due.extend(waiting.drain(rest..));
            if waiting.is_empty() {
                oldest.remove();
            }
        }
    }

    /// How long until the next deadline; nothing when there is none.
    pub(crate) fn next_in(&self, now: Timestamp) -> Option<Millis> {
        let (tick, _) = self.ticks.first_key_value()?;
        Some(Millis((tick * TICK_MS).saturating_sub(now.0)))
    }
}
