//! The way in. A handle is cheap to clone and safe to use from any thread.

use crate::clock::Clock;
use crate::directory::Directory;
use crate::drained::{Drained, Ports};
use crate::figures::Figures;
use crate::figures::desk::Desk;
use crate::log_thread::LogThread;
use crate::meters::Meters;
use crate::places::Places;
use crate::port::{Envelope, LevelChange, PaymentChange, Port, PortId};
use crate::scanning::{Found, SalesOf, Scan, Scanned};
use crate::shard::{Shard, StepPort};
use crate::shared::{Inbox, Shared};
use crate::view::View;
use crate::{finding, kits, remembered, scanning};
use actix::Actor;
use actix_rt::{Arbiter, ArbiterHandle, System};
use crossbeam::channel::Sender;
use onhand_engine::chain::Chain;
use onhand_engine::command::Command;
use onhand_engine::event::Record;
use onhand_engine::ids::{LocationId, OrderId, Owner, ReservationId, Seq, SessionNo, SkuId, TillNo};
use onhand_engine::layaway::Layaway;
use onhand_engine::level::Level;
use onhand_engine::report::Sessions;
use onhand_engine::store::{Reservation, Totals};
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use onhand_persistence::format;
use onhand_persistence::log::{BatchId, Error, Log, Partition, Recovered, Remembered};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

/// Bytes of the log read at a time for the feed of events.
const EVENTS_BYTES_MAX: usize = 1 << 20;

/// How the actors run. Every queue has a limit.
#[derive(Clone, Debug)]
pub struct Options {
    /// Shards; one per core.
    pub shards: usize,
    /// Commands one shard's inbox holds before it refuses with 5001.
    pub inbox_max: usize,
    /// While commands wait longer than this for their turn, a shard's inbox refuses more with 5001.
    pub wait_max: Millis,
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
    /// When the oldest of them began; none when there is none.
    pub oldest_hold: Option<Timestamp>,
    /// Batches waiting for the log.
    pub log_queue: usize,
    /// The last durable record.
    pub last_seq: Seq,
    /// Whether writes are refused because the disk is full.
    pub disk_full: bool,
    /// Whether the log has stopped.
    pub stopped: bool,
}

impl Default for Options {
    /// For one process on a machine of a few cores.
    fn default() -> Self {
        let shards = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { shards, inbox_max: 100_000, wait_max: Millis(100), log_queue_max: 64, remember_ms: 24 * 3_600_000 }
    }
}

/// Where a test may let the actors fail: it is called with the command and panics, or not.
pub type Sabotage = fn(&Command, Stage);

/// What a shard is doing with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It decides; nothing has changed.
    Deciding,
    /// It folds the event in; the first SKU has changed and the rest has not.
    FoldingIn,
}

/// What surrounds the actors.
#[derive(Default)]
pub struct Surroundings {
    /// Where engine time comes from.
    pub clock: Clock,
    /// Fault injection, for tests.
    pub sabotage: Option<Sabotage>,
}

/// The running actors.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    arbiters: Vec<ArbiterHandle>,
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    system: System,
    system_thread: JoinHandle<()>,
    arbiters: Vec<Arbiter>,
    log_thread: JoinHandle<()>,
    done: mpsc::Receiver<usize>,
}

impl Handle {
    /// Starts shards, timers and the log thread on what was recovered.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be acquired or a thread cannot be started.
    pub fn start(options: Options, log: Box<dyn Log>, recovered: Recovered) -> Result<Self, Error> {
        Self::start_with(options, log, recovered, Surroundings::default())
    }

    /// The same in surroundings of the caller's.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be acquired or a thread cannot be started.
    pub fn start_with(
        options: Options,
        mut log: Box<dyn Log>,
        recovered: Recovered,
        surroundings: Surroundings,
    ) -> Result<Self, Error> {
        let Surroundings { clock, sabotage } = surroundings;
        let shards = options.shards.max(1);
        let fence = log.acquire(Partition::default())?;
        clock.not_before(recovered.last_time);
        let (to_log, queue) = crossbeam::channel::bounded(shards * options.log_queue_max.max(1) + shards);
        let shared = Arc::new(Shared {
            directory: Directory::new(clock.clone()),
            clock,
            view: View::default(),
            ports: Ports::default(),
            desk: Desk::default(),
            meters: Meters::new(shards),
            sabotage,
            inboxes: (0..shards).map(|_| Inbox::default()).collect(),
            reader: log.reader(),
            last_seq: AtomicU64::new(recovered.last_seq.0),
            log_queue: AtomicUsize::new(0),
            disk_full: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            options,
        });
        shared.directory.load(&recovered.world.chain);
        for shard in 0..shards {
            // First of all, so that a shard's port has its number.
            shared.ports.register(Arc::new(StepPort { shared: Arc::downgrade(&shared), shard }));
        }
        let (system, system_thread, arbiters) = start_arbiters(shards)?;
        let handles: Vec<ArbiterHandle> = arbiters.iter().map(Arbiter::handle).collect();
        let (done_sender, done) = mpsc::sync_channel(shards);
        start_shards(&shared, &handles, recovered, &to_log, &done_sender)?;
        drop(to_log);
        let writer = LogThread {
            log,
            fence,
            queue,
            shared: Arc::clone(&shared),
            last_batch: BatchId::default(),
            batch: Vec::new(),
        };
        let log_thread = spawn("log", move || writer.run())?;
        let threads = Threads { system, system_thread, arbiters, log_thread, done };
        Ok(Self { inner: Arc::new(Inner { shared, arbiters: handles, threads: Mutex::new(Some(threads)) }) })
    }

    /// Registers where replies and levels go. Ports live as long as the process.
    pub fn register(&self, port: Arc<dyn Port>) -> PortId {
        self.shared().ports.register(port)
    }

    /// Hands commands to their shards, in order, one message per shard. A full inbox answers through
    /// the port with 5001 before this returns; nothing is dropped silently. Empties the batch.
    pub fn submit(&self, batch: &mut Vec<Envelope>) {
        let mut by_shard: Vec<Vec<Envelope>> = self.shared().inboxes.iter().map(|_| Vec::new()).collect();
        for envelope in batch.drain(..) {
            by_shard[self.shard_of(envelope.command.location)].push(envelope);
        }
        for (shard, own) in by_shard.iter_mut().enumerate().filter(|(_, own)| !own.is_empty()) {
            self.submit_to(shard, own);
        }
    }

    /// The same with commands that are all of one shard. The batch comes back empty, often with the room of another.
    pub fn submit_to(&self, shard: usize, batch: &mut Vec<Envelope>) {
        self.shared().submit_to(shard, batch);
    }

    /// The arbiters that the shards run on, one each: a gateway's sockets do best on the same threads.
    pub fn arbiters(&self) -> &[ArbiterHandle] {
        &self.inner.arbiters
    }

    /// Starts a task on the arbiter of a shard (counted round the shards there are). The task need not
    /// be `Send`; it is dropped when the actors stop. False when they have stopped already.
    pub fn spawn_on<F, T>(&self, shard: usize, task: F) -> bool
    where
        F: FnOnce() -> T + Send + 'static,
        T: Future<Output = ()> + 'static,
    {
        let arbiter = &self.inner.arbiters[shard % self.inner.arbiters.len()];
        arbiter.spawn_fn(move || {
            actix_rt::spawn(task());
        })
    }

    /// The shard of a location.
    pub fn shard_of(&self, location: LocationId) -> usize {
        self.shared().shard_of(location)
    }

    /// How long commands wait for their turn at the moment, by shard: how hard each is pressed.
    pub fn waits(&self) -> impl Iterator<Item = Millis> + '_ {
        (0..self.shared().inboxes.len()).map(|shard| self.shared().wait_of(shard))
    }

    /// Catalogue, locations and keys as of the last durable change.
    pub fn directory(&self) -> &Directory {
        &self.shared().directory
    }

    /// The published level: durable, and the same on every read path at one version. Zero at version
    /// zero for a SKU that was never touched there.
    pub fn level(&self, location: LocationId, sku: SkuId) -> Level {
        self.level_change(location, sku).map(|change| change.level).unwrap_or_default()
    }

    /// The published level with the time of its decision; nothing when it was never touched. That of a kit is
    /// derived from those of its parts.
    pub fn level_change(&self, location: LocationId, sku: SkuId) -> Option<LevelChange> {
        let Shared { directory, view, .. } = self.shared();
        match directory.kits.is_one(sku).then(|| directory.item(sku)).flatten() {
            Some(kit) => kits::level(view, location, &kit),
            None => view.level(location, sku),
        }
    }

    /// Whether an item is a kit.
    pub fn is_kit(&self, sku: SkuId) -> bool {
        self.shared().directory.kits.is_one(sku)
    }

    /// The kits that an item is in: their levels change with its own.
    pub fn kits_with(&self, part: SkuId) -> Vec<SkuId> {
        self.shared().directory.kits.with(part)
    }

    /// Published levels of a location, kits among them, in the order of their SKU, after a SKU, at most so many.
    pub fn levels(&self, location: LocationId, after: Option<SkuId>, max: usize) -> Vec<LevelChange> {
        let Shared { directory, view, .. } = self.shared();
        let own = view.levels(location, after, max);
        if directory.kits.are_none() {
            return own;
        }
        let kits = directory.kits.after(after).into_iter().filter_map(|sku| directory.item(sku));
        kits::among(own, kits.filter_map(|kit| kits::level(view, location, &kit)), max)
    }

    /// What a location sold per channel, as of the last durable record of its shard.
    pub fn totals(&self, location: LocationId) -> [Totals; 3] {
        self.shared().view.totals(location)
    }

    /// A live reservation, where there is one.
    pub fn reservation(&self, location: LocationId, id: ReservationId) -> Option<Reservation> {
        self.shared().view.hold(location, id)
    }

    /// The payments of a location that are not ended, as of the last durable record.
    pub fn payments(&self, location: LocationId) -> Vec<PaymentChange> {
        self.shared().view.payments(location)
    }

    /// Tells the metrics what only shows when it is looked at.
    pub fn tell_metrics(&self) {
        crate::meters::payments::tell_oldest_unknown(self.shared().view.oldest_unknown_payment(), self.now());
    }

    /// The suspended baskets of a location, in the order of their names.
    pub fn suspended(&self, location: LocationId) -> Vec<(ReservationId, Reservation)> {
        self.shared().view.suspended(location)
    }

    /// The open layaways of a location after one, in the order of their names, at most so many.
    pub fn layaways(&self, location: LocationId, after: Option<&OrderId>, max: usize) -> Vec<(OrderId, Arc<Layaway>)> {
        self.shared().view.layaways(location, after, max)
    }

    /// The durable record that closed a till session, with its Z and journal; none where it is open, never
    /// was, or lies before what the archive has.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be read.
    pub fn closed_session(
        &self,
        location: LocationId,
        till: TillNo,
        session: SessionNo,
    ) -> Result<Option<(Seq, Record)>, Error> {
        let shared = self.shared();
        let Some(closed) = shared.view.closed(location, till, session) else { return Ok(None) };
        let last = Seq(shared.last_seq.load(Ordering::Acquire));
        finding::find(&*shared.reader, last, location, closed, |event| event.closes(till, session))
    }

    /// The sessions of every till of the wanted locations, as of the last durable record.
    pub fn sessions(&self, wanted: impl Fn(LocationId) -> bool) -> Sessions {
        self.shared().view.sessions(wanted)
    }

    /// Goes through a part of the log on the thread of the caller, and tells the records of tills and of the website at
    /// the wanted locations, in order, until told to stop. Takes as long as it takes.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be read.
    pub fn scan(
        &self,
        scan: Scan,
        wanted: impl Fn(LocationId) -> bool,
        tell: impl FnMut(Found<'_>) -> ControlFlow<()>,
    ) -> Result<Scanned, Error> {
        scanning::scan(&*self.shared().reader, scan, wanted, tell)
    }

    /// The newest sales of an owner before a place in the log, newest first, on the thread of the caller. It goes back as
    /// long as `goes_on`, which is told how many records were looked at, says so.
    ///
    /// # Errors
    /// [`Error`] when the log cannot be read.
    pub fn sales_of(
        &self,
        owner: &Owner,
        before: Seq,
        max: usize,
        goes_on: impl FnMut(u64) -> bool,
    ) -> Result<SalesOf, Error> {
        scanning::sales_of(&*self.shared().reader, owner.as_str(), before, max, goes_on)
    }

    /// The last durable record.
    pub fn last_seq(&self) -> Seq {
        Seq(self.shared().last_seq.load(Ordering::Acquire))
    }

    /// Durable events after a place, in order, about so many at most: the feed to resume from.
    ///
    /// # Errors
    /// [`Error`] when they cannot be read.
    pub fn events(&self, after: Seq, max: usize) -> Result<Vec<(Seq, Record)>, Error> {
        let mut events: Vec<(Seq, Record)> = Vec::new();
        let last = self.shared().last_seq.load(Ordering::Acquire);
        let mut next = after.0.saturating_add(1);
        while events.len() < max && next <= last {
            let batches = self.shared().reader.read(Seq(next), EVENTS_BYTES_MAX)?;
            let from = next;
            for batch in batches {
                let records = format::decode(&batch.bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
                let numbered = (batch.first.0..).zip(records);
                next = next.max(batch.first.0 + u64::from(batch.records));
                events.extend(numbered.filter(|(seq, _)| *seq >= from).map(|(seq, record)| (Seq(seq), record)));
            }
            if next == from {
                break;
            }
        }
        events.truncate(max);
        Ok(events)
    }

    /// From now on what becomes durable is counted, for [`Handle::collect`].
    pub fn start_collecting(&self) {
        self.shared().desk.open();
    }

    /// What became durable of what was decided before a time, to the second, and was not collected yet;
    /// refusals, repeats, appends and stockouts up to now. For one caller, who comes every second.
    pub fn collect(&self, before: Timestamp) -> Figures {
        let shared = self.shared();
        let mut figures = Figures { stockouts: shared.view.stockouts.take(), ..Figures::default() };
        shared.desk.take(before, &mut figures);
        shared.meters.tell(&mut figures);
        figures
    }

    /// Engine time now.
    pub fn now(&self) -> Timestamp {
        self.shared().clock.now()
    }

    /// Wakes every shard to look at the clock: whoever moves a manual clock calls it.
    pub fn tick(&self) {
        self.shared().inboxes.iter().for_each(Inbox::wake);
    }

    /// What can be looked at.
    pub fn observe(&self) -> Observed {
        let shared = self.shared();
        let each = || shared.inboxes.iter();
        Observed {
            inbox_depth: each().map(|inbox| inbox.depth.load(Ordering::Relaxed)).collect(),
            sku_actors: each().map(|inbox| inbox.sku_actors.load(Ordering::Relaxed)).sum(),
            reservations: each().map(|inbox| inbox.reservations.load(Ordering::Relaxed)).sum(),
            oldest_hold: each()
                .map(|inbox| inbox.oldest_hold.load(Ordering::Relaxed))
                .filter(|began| *began > 0)
                .min()
                .map(Timestamp),
            log_queue: shared.log_queue.load(Ordering::Relaxed),
            last_seq: Seq(shared.last_seq.load(Ordering::Acquire)),
            disk_full: shared.disk_full.load(Ordering::Acquire),
            stopped: shared.stopped.load(Ordering::Acquire),
        }
    }

    /// Refuses new commands, waits until what was taken is durable and answered, stops the threads.
    /// Not to be called on an arbiter: it waits for them. A second call does nothing.
    pub fn stop(&self) {
        let shared = self.shared();
        shared.stopping.store(true, Ordering::Release);
        let Some(threads) = lock(&self.inner.threads).take() else { return };
        threads.log_thread.thread().unpark();
        self.tick();
        for _ in 0..shared.inboxes.len() {
            let _ = threads.done.recv();
        }
        let _ = threads.log_thread.join();
        for arbiter in threads.arbiters {
            arbiter.stop();
            let _ = arbiter.join();
        }
        threads.system.stop();
        let _ = threads.system_thread.join();
    }

    fn shared(&self) -> &Shared {
        &self.inner.shared
    }
}

fn start_arbiters(shards: usize) -> Result<(System, JoinHandle<()>, Vec<Arbiter>), Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = spawn("system", move || {
        let runner = System::new();
        let arbiters: Vec<Arbiter> = (0..shards).map(|_| Arbiter::new()).collect();
        let _ = sender.send((System::current(), arbiters));
        let _ = runner.run();
    })?;
    let (system, arbiters) = receiver.recv().map_err(|_| gone())?;
    Ok((system, thread, arbiters))
}

/// Each shard takes over its locations on its own thread; returns when all have.
fn start_shards(
    shared: &Arc<Shared>,
    arbiters: &[ArbiterHandle],
    recovered: Recovered,
    to_log: &Sender<Drained>,
    done: &mpsc::SyncSender<usize>,
) -> Result<(), Error> {
    let mut parts: Vec<Part> = arbiters.iter().map(|_| Part::default()).collect();
    parts[0].chain = recovered.world.chain;
    for (location, place) in recovered.world.places {
        parts[shared.shard_of(location)].places.push((location, place));
    }
    let lists = recovered.remembered.len();
    for (no, list) in recovered.remembered.into_iter().enumerate() {
        // A list of which every location is of one shard needs no sorting out.
        if lists.is_multiple_of(parts.len()) {
            let shard = no % parts.len();
            parts[shard].remembered.push(list);
            continue;
        }
        for part in &mut parts {
            part.remembered.push(Vec::new());
        }
        for entry in list {
            if let Some(list) = parts[shared.shard_of(entry.location())].remembered.last_mut() {
                list.push(entry);
            }
        }
    }
    let (ready_sender, ready) = mpsc::sync_channel(arbiters.len());
    for (no, (part, arbiter)) in parts.into_iter().zip(arbiters).enumerate() {
        let (shared, to_log, done, ready) = (Arc::clone(shared), to_log.clone(), done.clone(), ready_sender.clone());
        arbiter.spawn_fn(move || {
            let shard = part.load(no, Arc::clone(&shared), to_log, done);
            let _ = shared.inboxes[no].address.set(shard.start());
            let _ = ready.send(());
        });
    }
    for _ in arbiters {
        ready.recv().map_err(|_| gone())?;
    }
    Ok(())
}

/// What one shard takes over.
#[derive(Default)]
struct Part {
    chain: Chain,
    places: Vec<(LocationId, PlaceState)>,
    remembered: Vec<Vec<Remembered>>,
}

impl Part {
    fn load(self, no: usize, shared: Arc<Shared>, to_log: Sender<Drained>, done: mpsc::SyncSender<usize>) -> Shard {
        let mut places = Places::default();
        places.chain.chain = self.chain;
        for (location, place) in self.places {
            shared.view.load(location, &place, shared.clock.now());
            if !location.is_training() {
                shared.directory.load_accounts(&place.store.accounts);
            }
            places.load(location, place);
        }
        let mut remembered = remembered::Remembered::new(shared.options.remember_ms);
        remembered.load(self.remembered);
        Shard::new(no, shared, to_log, places, remembered, done)
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map_err(|source| Error::Io { what: format!("cannot start the {name} thread"), source })
}

fn gone() -> Error {
    Error::Io { what: "a thread ended while starting".to_owned(), source: std::io::ErrorKind::Other.into() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
