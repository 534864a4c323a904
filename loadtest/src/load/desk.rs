//! What everybody in a run shares, on one thread: the plan, the books, the figures.

use super::audit::{Auditor, Span};
use super::conditions::Conditions;
use super::keys::Keys;
use super::ledger::Kind;
use super::measure::Measure;
use super::phrases::Phrases;
use super::plan::{COOL_DOWN, FLASH_DROP, Plan};
use super::{Error, Options};
use crate::chance::Chance;
use crate::clock::{Beat, Stopwatch, wall_ms};
use futures_util::StreamExt;
use onhand_protocol::client::{self, Socket};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// How long answers may take after the last request.
pub(super) const DRAIN: Duration = Duration::from_secs(10);

pub(super) struct Desk {
    pub(super) options: Options,
    pub(super) plan: Plan,
    pub(super) auditor: RefCell<Auditor>,
    pub(super) measure: RefCell<Measure>,
    pub(super) chance: RefCell<Chance>,
    pub(super) phrases: Phrases,
    /// By phase: who wants the item of the flash drop.
    pub(super) flash_percent: Vec<Flash>,
    pub(super) watch: Cell<Stopwatch>,
    /// The server's time at the start, in milliseconds since 1970.
    pub(super) start_ms: Cell<i64>,
    /// What the server's clock shows beyond ours.
    pub(super) ahead_ms: i64,
    /// Connections that ask; the first so many are tills, the others shoppers.
    pub(super) sellers: usize,
    pub(super) tills: usize,
    pub(super) keys: Keys,
    pub(super) patience_us: u64,
    /// Whether planned requests are still made.
    pub(super) open: Cell<bool>,
    /// The number of the next request of the run, when there is no plan.
    pub(super) next: Cell<u64>,
    /// Requests of the plan that are due: those with a lower number.
    pub(super) due: Cell<u64>,
    /// Of these, sent or given up.
    pub(super) taken: Cell<u64>,
    pub(super) conditions: Conditions,
    /// How much of a core this thread needed while it asked.
    pub(super) client_busy: Cell<f64>,
    /// Wakes everybody when it is over.
    pub(super) over: Notify,
}

/// How much one phase wants the item of the flash drop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flash {
    /// So many of a hundred requests are for it.
    pub(super) wanted: u64,
    /// Whether everybody who holds one buys it.
    pub(super) bought: bool,
}

impl Flash {
    /// By phase. What is let go in the drop is on sale again in the cool down, where all that is held is
    /// bought: so in the end nobody who wanted one is missing, and none is left.
    pub(super) fn by_phase(plan: &Plan, hold_ms: u64) -> Vec<Self> {
        let comes_back = |us: u64| us / 1_000 > 2 * hold_ms;
        let of = |step: &super::plan::Step| match step.name.as_str() {
            FLASH_DROP => Self { wanted: 80, bought: !comes_back(step.end_us - step.start_us) },
            COOL_DOWN => Self { wanted: 20, bought: true },
            _ => Self::default(),
        };
        plan.steps().iter().map(of).collect()
    }
}

/// What the plan wants of one connection.
pub(super) struct Turns {
    pub(super) wake: Notify,
    /// When its shopper wants to do something next.
    pub(super) errand_us: Cell<u64>,
}

impl Turns {
    /// Nothing is due.
    pub(super) fn idle() -> Self {
        Self { wake: Notify::new(), errand_us: Cell::new(u64::MAX) }
    }
}

impl Desk {
    /// Everything is ready: time counts from now.
    pub(super) fn start(&self) {
        self.watch.set(Stopwatch::start());
        self.start_ms.set(self.server_ms());
    }

    /// What the server's clock shows, in milliseconds since 1970.
    pub(super) fn server_ms(&self) -> i64 {
        wall_ms() + self.ahead_ms
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.watch.get().elapsed()
    }

    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Requests that are due, and wait for a connection to send them.
    pub(super) fn waiting(&self) -> u64 {
        self.due.get().saturating_sub(self.taken.get())
    }

    /// In whole milliseconds, for the auditor.
    pub(super) fn span(&self, sent_us: u64, answered_us: u64) -> Span {
        let ms = |us: u64| u32::try_from(us / 1_000).unwrap_or(u32::MAX);
        Span { sent_ms: ms(sent_us), answered_ms: ms(answered_us) }
    }

    /// Tells everybody what is due, until all is over; what shoppers want to do goes on after the plan.
    pub(super) async fn conduct(&self, turns: &[Rc<Turns>]) {
        let per_second = self.plan.steps().iter().map(|step| self.plan.rate_at(step.start_us)).fold(1.0, f64::max);
        let period_us = (1e6 / per_second).clamp(250.0, 2_000.0);
        let beat = Beat::every(Duration::from_micros(period_us as u64));
        loop {
            let now_us = self.now_us();
            if self.open.get() {
                self.advance(turns, now_us);
            }
            for turns in turns.get(self.tills..).unwrap_or_default() {
                if turns.errand_us.get() <= now_us {
                    turns.errand_us.set(u64::MAX);
                    turns.wake.notify_one();
                }
            }
            beat.next().await;
        }
    }

    /// Wakes those whose turn has come.
    pub(super) fn advance(&self, turns: &[Rc<Turns>], now_us: u64) {
        let (before, due) = (self.due.get(), self.plan.due_by(now_us));
        let sellers = turns.len() as u64;
        self.due.set(due.max(before));
        for number in before..due.min(before + sellers) {
            turns[usize::try_from(number % sellers).unwrap_or(0)].wake.notify_one();
        }
    }

    /// What a shopper will do with a unit that is now held, and when; none: nothing, it will expire.
    pub(super) fn decide(&self, now_us: u64, reservation: usize, bought: bool) -> Option<(u64, Kind, usize)> {
        let mut chance = self.chance.borrow_mut();
        let hold_us = self.auditor.borrow().goods().hold_ms() * 1_000;
        let soon = now_us + hold_us / 20 + chance.below(hold_us / 3);
        match chance.below(100) {
            _ if bought => Some((soon, Kind::Purchase, reservation)),
            0..75 => Some((soon, Kind::Purchase, reservation)),
            75..87 => Some((soon, Kind::Release, reservation)),
            87..97 => None,
            // Too late: paid when the unit was no longer held.
            _ => Some((now_us + hold_us + 100_000 + chance.below(400_000), Kind::Purchase, reservation)),
        }
    }
}

/// Opens the sockets with a key, some at a time.
pub(super) async fn open_all(options: &Options, key: &str, count: usize) -> Result<Vec<Socket>, Error> {
    let mut sockets = Vec::with_capacity(count);
    let open = (0..count).map(|_| client::open(&options.server, Some(key)));
    let mut opened = futures_util::stream::iter(open).buffer_unordered(32);
    while let Some(socket) = opened.next().await {
        sockets.push(socket?);
    }
    Ok(sockets)
}
