//! A location whose state is in doubt, after a panic while an event was folded in, is closed: its
//! commands are refused, nothing of it is published. Once everything it sent is durable it is read
//! back from the log and opened again. Other locations go on.

use hashbrown::HashMap;
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::world::PlaceState;
use onhand_persistence::format;
use onhand_persistence::log::{Error, Reader};

/// Bytes of the log read at a time.
const BYTES_MAX: usize = 4 << 20;

/// Where a closed location stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has records on their way: up to this many drains must come back from the log.
    Draining(u64),
    /// It is being read back.
    Reading,
    /// It could not be; a restart will.
    Lost,
}

/// The closed locations of a shard, by their place in it.
#[derive(Default)]
pub(crate) struct Quarantine {
    stores: HashMap<u32, Stage>,
}

impl Quarantine {
    pub(crate) fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    pub(crate) fn has(&self, store: u32) -> bool {
        !self.stores.is_empty() && self.stores.contains_key(&store)
    }

    /// Closes a location until so many drains are durable.
    pub(crate) fn close(&mut self, store: u32, drains: u64) {
        self.stores.insert(store, Stage::Draining(drains));
    }

    /// A location that can be read back, now that so many drains are durable.
    pub(crate) fn next_to_read(&mut self, durable: u64) -> Option<u32> {
        let (store, stage) =
            self.stores.iter_mut().find(|(_, stage)| matches!(stage, Stage::Draining(drains) if *drains <= durable))?;
        *stage = Stage::Reading;
        Some(*store)
    }

    /// Opens a location again.
    pub(crate) fn open(&mut self, store: u32) {
        self.stores.remove(&store);
    }

    /// Gives a location up until the next start.
    pub(crate) fn give_up(&mut self, store: u32) {
        self.stores.insert(store, Stage::Lost);
    }
}

/// A location as its records say.
///
/// # Errors
/// [`Error`] when the log cannot be read, or no longer goes back to its beginning.
pub(crate) fn read_back(reader: &dyn Reader, location: LocationId) -> Result<PlaceState, Error> {
    let mut place = PlaceState::default();
    let mut next = Seq(1);
    loop {
        let batches = reader.read(next, BYTES_MAX)?;
        let Some(last) = batches.last() else { return Ok(place) };
        let end = Seq(last.first.0 + u64::from(last.records));
        for batch in &batches {
            if batch.first > next {
                return Err(Error::Corrupt(format!("the records from {} to {} are not there", next.0, batch.first.0)));
            }
            let records = format::decode(&batch.bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
            records.iter().filter(|record| record.location == location).for_each(|record| place.apply(record));
            next = Seq(batch.first.0 + u64::from(batch.records));
        }
        next = end;
    }
}
