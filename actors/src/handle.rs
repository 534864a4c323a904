//! The way in. A handle is cheap to clone and safe to use from any thread.

use crate::directory::Directory;
use crate::port::{Envelope, LevelChange, Port, PortId};
use onhand_engine::event::Record;
use onhand_engine::ids::ReservationId;
use onhand_engine::ids::{LocationId, Seq, SkuId};
use onhand_engine::level::Level;
use onhand_engine::store::{Reservation, Totals};
use onhand_engine::time::Timestamp;
use onhand_persistence::log::{Error, Log, Recovered};
use std::sync::Arc;

/// How the actors run. Every queue has a limit.
#[derive(Clone, Debug)]
pub struct Options {
    /// Shards; one per core.
    pub shards: usize,
    /// Commands one shard's inbox holds before it refuses with 5001.
    pub inbox_max: usize,
    /// Batches on their way to the log per shard before it stops draining its inbox.
    pub log_queue_max: usize,
    /// How long answers are remembered, in milliseconds.
    pub remember_ms: u64,
}

/// What can be looked at: for the operations page and for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Commands waiting, per shard.
    pub inbox_depth: Vec<usize>,
    /// SKU actors in memory.
    pub sku_actors: usize,
    /// Live reservations.
    pub reservations: usize,
    /// Batches waiting for the log.
    pub log_queue: usize,
    /// The last durable record.
    pub last_seq: Seq,
    /// Whether writes are refused because the disk is full.
    pub disk_full: bool,
    /// Whether the log has stopped.
    pub stopped: bool,
}

/// The running actors.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

struct Inner {}

impl Handle {
    /// Starts shards, timers and the log thread on what was recovered.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be acquired or a thread cannot be started.
    pub fn start(options: Options, log: Box<dyn Log>, recovered: Recovered) -> Result<Self, Error> {
        let _ = (options, log, recovered);
        Ok(Self { inner: Arc::new(Inner {}) })
    }

    /// Registers where replies and levels go. Ports live as long as the process.
    pub fn register(&self, port: Arc<dyn Port>) -> PortId {
        let _ = (&self.inner, port);
        PortId(0)
    }

    /// Hands commands to their shards, in order, one message per shard. A full inbox answers through
    /// the port with 5001; nothing is dropped silently. Empties the batch.
    pub fn submit(&self, batch: &mut Vec<Envelope>) {
        batch.clear();
    }

    /// Catalogue, locations and keys as of the last durable change.
    pub fn directory(&self) -> &Directory {
        unimplemented_directory()
    }

    /// The published level: durable, and the same on every read path at one version. Zero at version
    /// zero for a SKU that was never touched there.
    pub fn level(&self, location: LocationId, sku: SkuId) -> Level {
        let _ = (location, sku);
        Level::default()
    }

    /// Published levels of a location, in the order of their SKU, after a SKU, at most so many.
    pub fn levels(&self, location: LocationId, after: Option<SkuId>, max: usize) -> Vec<LevelChange> {
        let _ = (location, after, max);
        Vec::new()
    }

    /// What a location sold per channel, as of the last durable record of its shard.
    pub fn totals(&self, location: LocationId) -> [Totals; 3] {
        let _ = location;
        Default::default()
    }

    /// A live reservation, where there is one.
    pub fn reservation(&self, location: LocationId, id: ReservationId) -> Option<Reservation> {
        let _ = (location, id);
        None
    }

    /// Durable events after a place, in order, about so many at most: the feed to resume from.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn events(&self, after: Seq, max: usize) -> Result<Vec<(Seq, Record)>, Error> {
        let _ = (after, max);
        Ok(Vec::new())
    }

    /// Engine time now.
    pub fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    /// What can be looked at.
    pub fn observe(&self) -> Observed {
        Observed::default()
    }

    /// Refuses new commands, waits until what was taken is durable and answered, stops the threads.
    pub fn stop(&self) {}
}

fn unimplemented_directory() -> &'static Directory {
    static EMPTY: std::sync::OnceLock<Directory> = std::sync::OnceLock::new();
    EMPTY.get_or_init(Directory::default)
}
