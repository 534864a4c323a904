//! Closed locations are read back from the log and opened again.

use super::{Shard, Touched};
use crate::quarantine::read_back;
use crate::shared::Rebuilt;
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use std::sync::Arc;

impl Shard {
    /// Starts reading back what can be, and opens what was read.
    pub(super) fn restore(&mut self, now: Timestamp) {
        if self.quarantine.is_empty() {
            return;
        }
        while let Some(store) = self.quarantine.next_to_read(self.durable) {
            self.start_reading(store);
        }
        for Rebuilt { store, place } in self.shared.inboxes[self.no].take_rebuilt() {
            match place {
                Some(place) => self.open(store, place, now),
                None => self.quarantine.give_up(store),
            }
        }
    }

    fn start_reading(&mut self, store: u32) {
        let (shared, no) = (Arc::clone(&self.shared), self.no);
        let location = self.places.stores[store as usize].location;
        let read = move || {
            let place = read_back(shared.reader.as_ref(), location)
                .inspect_err(|error| tracing::error!("location {} stays closed: {error}", location.0));
            shared.inboxes[no].give_back(Rebuilt { store, place: place.ok() });
        };
        if std::thread::Builder::new().name("read back".to_owned()).spawn(read).is_err() {
            self.quarantine.give_up(store);
        }
    }

    /// Puts the state in place that the log tells of, and publishes what the world had not seen.
    fn open(&mut self, store: u32, place: PlaceState, now: Timestamp) {
        self.quarantine.open(store);
        for (id, live) in &place.store.reservations {
            self.wheel.insert(live.deadline, store, *id);
        }
        let location = self.places.stores[store as usize].location;
        for at in self.places.replace(store, place) {
            let sku = self.places.names[at as usize].sku;
            let published = self.shared.view.level(location, sku).map(|change| change.level.version);
            if published.unwrap_or_default() < self.places.skus[at as usize].row.version() {
                self.places.stamps[at as usize] = self.drain;
                self.touched_skus.push(Touched { sku, store, at });
            }
        }
        self.look_after(store, now);
        self.touch_store(store);
        self.reservations = self.places.reservation_count();
        self.counting.look_again();
        tracing::warn!(location = location.0, "location read back from the log and opened");
    }
}
