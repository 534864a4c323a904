//! The log on a local disk, in fjall.
//!
//! One append is one key and value (first sequence, batch) in the live segment, synced once.
//! Segments are keyspaces. A directory has `log/` (fjall's own) and `archive/`.

mod ahead;
pub(crate) mod archive;
pub(crate) mod backup;
mod journal;
mod keeper;
mod keyspaces;
mod reader;
mod snapshot;
pub(crate) mod verify;

use crate::batch::{self, Tip};
use crate::log::{AppendError, BatchId, Error, Fence, Guarantees, Log, Partition, Reader, Recovered};
use crate::recover;
use archive::KEEP;
use backup::Backup;
use fjall::Keyspace;
use keeper::Job;
use keyspaces::Store;
use onhand_engine::ids::Seq;
use onhand_engine::time::Millis;
use snapshot::Heads;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that must be free for a new journal to be begun only because it is faster.
const NEW_JOURNAL_SPACE: u64 = 1 << 30;

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
    /// How long archived segments are kept.
    pub archive_keep: Millis,
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
            archive_keep: KEEP,
        }
    }
}

/// Makes backups of a log that goes on.
#[derive(Clone)]
pub struct Copier(Arc<Store>);

impl Copier {
    /// Copies everything that is durable now into a new directory. Should a snapshot be replaced
    /// meanwhile it fails, and can be tried again into another directory.
    ///
    /// # Errors
    /// [`Error`] when something cannot be read, or the copy cannot be written.
    pub fn backup(&self, to: &Path) -> Result<Backup, Error> {
        backup::write_backup(&self.0, to)
    }
}

/// A log on a local disk.
pub struct FjallLog {
    options: Options,
    store: Arc<Store>,
    live: Keyspace,
    /// The first record of the live segment.
    live_first: Seq,
    /// Bytes that were written to it since it was opened.
    live_bytes: u64,
    /// The next snapshot is due after this record.
    due: Seq,
    job: Option<Job>,
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
        let written = journal::last_written(&options.dir)?;
        let store = Arc::new(Store::open(&options.dir)?);
        let heads = Heads::read(&store)?;
        let start = heads.start();
        let batches = store.batches_from(Seq(start.tip.last.0 + 1))?;
        let folded = recover::fold(start, &batches, options.threads, |share| heads.load(&store, share))?;
        drop(batches);
        journal::check_end(&options.dir, written, folded.tip.last)?;
        store.set_durable(folded.tip.last);
        let (live_first, live) = store.live_segment(folded.tip.last)?;
        let left_over = !store.segments_before(Seq(start.tip.last.0 + 1)).is_empty();
        let job = if left_over { Some(Job::start(Arc::clone(&store), None, &options)?) } else { None };
        let log = Self {
            due: Seq(start.tip.last.0.saturating_add(options.snapshot_every)),
            options,
            store,
            live,
            live_first,
            live_bytes: 0,
            job,
            tip: folded.tip,
            epoch: 0,
            done: None,
            stopped: None,
            buffer: Vec::new(),
        };
        Ok((log, folded.recovered))
    }

    /// Makes backups while this log goes on, from any thread. It keeps the directory in use.
    #[must_use]
    pub fn copier(&self) -> Copier {
        Copier(Arc::clone(&self.store))
    }

    /// Waits for a snapshot that is being made, if one is.
    ///
    /// # Errors
    /// What went wrong with it. The log itself is whole without a snapshot.
    pub fn finish_snapshot(&mut self) -> Result<(), Error> {
        self.job.take().map_or(Ok(()), Job::finish)
    }

    /// Seals the live segment and starts a snapshot of everything up to here.
    fn start_snapshot(&mut self) -> Result<(), Error> {
        let next = Seq(self.tip.last.0 + 1);
        if self.live_first != next {
            self.live = self.store.add_segment(next)?;
            self.live_first = next;
            self.live_bytes = 0;
        }
        self.due = Seq(self.tip.last.0.saturating_add(self.options.snapshot_every));
        self.job = Some(Job::start(Arc::clone(&self.store), Some(self.tip), &self.options)?);
        Ok(())
    }

    /// A snapshot and an archived segment need about as much again as the segment has.
    fn has_space_for_snapshot(&self) -> bool {
        self.has_space_for(2 * self.live_bytes)
    }

    fn has_space_for(&self, bytes: u64) -> bool {
        let needed = self.options.reserve_bytes.saturating_add(bytes);
        self.store.free_bytes().is_ok_and(|free| free > needed)
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
        if !self.has_space_for(parts.iter().map(|part| part.len() as u64).sum()) {
            return Err(AppendError::Full);
        }
        let first = Seq(self.tip.last.0 + 1);
        let hash = batch::seal(first, records, parts, self.tip.hash, &mut self.buffer);
        if let Err(error) = self.store.append(&self.live, first, &self.buffer) {
            return Err(self.stop(error.to_string()));
        }
        self.tip = Tip { last: Seq(self.tip.last.0 + u64::from(records)), hash };
        self.store.set_durable(self.tip.last);
        self.live_bytes += self.buffer.len() as u64;
        self.done = Some((id, first));
        Ok(first)
    }

    fn has_space(&self) -> bool {
        self.has_space_for(0)
    }

    fn last_seq(&self) -> Seq {
        self.tip.last
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.store) as Arc<dyn Reader>
    }

    fn maintain(&mut self) -> Result<(), AppendError> {
        if let Some(why) = &self.stopped {
            return Err(AppendError::Stopped(why.clone()));
        }
        if let Some(job) = self.job.take_if(|job| job.is_done()) {
            // The log itself is whole without a snapshot: the next one is tried when it is due.
            if let Err(error) = job.finish() {
                tracing::error!(%error, "housekeeping of the log failed");
            }
        }
        if self.job.is_none() && self.store.wants_a_new_journal() && self.has_space_for(NEW_JOURNAL_SPACE) {
            self.job = Job::new_journal(Arc::clone(&self.store)).ok();
        }
        if self.job.is_some() || self.tip.last < self.due || !self.has_space_for_snapshot() {
            return Ok(());
        }
        self.start_snapshot().map_err(|error| self.stop(error.to_string()))
    }

    fn guarantees(&self) -> Guarantees {
        Guarantees { survives_process_crash: true, survives_power_cut: true, replicas: 0 }
    }
}
