//! Housekeeping on a thread of its own: a snapshot of what is sealed, then archive and drop the
//! segments it replaces.
//!
//! The order is what makes a crash harmless: snapshot durable, its head in `meta`, segment in the
//! archive, segment dropped. Every step can be done again.

use super::Options;
use super::archive::KEEP;
use super::keyspaces::Store;
use super::snapshot::{self, Heads, MEMOS, SNAPSHOT, name};
use crate::batch::Tip;
use crate::log::Error;
use crate::recover;
use onhand_engine::ids::Seq;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A running job.
pub(super) struct Job {
    handle: Option<JoinHandle<Result<(), Error>>>,
    cancelled: Arc<AtomicBool>,
}

impl Job {
    /// Starts a snapshot of everything up to `sealed`, or only tidies up when there is none to make.
    pub(super) fn start(store: Arc<Store>, sealed: Option<Tip>, options: &Options) -> Result<Self, Error> {
        let keep = options.archive_keep;
        Self::run(move |stop| {
            if let Some(tip) = sealed {
                make_snapshot(&store, tip, stop)?;
            }
            if !stop.load(Ordering::Relaxed) {
                tidy(&store, keep)?;
            }
            Ok(())
        })
    }

    /// Begins a new journal.
    pub(super) fn new_journal(store: Arc<Store>) -> Result<Self, Error> {
        Self::run(move |_| store.begin_new_journal())
    }

    fn run(work: impl FnOnce(&AtomicBool) -> Result<(), Error> + Send + 'static) -> Result<Self, Error> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&cancelled);
        let run = move || {
            // The sale's path comes first. When the system says no, we are merely not polite.
            let _ = rustix::process::nice(10);
            work(&stop)
        };
        let handle = std::thread::Builder::new()
            .name("snapshot".into())
            .spawn(run)
            .map_err(|source| Error::Io { what: "starting the snapshot's thread".into(), source })?;
        Ok(Self { handle: Some(handle), cancelled })
    }

    pub(super) fn is_done(&self) -> bool {
        self.handle.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let lost = || Err(Error::Storage("the snapshot's thread panicked".into()));
        self.handle.take().map_or(Ok(()), |handle| handle.join().unwrap_or_else(|_| lost()))
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn make_snapshot(store: &Store, sealed: Tip, stop: &AtomicBool) -> Result<(), Error> {
    let heads = Heads::read(store)?;
    let start = heads.start();
    if start.tip == sealed {
        return Ok(());
    }
    let mut batches = store.batches_from(Seq(start.tip.last.0 + 1))?;
    batches
        .truncate(batches.partition_point(|bytes| {
            crate::batch::whole(bytes).is_ok_and(|stored| stored.header.first <= sealed.last)
        }));
    let folded = recover::fold(start, &batches, 1, |share| heads.load_world(store, share))?;
    if folded.tip != sealed {
        return Err(Error::Corrupt("the log read back for a snapshot is not what was written".into()));
    }
    drop(batches);
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    let recovered = folded.recovered;
    // Folded by one thread, they are in one list.
    let remembered = recovered.remembered.into_iter().next().unwrap_or_default();
    snapshot::write(store, &recovered.world, &remembered, sealed, recovered.last_time)
}

/// Drops what the newest snapshot has replaced.
pub(super) fn tidy(store: &Store, keep: onhand_engine::time::Millis) -> Result<(), Error> {
    let heads = Heads::read(store)?;
    let Some(head) = &heads.snapshot else { return Ok(()) };
    let archived: Vec<Seq> = store.archive().entries()?.iter().map(|entry| entry.first).collect();
    for first in store.segments_before(Seq(head.tip.last.0 + 1)) {
        if !archived.contains(&first) {
            store.archive().add(&store.segment_batches(first)?)?;
        }
        store.drop_segment(first)?;
    }
    let needed: Vec<String> = std::iter::once(name(SNAPSHOT, head.tip.last))
        .chain(heads.memos.iter().map(|memo| name(MEMOS, memo.tip.last)))
        .collect();
    store.drop_parts_except(&needed)?;
    store.archive().prune(head.time, if keep.0 == 0 { KEEP } else { keep })?;
    store.rotate_journal()
}
