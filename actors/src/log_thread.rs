//! The log thread: everything queued becomes one append; once it is durable, its effects are
//! released: first the published view, then outcomes, then levels.

use crate::clock::Stopwatch;
use crate::drained::{Drained, Replies};
use crate::port::LevelChange;
use crate::shared::{News, Shared};
use crossbeam::channel::{Receiver, RecvTimeoutError};
use hashbrown::HashSet;
use onhand_engine::ids::{LocationId, Seq, SkuId};
use onhand_engine::refusal::Refusal;
use onhand_persistence::log::{AppendError, BatchId, Fence, Log};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long to wait before a full disk is tried again, and how often housekeeping runs when idle.
const PAUSE: Duration = Duration::from_millis(200);

/// The one writer.
pub(crate) struct LogThread {
    pub(crate) log: Box<dyn Log>,
    pub(crate) fence: Fence,
    pub(crate) queue: Receiver<Drained>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) last_batch: BatchId,
    /// What is being written. Kept here, so that a panic leaves nobody without an answer.
    pub(crate) batch: Vec<Drained>,
}

impl LogThread {
    /// Works until every shard has let go of the queue. Whatever goes wrong in it, nobody waits for
    /// ever: everything is refused.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            self.shared.meters.panics.increment(1);
            self.shared.stop("the log thread panicked");
            let mut batch = std::mem::take(&mut self.batch);
            self.fail(&Refusal::LogStopped, &mut batch);
        }
    }

    fn work(&mut self) {
        loop {
            match self.queue.recv_timeout(PAUSE) {
                Ok(first) => {
                    self.batch.push(first);
                    self.batch.extend(self.queue.try_iter());
                    self.write();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if !self.is_stopped()
                && let Err(error) = self.log.maintain()
            {
                self.stop(&error);
            }
        }
    }

    fn write(&mut self) {
        let first = if self.is_stopped() { Err(Refusal::LogStopped) } else { self.append() };
        let mut batch = std::mem::take(&mut self.batch);
        match first {
            Ok(first) => self.release(first, &mut batch),
            Err(refusal) => self.fail(&refusal, &mut batch),
        }
        self.batch = batch;
    }

    /// The place of the first record of the batch, once all of it is durable.
    fn append(&mut self) -> Result<Seq, Refusal> {
        let batch = &self.batch;
        let records = batch.iter().map(|drained| drained.records).sum();
        if records == 0 {
            return Ok(Seq(self.shared.last_seq.load(Ordering::Relaxed) + 1));
        }
        let parts: Vec<&[u8]> = batch.iter().map(|d| d.bytes.as_slice()).filter(|part| !part.is_empty()).collect();
        self.last_batch.0 += 1;
        let mut asked_again = false;
        loop {
            let watch = Stopwatch::start();
            match self.log.append(&mut self.fence, self.last_batch, records, &parts) {
                Ok(first) => {
                    self.shared.meters.append_seconds.record(watch.seconds());
                    self.shared.meters.batch_records.record(records);
                    self.shared.meters.disk_full.set(0.0);
                    self.shared.last_seq.store(first.0 + u64::from(records) - 1, Ordering::Release);
                    self.shared.disk_full.store(false, Ordering::Release);
                    return Ok(first);
                }
                Err(AppendError::Full) => {
                    self.shared.meters.disk_full.set(1.0);
                    self.shared.disk_full.store(true, Ordering::Release);
                    if self.shared.stopping.load(Ordering::Acquire) {
                        // What comes after builds on what is given up here: none of it may be written.
                        self.shared.stop("the disk was full until the end");
                        return Err(Refusal::DiskFull);
                    }
                    std::thread::park_timeout(PAUSE);
                }
                Err(AppendError::Unknown(_)) if !asked_again => asked_again = true,
                Err(error) => {
                    self.stop(&error);
                    return Err(Refusal::LogStopped);
                }
            }
        }
    }

    fn release(&self, first: Seq, batch: &mut Vec<Drained>) {
        let shared = &self.shared;
        batch.iter().for_each(|drained| shared.view.put_levels(&drained.levels));
        let mut replies = Replies::default();
        let mut chain_changed = false;
        let mut payments = Vec::new();
        let mut next = first;
        for drained in batch.iter_mut() {
            drained.totals.drain(..).for_each(|(location, totals)| shared.view.put_totals(location, totals));
            drained.holds.drain(..).for_each(|change| shared.view.put_hold(change));
            drained.layaways.drain(..).for_each(|change| shared.view.put_layaway(change));
            drained.sessions.drain(..).for_each(|change| shared.view.put_session(&change));
            drained.owners.drain(..).for_each(|change| shared.directory.put_owner(change));
            payments.append(&mut drained.payments);
            chain_changed |= !drained.chain.is_empty();
            drained.chain.drain(..).for_each(|change| shared.directory.put(change));
            drained.part.take().into_iter().for_each(|part| shared.desk.put(*part));
            drained.replies.durable_from(next);
            replies.append(&mut drained.replies);
            next.0 += u64::from(drained.records);
        }
        if chain_changed {
            shared.ports.each(|port| port.chain_changed());
        }
        shared.view.put_payments(&payments, shared.clock.now());
        shared.ports.deliver(&mut replies);
        if !payments.is_empty() {
            let payments = Arc::from(payments);
            shared.ports.each(|port| port.payments(&payments));
        }
        // Looked at when they are published: whoever begins to watch now finds them there.
        if shared.ports.any(|port| port.wants_levels()) {
            let told = newest(batch);
            if !told.is_empty() {
                shared.ports.each(|port| port.levels(Arc::clone(&told)));
            }
        }
        self.give_back(Some(first), batch);
    }

    fn fail(&self, refusal: &Refusal, batch: &mut Vec<Drained>) {
        for drained in batch.iter_mut() {
            drained.replies.fail(refusal);
            self.shared.ports.deliver(&mut drained.replies);
        }
        self.give_back(None, batch);
    }

    /// `first` is where the batch is in the log; none when it is not there.
    fn give_back(&self, mut first: Option<Seq>, batch: &mut Vec<Drained>) {
        for drained in batch.drain(..) {
            let next = first.map(|first| Seq(first.0 + u64::from(drained.records)));
            self.shared.log_queue.fetch_sub(1, Ordering::Relaxed);
            self.shared.inboxes[drained.shard].tell(News { first, drained });
            first = next;
        }
    }

    fn stop(&self, error: &AppendError) {
        self.shared.stop(&error.to_string());
    }

    fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }
}

/// The newest level of each SKU; nobody watches shelves that are only trained at. A drain names a SKU once, and a
/// location belongs to one shard.
fn newest(batch: &[Drained]) -> Arc<[LevelChange]> {
    let newest_first = batch.iter().rev().flat_map(|drained| drained.levels.iter().rev());
    let watched = newest_first.filter(|change| !change.location.is_training());
    let mut seen: HashSet<(LocationId, SkuId)> = HashSet::new();
    let is_only = batch.len() == 1;
    let mut levels: Vec<LevelChange> =
        watched.filter(|change| is_only || seen.insert((change.location, change.sku))).copied().collect();
    levels.reverse();
    Arc::from(levels)
}
