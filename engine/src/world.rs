//! Everything at once: what recovery rebuilds, what verification checks, what tests compare.

use crate::chain::Chain;
use crate::decide::Place;
use crate::event::Record;
use crate::ids::{LocationId, SkuId, TillNo};
use crate::stock::StockRow;
use crate::store::Store;
use crate::till::Till;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The state of one location: its store, tills and SKUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceState {
    /// The store.
    pub store: Store,
    /// The tills that have rung up something.
    pub tills: BTreeMap<TillNo, Till>,
    /// The SKUs that were touched here.
    pub rows: HashMap<SkuId, StockRow>,
}

/// The whole state: the chain and its locations.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Catalogue, locations, keys.
    pub chain: Chain,
    /// Locations that were touched.
    pub places: BTreeMap<LocationId, PlaceState>,
}

impl Place for PlaceState {
    fn row(&self, sku: SkuId) -> Option<&StockRow> {
        self.rows.get(&sku)
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn till(&self, no: TillNo) -> Option<&Till> {
        self.tills.get(&no)
    }
}

impl PlaceState {
    /// Folds in a record of this location.
    pub fn apply(&mut self, record: &Record) {
        record.event.each_change(|sku, change| self.rows.entry(sku).or_default().apply(change));
        self.apply_to_books(record);
    }

    /// Folds a record of this location into its store and tills; its rows are left to the caller.
    pub fn apply_to_books(&mut self, record: &Record) {
        self.store.apply(&record.event);
        if let Some(no) = record.event.till() {
            self.tills.entry(no).or_default().apply(&record.event);
        }
    }
}

impl World {
    /// Folds in a record.
    pub fn apply(&mut self, record: &Record) {
        if record.location == LocationId::CHAIN {
            self.chain.apply(&record.event, record.time);
        } else {
            self.places.entry(record.location).or_default().apply(record);
        }
    }
}
