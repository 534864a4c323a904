//! The `Log` trait: what a backend, local or replicated, promises.

pub use crate::remembered::Remembered;
use onhand_engine::ids::Seq;
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use std::sync::Arc;

/// A part of the log with an order of its own. One node has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Partition(pub u32);

/// The right to append to a partition. `&mut` makes one append in flight a matter of types.
#[derive(Debug)]
pub struct Fence {
    /// The partition.
    pub partition: Partition,
    /// Which acquisition this is; an older one is refused.
    pub epoch: u64,
}

/// Names one append, so that a doubtful one can be asked again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Why an append did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else has acquired the partition since. Give up for good.
    #[error("another writer has taken over this partition")]
    Fenced,
    /// It may or may not be in the log. Ask again with the same batch id, or stop and recover.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
    /// There is no space. Nothing was written; ask again later.
    #[error("the disk is full")]
    Full,
    /// A sync failed. Never retried: stop the process and recover.
    #[error("the log has stopped: {0}")]
    Stopped(String),
}

/// Why a log cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 5008
    #[error("another process uses the data directory {0}")]
    InUse(String),
    /// 5010
    #[error("the data is damaged: {0}")]
    Corrupt(String),
    /// The operating system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        source: std::io::Error,
    },
    /// The storage engine said no.
    #[error("storage: {0}")]
    Storage(String),
}

/// What a backend promises once `append` has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantees {
    /// It survives the death of the process.
    pub survives_process_crash: bool,
    /// It survives a power cut.
    pub survives_power_cut: bool,
    /// Copies on other machines.
    pub replicas: u32,
}

/// What a log knew when it was opened.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Snapshot and log folded together.
    pub world: World,
    /// The commands whose answers are still known: several lists, made side by side. A location's
    /// are all in one, the one at its number modulo the number of lists; each is oldest first.
    pub remembered: Vec<Vec<Remembered>>,
    /// The last record.
    pub last_seq: Seq,
    /// Its time. Engine time goes on from here, never back.
    pub last_time: Timestamp,
}

/// One batch read back: its records' bytes, checked.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The place of its first record.
    pub first: Seq,
    /// How many records it has.
    pub records: u32,
    /// The records as `format::encode` wrote them, one after the other.
    pub bytes: Vec<u8>,
}

/// Reads what is durable, from any thread.
pub trait Reader: Send + Sync {
    /// Batches that hold records from this place on, in order, at least one if there is one, and
    /// about `bytes_max` bytes at most. Goes back as far as the archive does.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read or their chain does not fit.
    fn read(&self, from: Seq, bytes_max: usize) -> Result<Vec<Batch>, Error>;
}

/// A log with one writer.
pub trait Log: Send {
    /// Takes the right to append; whoever had it before is fenced off.
    ///
    /// # Errors
    /// [`Error`] when the backend cannot.
    fn acquire(&mut self, partition: Partition) -> Result<Fence, Error>;

    /// Writes the records as one batch and syncs it. `parts` are records as `format::encode` wrote
    /// them; together they hold `records` of them. Returns the place of the first.
    ///
    /// # Errors
    /// [`AppendError`]; after `Full` nothing was written and the same append may be tried again.
    fn append(&mut self, fence: &mut Fence, id: BatchId, records: u32, parts: &[&[u8]]) -> Result<Seq, AppendError>;

    /// Whether an append would find space now.
    fn has_space(&self) -> bool;

    /// The place of the last durable record.
    fn last_seq(&self) -> Seq;

    /// Reads what is durable, also while this writer goes on.
    fn reader(&self) -> Arc<dyn Reader>;

    /// Housekeeping between appends: starts a snapshot when one is due, finishes it when it is done
    /// (new segment, archive, drop the old). Returns quickly.
    ///
    /// # Errors
    /// [`AppendError::Stopped`] when the backend can no longer be trusted.
    fn maintain(&mut self) -> Result<(), AppendError>;

    /// What a returned append promises.
    fn guarantees(&self) -> Guarantees;
}
