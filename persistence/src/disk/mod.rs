//! The log on a local disk, in fjall.
//!
//! One append is one key and value (first sequence, batch) in the live segment, synced once.
//! Segments are keyspaces. A directory has `log/` (fjall's own) and `archive/`.

mod keyspaces;
mod reader;

use crate::batch::{self, Tip};
use crate::log::{AppendError, BatchId, Error, Fence, Guarantees, Log, Partition, Reader, Recovered};
use crate::recover::{self, Part, Start};
use fjall::Keyspace;
use keyspaces::Store;
use onhand_engine::ids::Seq;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a log is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory. Made if it is not there.
    pub dir: PathBuf,
    /// Records between two snapshots.
    pub snapshot_every: u64,
    /// Bytes that stay free on the disk; below it appends are refused as full.
    pub reserve_bytes: u64,
    /// Threads that recovery uses.
    pub threads: u32,
}

impl Options {
    /// The usual settings for a directory.
    #[must_use]
    pub fn new(dir: impl AsRef<Path>) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        Self {
            dir: dir.as_ref().to_owned(),
            snapshot_every: 1_000_000,
            reserve_bytes: 64 << 20,
            threads: u32::try_from(threads).unwrap_or(2),
        }
    }
}

/// A log on a local disk.
pub struct FjallLog {
    options: Options,
    store: Arc<Store>,
    live: Keyspace,
    tip: Tip,
    epoch: u64,
    done: Option<(BatchId, Seq)>,
    stopped: Option<String>,
    buffer: Vec<u8>,
}

impl FjallLog {
    /// Opens the directory and folds in everything that is there.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it, [`Error::Corrupt`] when something is damaged or
    /// missing.
    pub fn open(options: Options) -> Result<(Self, Recovered), Error> {
        let store = Arc::new(Store::open(&options.dir)?);
        let batches = store.batches_from(Seq(1))?;
        let folded = recover::fold(Start::default(), &batches, options.threads, |_| Ok(Part::default()))?;
        store.set_durable(folded.tip.last);
        let live = store.live_segment(folded.tip.last)?;
        let log =
            Self { options, store, live, tip: folded.tip, epoch: 0, done: None, stopped: None, buffer: Vec::new() };
        Ok((log, folded.recovered))
    }

    fn stop(&mut self, why: String) -> AppendError {
        self.stopped = Some(why.clone());
        AppendError::Stopped(why)
    }
}

impl Log for FjallLog {
    fn acquire(&mut self, partition: Partition) -> Result<Fence, Error> {
        self.epoch += 1;
        self.done = None;
        Ok(Fence { partition, epoch: self.epoch })
    }

    fn append(&mut self, fence: &mut Fence, id: BatchId, records: u32, parts: &[&[u8]]) -> Result<Seq, AppendError> {
        if fence.epoch != self.epoch {
            return Err(AppendError::Fenced);
        }
        if let Some(why) = &self.stopped {
            return Err(AppendError::Stopped(why.clone()));
        }
        if let Some((_, first)) = self.done.filter(|(done, _)| *done == id) {
            return Ok(first);
        }
        if !self.has_space() {
            return Err(AppendError::Full);
        }
        let first = Seq(self.tip.last.0 + 1);
        let hash = batch::seal(first, records, parts, self.tip.hash, &mut self.buffer);
        if let Err(error) = self.store.append(&self.live, first, &self.buffer) {
            return Err(self.stop(error.to_string()));
        }
        self.tip = Tip { last: Seq(self.tip.last.0 + u64::from(records)), hash };
        self.store.set_durable(self.tip.last);
        self.done = Some((id, first));
        Ok(first)
    }

    fn has_space(&self) -> bool {
        self.store.free_bytes().is_ok_and(|free| free > self.options.reserve_bytes)
    }

    fn last_seq(&self) -> Seq {
        self.tip.last
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.store) as Arc<dyn Reader>
    }

    fn maintain(&mut self) -> Result<(), AppendError> {
        Ok(())
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees { survives_process_crash: true, survives_power_cut: true, replicas: 0 }
    }
}
