//! The thread that gathers: each second, half a second after its end, one object.

use super::interval::{Gauges, Interval, Noted};
use super::message::Teller;
use super::object::Object;
use super::rates::Rates;
use super::role_place;
use crate::server::Shared;
use onhand_actors::handle::Observed;
use onhand_engine::catalogue::Role;
use onhand_engine::time::Timestamp;
use onhand_protocol::message::{Every, Sockets, What};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long after its end a second waits for what is on its way to the log. What comes later is in the
/// next one.
const SLACK_MS: u64 = 500;
/// The longest sleep: engine time may stand still, or jump.
const SLEEP_MAX_MS: u64 = 250;
/// Seconds made up for one by one; a longer gap is one object.
const MISSED_MAX: u64 = 600;

/// The running thread; it ends when this is dropped.
pub(crate) struct Gatherer {
    stop: Option<SyncSender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

struct Work {
    shared: Arc<Shared>,
    /// The second up to which everything was gathered, counted from 1970.
    end: u64,
    last: Last,
    minute: Interval,
    rates: Rates,
}

/// Counts and states as they were.
#[derive(Default)]
struct Last {
    seq: u64,
    levels: u64,
    bytes: u64,
    busy_ns: Vec<Option<u64>>,
    disk_full: bool,
    stopped: bool,
}

impl Gatherer {
    /// Begins with the second that runs.
    pub(crate) fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        shared.handle.start_collecting();
        let work = Work::new(shared);
        let (stop, stopped) = sync_channel(0);
        let thread = std::thread::Builder::new().name("onhand-metrics".to_owned()).spawn(move || work.run(&stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Gatherer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Work {
    fn new(shared: Arc<Shared>) -> Self {
        let end = shared.handle.now().0 / 1_000;
        let observed = shared.handle.observe();
        let last = Last { seq: observed.last_seq.0, stopped: observed.stopped, ..Last::default() };
        let mut work = Self { shared, end, last, minute: Interval::default(), rates: Rates::default() };
        work.last.levels = work.shared.meters.levels.total();
        work.last.bytes = work.shared.meters.bytes.total();
        work.last.busy_ns = work.busy_ns(observed.inbox_depth.len());
        work
    }

    fn run(mut self, stopped: &Receiver<Infallible>) {
        loop {
            let due_ms = (self.end + 1) * 1_000 + SLACK_MS;
            let wait_ms = due_ms.saturating_sub(self.shared.handle.now().0).clamp(1, SLEEP_MAX_MS);
            match stopped.recv_timeout(Duration::from_millis(wait_ms)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if catch_unwind(AssertUnwindSafe(|| self.catch_up())).is_err() {
                tracing::error!("gathering metrics panicked; it goes on with the next second");
            }
        }
    }

    /// Gathers every second that is over.
    fn catch_up(&mut self) {
        let over = self.shared.handle.now().0.saturating_sub(SLACK_MS) / 1_000;
        if over > self.end + MISSED_MAX {
            self.gather(over);
        }
        while self.end < over {
            self.gather(self.end + 1);
        }
    }

    /// Gathers up to the end of a second.
    fn gather(&mut self, end: u64) {
        let begin = std::mem::replace(&mut self.end, end);
        let time = Timestamp(end * 1_000);
        let gauges = self.gauges();
        let second = self.interval(end - begin, time, &gauges.observed);
        self.rates.sold(end, end - begin, second.figures.sold.iter());
        self.minute.absorb(&second);
        let shared = &self.shared;
        let teller = Teller { handle: &shared.handle, rates: &self.rates, gauges: &gauges, end: time };
        shared.desk.put(Every::Second, Object::new(&teller.message(&second)));
        if end / 60 > begin / 60 {
            let minute = std::mem::take(&mut self.minute);
            shared.desk.put(Every::Minute, Object::new(&teller.message(&minute)));
        }
        shared.desk.tell();
    }

    fn interval(&mut self, seconds: u64, time: Timestamp, observed: &Observed) -> Interval {
        let mut interval = Interval { seconds, figures: self.shared.handle.collect(time), ..Interval::default() };
        for worker in self.shared.desk.workers().iter() {
            worker.latency.read_into(&mut interval.latency);
        }
        let busy_ns = self.busy_ns(observed.inbox_depth.len());
        let noted = self.turned(time, observed);
        let Self { last, shared, .. } = self;
        let since = |last: &mut u64, now: u64| now.saturating_sub(std::mem::replace(last, now));
        interval.records = since(&mut last.seq, observed.last_seq.0);
        interval.levels_sent = since(&mut last.levels, shared.meters.levels.total());
        interval.bytes_sent = since(&mut last.bytes, shared.meters.bytes.total());
        let before = std::mem::replace(&mut last.busy_ns, busy_ns.clone());
        let used = busy_ns.into_iter().zip(before).map(|(now, before)| Some(now?.saturating_sub(before?)));
        interval.busy_ns = used.collect();
        interval.note(noted);
        interval
    }

    /// What has turned with the log since the last time.
    fn turned(&mut self, time: Timestamp, observed: &Observed) -> Vec<Noted> {
        let mut noted = Vec::new();
        let mut note = |what| noted.push(Noted { time, what, spot: None });
        match (std::mem::replace(&mut self.last.disk_full, observed.disk_full), observed.disk_full) {
            (false, true) => note(What::DiskFull),
            (true, false) => note(What::DiskOk),
            _ => {}
        }
        if observed.stopped && !std::mem::replace(&mut self.last.stopped, true) {
            note(What::LogStopped);
        }
        noted
    }

    fn busy_ns(&self, shards: usize) -> Vec<Option<u64>> {
        let mut busy = vec![None; shards];
        for worker in self.shared.desk.workers().iter() {
            if let Some(place) = busy.get_mut(worker.no) {
                *place = worker.usage.as_ref().and_then(super::Usage::busy_ns);
            }
        }
        busy
    }

    fn gauges(&self) -> Gauges {
        let workers = self.shared.desk.workers();
        let of = |place: usize| {
            let counts = workers.iter().filter_map(|worker| worker.roles.get(place));
            counts.map(|count: &AtomicU64| count.load(Ordering::Relaxed)).sum()
        };
        let sockets = Sockets {
            all: u64::try_from(self.shared.sockets.load(Ordering::Relaxed)).unwrap_or(u64::MAX),
            till: of(role_place(Role::Till)),
            web: of(role_place(Role::Web)),
            shopper: of(super::ROLES - 1),
            analyst: of(role_place(Role::Analyst)),
            operations: of(role_place(Role::Operations)),
            admin: of(role_place(Role::Admin)),
        };
        Gauges { observed: self.shared.handle.observe(), sockets, watched: self.shared.meters.watched.now() }
    }
}
