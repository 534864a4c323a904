//! Where durable parts wait for whoever collects them.

use super::Figures;
use super::part::Part;
use onhand_engine::time::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts that wait before they are condensed into one: a minute of them at full load.
const PARTS_MAX: usize = 256;

/// The parts that are durable and were not taken yet.
#[derive(Default)]
pub(crate) struct Desk {
    wanted: AtomicBool,
    parts: Mutex<Vec<Part>>,
}

impl Desk {
    /// From now on somebody collects: shards count what they decide.
    pub(crate) fn open(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// A part became durable.
    pub(crate) fn put(&self, part: Part) {
        let mut parts = self.parts();
        if parts.len() >= PARTS_MAX {
            let one = Part::condensed(parts.drain(..));
            parts.push(one);
        }
        parts.push(part);
    }

    /// Takes what was decided before a time, to the second; later parts stay.
    pub(crate) fn take(&self, before: Timestamp, figures: &mut Figures) {
        let end = before.0 / 1_000;
        let taken: Vec<Part> = {
            let mut parts = self.parts();
            let (taken, kept) = parts.drain(..).partition(|part| part.second < end);
            *parts = kept;
            taken
        };
        taken.iter().for_each(|part| part.add_to(figures));
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn began(desk: &Desk, before_s: u64) -> u64 {
        let mut figures = Figures::default();
        desk.take(Timestamp(before_s * 1_000), &mut figures);
        figures.holds.began
    }

    fn put(desk: &Desk, second: u64) {
        let mut part = Part { second, ..Part::default() };
        part.holds.began = 1;
        desk.put(part);
    }

    #[test]
    fn what_is_not_over_stays_and_what_is_late_comes_with_the_next() {
        let desk = Desk::default();
        [5, 6, 5].into_iter().for_each(|second| put(&desk, second));
        assert_eq!(began(&desk, 6), 2);
        assert_eq!(began(&desk, 6), 0);
        put(&desk, 5);
        assert_eq!(began(&desk, 7), 2);
    }

    #[test]
    fn what_nobody_takes_is_bounded_and_still_adds_up() {
        let desk = Desk::default();
        let many = 3 * u64::try_from(PARTS_MAX).unwrap_or_default();
        (0..many).for_each(|second| put(&desk, second));
        assert!(desk.parts().len() <= PARTS_MAX);
        assert_eq!(began(&desk, many), many);
    }
}
