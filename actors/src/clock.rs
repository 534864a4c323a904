//! Engine time: the only place that looks at the clock. It never goes back, also not over a restart
//! or when the machine's clock is set back.

use onhand_engine::time::{Millis, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where engine time comes from. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    last_ms: Arc<AtomicU64>,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    System,
    Manual,
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { last_ms: Arc::default(), source: Source::System }
    }

    /// A clock that stands still until it is told to go on: for tests and simulation.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { last_ms: Arc::new(AtomicU64::new(start.0)), source: Source::Manual }
    }

    /// Time goes on from here at the earliest.
    pub fn not_before(&self, time: Timestamp) {
        self.last_ms.fetch_max(time.0, Ordering::Relaxed);
    }

    /// Moves a manual clock on. Whoever waits for a deadline must be woken: see `Handle::tick`.
    pub fn advance(&self, by: Millis) {
        self.last_ms.fetch_add(by.0, Ordering::Relaxed);
    }

    /// Engine time now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    pub fn now(&self) -> Timestamp {
        match self.source {
            Source::Manual => Timestamp(self.last_ms.load(Ordering::Relaxed)),
            Source::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let now = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
                Timestamp(self.last_ms.fetch_max(now, Ordering::Relaxed).max(now))
            }
        }
    }
}

/// How long something takes, for metrics only.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
