//! The last hours, and where in them each watcher is.

use super::object::Object;
use onhand_engine::time::Timestamp;
use onhand_protocol::limits::{METRICS_MINUTES_MAX_S, METRICS_SECONDS_MAX_S};
use onhand_protocol::message::Every;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Memory for seconds. A quiet chain needs an eighth of it for two hours.
const SECONDS_BYTES_MAX: usize = 64 << 20;
/// Memory for minutes.
const MINUTES_BYTES_MAX: usize = 16 << 20;
/// A watcher that had caught up and is this far behind goes on with the newest.
const BEHIND_MAX: u64 = 60;

/// What was gathered since the start, as far back as it is kept.
pub(crate) struct History {
    seconds: Mutex<Ring>,
    minutes: Mutex<Ring>,
}

struct Ring {
    /// Number of the first object; they are numbered from the start on.
    first: u64,
    objects: VecDeque<Arc<Object>>,
    bytes: usize,
    objects_max: usize,
    bytes_max: usize,
}

/// A watcher's place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    every: Every,
    next: u64,
    /// Whether it has been at the end.
    caught_up: bool,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what was not older than so long when the newest was made.
    Ago { seconds: u64 },
    /// After what the watcher has.
    After(Timestamp),
}

impl Default for History {
    fn default() -> Self {
        Self {
            seconds: Mutex::new(Ring::new(METRICS_SECONDS_MAX_S, SECONDS_BYTES_MAX)),
            minutes: Mutex::new(Ring::new(METRICS_MINUTES_MAX_S / 60, MINUTES_BYTES_MAX)),
        }
    }
}

impl History {
    pub(super) fn put(&self, every: Every, object: Object) {
        self.ring(every).put(Arc::new(object));
    }

    /// A place in it.
    pub(crate) fn begin(&self, every: Every, begin: Begin) -> Place {
        let ring = self.ring(every);
        let newest = ring.objects.back().map_or(0, |newest| newest.time.0);
        let after = match begin {
            Begin::Ago { seconds } => newest.saturating_sub(seconds.saturating_mul(1_000)),
            Begin::After(time) => time.0,
        };
        let skipped = ring.objects.partition_point(|object| object.time.0 <= after);
        let next = ring.first + u64::try_from(skipped).unwrap_or(u64::MAX);
        Place { every, next, caught_up: next == ring.end() }
    }

    /// The next object of a watcher; nothing at the end.
    pub(crate) fn next(&self, place: &mut Place) -> Option<Arc<Object>> {
        let ring = self.ring(place.every);
        let (first, end) = (ring.first, ring.end());
        if place.caught_up && end.saturating_sub(place.next) > BEHIND_MAX {
            place.next = end - 1;
        }
        place.next = place.next.max(first);
        let at = usize::try_from(place.next - first).unwrap_or(usize::MAX);
        let object = ring.objects.get(at).cloned();
        place.next += u64::from(object.is_some());
        place.caught_up |= place.next == end;
        object
    }

    fn ring(&self, every: Every) -> MutexGuard<'_, Ring> {
        let ring = match every {
            Every::Second => &self.seconds,
            Every::Minute => &self.minutes,
        };
        ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn new(objects_max: u64, bytes_max: usize) -> Self {
        let objects_max = usize::try_from(objects_max).unwrap_or(usize::MAX);
        Self { first: 0, objects: VecDeque::new(), bytes: 0, objects_max, bytes_max }
    }

    fn put(&mut self, object: Arc<Object>) {
        self.bytes += object.bytes();
        self.objects.push_back(object);
        while self.objects.len() > self.objects_max || (self.bytes > self.bytes_max && self.objects.len() > 1) {
            if let Some(oldest) = self.objects.pop_front() {
                self.bytes -= oldest.bytes();
                self.first += 1;
            }
        }
    }

    fn end(&self) -> u64 {
        self.first + u64::try_from(self.objects.len()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onhand_protocol::message::MetricsMessage;
    use onhand_protocol::value::Time;

    fn object(second: u64) -> Object {
        Object::new(&MetricsMessage { time: Time(Timestamp(second * 1_000)), seconds: 1, ..MetricsMessage::default() })
    }

    fn with(seconds: std::ops::RangeInclusive<u64>) -> History {
        let history = History::default();
        seconds.for_each(|second| history.put(Every::Second, object(second)));
        history
    }

    fn rest(history: &History, place: &mut Place) -> Vec<u64> {
        std::iter::from_fn(|| history.next(place)).map(|object| object.time.0 / 1_000).collect()
    }

    #[test]
    fn a_watcher_begins_where_it_asked_to() {
        let history = with(101..=110);
        let begin = |begin| rest(&history, &mut history.begin(Every::Second, begin));
        assert_eq!(begin(Begin::Ago { seconds: 0 }), [0_u64; 0]);
        assert_eq!(begin(Begin::Ago { seconds: 3 }), [108, 109, 110]);
        assert_eq!(begin(Begin::Ago { seconds: u64::MAX }).len(), 10);
        assert_eq!(begin(Begin::After(Timestamp(108_000))), [109, 110]);
        assert_eq!(begin(Begin::After(Timestamp(u64::MAX))), [0_u64; 0]);
    }

    #[test]
    fn what_comes_later_follows_without_a_gap() {
        let history = with(101..=103);
        let mut place = history.begin(Every::Second, Begin::Ago { seconds: 1 });
        assert!(!place.caught_up);
        assert_eq!(rest(&history, &mut place), [103]);
        assert!(place.caught_up);
        (104..=110).for_each(|second| history.put(Every::Second, object(second)));
        assert_eq!(rest(&history, &mut place), (104..=110).collect::<Vec<_>>());
    }

    #[test]
    fn who_falls_far_behind_goes_on_with_the_newest_but_gets_all_the_history_it_asked_for() {
        let history = with(1..=300);
        let mut slow = history.begin(Every::Second, Begin::Ago { seconds: 0 });
        let mut reader = history.begin(Every::Second, Begin::Ago { seconds: 300 });
        (301..=400).for_each(|second| history.put(Every::Second, object(second)));
        assert_eq!(rest(&history, &mut slow), [400]);
        assert_eq!(rest(&history, &mut reader), (1..=400).collect::<Vec<_>>());
    }

    #[test]
    fn it_is_bounded_by_objects_and_by_bytes() {
        let history = with(1..=METRICS_SECONDS_MAX_S + 10);
        let mut place = history.begin(Every::Second, Begin::Ago { seconds: u64::MAX });
        let all = rest(&history, &mut place);
        assert_eq!((all.first(), all.len()), (Some(&11), 7_200));
        let mut ring = Ring::new(1_000, 3 * object(1).bytes());
        (1..=10).for_each(|second| ring.put(Arc::new(object(second))));
        assert_eq!((ring.objects.len(), ring.first, ring.end()), (3, 7, 10));
    }
}
