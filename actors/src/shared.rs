//! What handles, shards and the log thread share.

use crate::clock::Clock;
use crate::directory::Directory;
use crate::drained::{Drained, Ports, Replies};
use crate::figures::desk::Desk;
use crate::handle::{Options, Sabotage};
use crate::meters::{Meters, Tally};
use crate::port::{Envelope, Outcome, Ticket};
use crate::shard::{Shard, Wake};
use crate::view::View;
use actix::Addr;
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use onhand_persistence::log::Reader;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What everyone shares.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) directory: Directory,
    pub(crate) view: View,
    pub(crate) ports: Ports,
    pub(crate) desk: Desk,
    pub(crate) meters: Meters,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) inboxes: Vec<Inbox>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) last_seq: AtomicU64,
    pub(crate) log_queue: AtomicUsize,
    pub(crate) disk_full: AtomicBool,
    pub(crate) stopped: AtomicBool,
    pub(crate) stopping: AtomicBool,
}

/// What the log thread tells a shard about one of its drains; the emptied buffers come back with it.
pub(crate) struct News {
    /// The place of its first record; none when it was not written.
    pub(crate) first: Option<Seq>,
    pub(crate) drained: Drained,
}

/// A closed location read back from the log, by its place in the shard; nothing when it could not be.
pub(crate) struct Rebuilt {
    pub(crate) store: u32,
    pub(crate) place: Option<PlaceState>,
}

/// The way into one shard.
#[derive(Default)]
pub(crate) struct Inbox {
    queue: Mutex<Queue>,
    news: Mutex<Vec<News>>,
    wants_news: AtomicBool,
    rebuilt: Mutex<Vec<Rebuilt>>,
    brought_back: Mutex<Vec<(Ticket, Outcome)>>,
    /// Whether there is something in it.
    has_brought_back: AtomicBool,
    /// Commands taken and not yet decided.
    pub(crate) depth: AtomicUsize,
    /// When the oldest command taken and not yet decided came, in engine milliseconds; zero: there is none.
    oldest_ms: AtomicU64,
    scheduled: AtomicBool,
    pub(crate) address: OnceLock<Addr<Shard>>,
    pub(crate) sku_actors: AtomicUsize,
    pub(crate) reservations: AtomicUsize,
    /// When the oldest live reservation began; zero when there is none.
    pub(crate) oldest_hold: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Envelope>,
    /// When the first of these came.
    since: Timestamp,
    closed: bool,
}

/// So many commands may always wait at a shard: a moment's stall of the disk is no reason to refuse.
const ALWAYS_WAIT: usize = 4_096;
/// What one who was refused because too much waits is asked to wait before the next try.
const RETRY: Millis = Millis(20);

impl Shared {
    /// The shard of a location.
    pub(crate) fn shard_of(&self, location: LocationId) -> usize {
        location.part_of(self.inboxes.len() as u32) as usize
    }

    /// How long the commands of a shard wait for their turn at the moment; zero while they are few.
    pub(crate) fn wait_of(&self, shard: usize) -> Millis {
        let inbox = &self.inboxes[shard];
        let oldest_ms = inbox.oldest_ms.load(Ordering::Relaxed);
        if oldest_ms == 0 || inbox.depth.load(Ordering::Relaxed) < ALWAYS_WAIT {
            return Millis(0);
        }
        Millis(self.clock.now().0.saturating_sub(oldest_ms))
    }

    /// Hands commands to one shard, in order, as far as it has room; the rest is refused at once: a
    /// queue in which everybody waits too long helps nobody.
    pub(crate) fn submit_to(&self, shard: usize, batch: &mut Vec<Envelope>) {
        let inbox = &self.inboxes[shard];
        let refusal = if self.stopped.load(Ordering::Relaxed) {
            Refusal::LogStopped
        } else if self.stopping.load(Ordering::Relaxed) || !inbox.push(batch, self.clock.now(), &self.options) {
            Refusal::ShuttingDown
        } else {
            Refusal::Busy { retry_ms: RETRY.0 }
        };
        if batch.is_empty() {
            return;
        }
        let mut replies = Replies::default();
        let mut tally = Tally::default();
        for envelope in batch.drain(..) {
            tally.refused(refusal.number());
            replies.push(envelope.port, envelope.ticket, Outcome::Refused(refusal.clone()));
        }
        self.meters.add(&mut tally);
        self.ports.deliver(&mut replies);
    }

    /// Refuses everything from now on, and lets everyone know.
    pub(crate) fn stop(&self, why: &str) {
        tracing::error!("{why}");
        self.meters.log_stopped.set(1.0);
        self.stopped.store(true, Ordering::Release);
        self.ports.each(|port| port.stopped());
        self.inboxes.iter().for_each(Inbox::wake);
    }
}

impl Inbox {
    /// Takes commands from the front as far as there is room. False when the shard has closed.
    fn push(&self, batch: &mut Vec<Envelope>, now: Timestamp, options: &Options) -> bool {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return false;
        }
        let oldest_ms = self.oldest_ms.load(Ordering::Relaxed);
        let is_slow = oldest_ms > 0 && now.0.saturating_sub(oldest_ms) > options.wait_max.0;
        let max = if is_slow { ALWAYS_WAIT.min(options.inbox_max) } else { options.inbox_max };
        let room = max.saturating_sub(self.depth.load(Ordering::Relaxed));
        let taken = batch.len().min(room);
        if taken == 0 {
            return true;
        }
        self.depth.fetch_add(taken, Ordering::Relaxed);
        if queue.waiting.is_empty() {
            queue.since = now;
        }
        if taken == batch.len() && queue.waiting.is_empty() {
            std::mem::swap(&mut queue.waiting, batch);
        } else {
            queue.waiting.extend(batch.drain(..taken));
        }
        drop(queue);
        self.wake();
        true
    }

    /// Takes everything that waits into an empty list, whose room the next ones will have; and since when the
    /// first of it does.
    pub(crate) fn take(&self, into: &mut Vec<Envelope>) -> Timestamp {
        let mut queue = lock(&self.queue);
        std::mem::swap(&mut queue.waiting, into);
        queue.since
    }

    /// Since when the first of those that wait does.
    pub(crate) fn waiting_since(&self) -> Option<Timestamp> {
        let queue = lock(&self.queue);
        (!queue.waiting.is_empty()).then_some(queue.since)
    }

    /// Says since when the oldest command waits; none: all are decided.
    pub(crate) fn set_oldest(&self, since: Option<Timestamp>) {
        self.oldest_ms.store(since.map_or(0, |since| since.0), Ordering::Relaxed);
    }

    /// From now on a push wakes the shard again.
    pub(crate) fn awake(&self) {
        self.scheduled.store(false, Ordering::SeqCst);
    }

    /// Closes for good when nothing waits.
    pub(crate) fn close(&self) -> bool {
        let mut queue = lock(&self.queue);
        queue.closed = queue.waiting.is_empty();
        queue.closed
    }

    /// Wakes the shard, unless somebody has already.
    pub(crate) fn wake(&self) {
        if self.scheduled.swap(true, Ordering::SeqCst) {
            return;
        }
        // At most this one and the one being handled are in the actor's mailbox: it is never full.
        if let Some(Err(error)) = self.address.get().map(|address| address.try_send(Wake)) {
            tracing::debug!("shard cannot be woken: {error}");
        }
    }

    /// The log thread tells the shard about a drain, and wakes it if it waits for that.
    pub(crate) fn tell(&self, news: News) {
        lock(&self.news).push(news);
        if self.wants_news.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// The shard wants to be woken by the next news. It must look for news once more after this.
    pub(crate) fn want_news(&self) {
        self.wants_news.store(true, Ordering::SeqCst);
    }

    /// A closed location was read back.
    pub(crate) fn give_back(&self, rebuilt: Rebuilt) {
        lock(&self.rebuilt).push(rebuilt);
        self.wake();
    }

    /// The locations read back since the last time.
    pub(crate) fn take_rebuilt(&self) -> Vec<Rebuilt> {
        std::mem::take(&mut *lock(&self.rebuilt))
    }

    /// What came of steps that the shard asked for.
    pub(crate) fn bring_back(&self, outcomes: Vec<(Ticket, Outcome)>) {
        lock(&self.brought_back).extend(outcomes);
        self.has_brought_back.store(true, Ordering::Release);
        self.wake();
    }

    /// What came of steps since the last time.
    pub(crate) fn take_brought_back(&self, into: &mut Vec<(Ticket, Outcome)>) {
        if self.has_brought_back.swap(false, Ordering::AcqRel) {
            std::mem::swap(&mut *lock(&self.brought_back), into);
        }
    }

    /// All news since the last time.
    pub(crate) fn take_news(&self, into: &mut Vec<News>) {
        std::mem::swap(&mut *lock(&self.news), into);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
