//! How long things took, counted by many threads and read by one: a few nanoseconds for each, no lock,
//! nothing allocated.
//!
//! Buckets are a sixty-fourth of their octave wide, so what is read is at most 1.6 % above what was
//! recorded, and never below it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const SUB_BITS: u32 = 6;
const SUB: usize = 1 << SUB_BITS;
/// Values up to 2^36: in microseconds, nineteen hours.
const OCTAVES: usize = 31;
const BUCKETS: usize = SUB * OCTAVES;
const VALUE_MAX: u64 = (1 << 36) - 1;

/// Takes values.
pub struct Histogram {
    counts: Box<[AtomicU32]>,
    max: AtomicU64,
}

/// Values that were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// By bucket; empty while there is no value.
    counts: Vec<u64>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect(), max: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Takes a value.
    pub fn record(&self, value: u64) {
        let value = value.min(VALUE_MAX);
        self.counts[bucket(value)].fetch_add(1, Ordering::Relaxed);
        if value > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(value, Ordering::Relaxed);
        }
    }

    /// What was taken since the last time, added to what is there. Each value is in one of the readings.
    pub fn read_into(&self, into: &mut Distribution) {
        into.max = into.max.max(self.max.swap(0, Ordering::Relaxed));
        for (at, count) in self.counts.iter().enumerate() {
            if count.load(Ordering::Relaxed) > 0 {
                into.add(at, u64::from(count.swap(0, Ordering::Relaxed)));
            }
        }
    }
}

impl Distribution {
    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest; nothing when there is none.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        // A value that came while it was read may be here without its maximum.
        (self.count > 0).then(|| self.max.max(self.last().unwrap_or_default()))
    }

    /// So many thousandths of the values are at most this; nothing when there is none.
    #[must_use]
    pub fn at(&self, thousandths: u64) -> Option<u64> {
        let wanted = (self.count * thousandths).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Some(highest(at).min(self.max()?));
            }
        }
        None
    }

    /// Adds another's values.
    pub fn absorb(&mut self, other: &Self) {
        for (at, count) in other.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.add(at, *count);
        }
        self.max = self.max.max(other.max);
    }

    fn add(&mut self, at: usize, count: u64) {
        if self.counts.is_empty() {
            self.counts.resize(BUCKETS, 0);
        }
        self.counts[at] += count;
        self.count += count;
    }

    /// The least value that the last used bucket may hold.
    fn last(&self) -> Option<u64> {
        let at = self.counts.iter().rposition(|count| *count > 0)?;
        Some(at.checked_sub(1).map_or(0, |before| highest(before) + 1))
    }
}

fn bucket(value: u64) -> usize {
    let small = usize::try_from(value).unwrap_or(usize::MAX);
    if small < SUB {
        return small;
    }
    let shift = value.ilog2() - SUB_BITS;
    let octave = usize::try_from(shift).unwrap_or(OCTAVES);
    octave * SUB + usize::try_from(value >> shift).unwrap_or(usize::MAX)
}

/// The largest value of a bucket.
fn highest(bucket: usize) -> u64 {
    let octave = bucket / SUB;
    if octave == 0 {
        return to_u64(bucket);
    }
    let shift = octave - 1;
    (to_u64(SUB + bucket % SUB + 1) << shift) - 1
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_value_is_in_the_bucket_that_says_so() {
        let mut value = 0_u64;
        while value < VALUE_MAX {
            let at = bucket(value);
            assert!(at < BUCKETS, "{value}");
            assert!(value <= highest(at), "{value} is above its bucket");
            assert!(at == 0 || value > highest(at - 1), "{value} belongs to the bucket before");
            assert!(highest(at) - value <= value / 64, "{value}: {} is too far", highest(at));
            value += 1 + value / 97;
        }
        assert_eq!(bucket(VALUE_MAX), BUCKETS - 1);
    }

    #[test]
    fn shares_are_those_of_the_sorted_values() {
        let histogram = Histogram::default();
        let values: Vec<u64> = (1..=10_000).map(|n| n * n % 7_919 * 13).collect();
        values.iter().for_each(|value| histogram.record(*value));
        let mut read = Distribution::default();
        histogram.read_into(&mut read);
        let mut sorted = values;
        sorted.sort_unstable();
        for thousandths in [1, 500, 900, 990, 999, 1_000] {
            let exact = sorted[(10 * thousandths).max(1) - 1];
            let got = read.at(u64::try_from(thousandths).unwrap()).unwrap();
            assert!(got >= exact && got - exact <= exact / 64, "{thousandths}: {got} for {exact}");
        }
        assert_eq!((read.count(), read.max()), (10_000, sorted.last().copied()));
        let mut again = Distribution::default();
        histogram.read_into(&mut again);
        assert_eq!(again, Distribution::default(), "what was read is gone");
        assert_eq!((again.at(500), again.max()), (None, None));
    }

    #[test]
    fn two_halves_are_the_whole() {
        let (all, mut halves) = (Histogram::default(), [Distribution::default(), Distribution::default()]);
        for half in &mut halves {
            let part = Histogram::default();
            for value in 0..1_000 {
                part.record(value * 31);
                all.record(value * 31);
            }
            part.read_into(half);
        }
        let [mut first, second] = halves;
        first.absorb(&second);
        let mut whole = Distribution::default();
        all.read_into(&mut whole);
        assert_eq!(first, whole);
    }
}
