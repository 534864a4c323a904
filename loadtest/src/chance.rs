//! Chance for traders: small, fast, and repeatable from its seed.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// From a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From the system's randomness.
    pub(crate) fn any() -> Self {
        Self::new(getrandom::u64().unwrap_or(0x9e37_79b9))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..count`; 0 when that is empty.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.next().checked_rem(count).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, some: &'a [T]) -> Option<&'a T> {
        some.get(usize::try_from(self.below(some.len() as u64)).unwrap_or(0))
    }

    /// A pause around a mean: between a half of it and one and a half.
    pub(crate) fn around(&mut self, mean: Duration) -> Duration {
        let mean_ms = u64::try_from(mean.as_millis()).unwrap_or(u64::MAX / 4);
        Duration::from_millis(mean_ms / 2 + self.below(mean_ms + 1))
    }
}

/// Ranks by Zipf's law: the first is twice as popular as the second, three times as the third.
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    /// Sums of 1/rank in millionths.
    sums: Vec<u64>,
}

impl Zipf {
    pub(crate) fn new(ranks: usize) -> Self {
        let mut sum = 0;
        let weigh = |rank: u64| {
            sum += 1_000_000 / rank;
            sum
        };
        Self { sums: (1..=ranks as u64).map(weigh).collect() }
    }

    /// A rank from 0.
    pub(crate) fn rank(&self, chance: &mut Chance) -> usize {
        let drawn = chance.below(self.sums.last().copied().unwrap_or(1));
        self.sums.partition_point(|sum| *sum <= drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_zipf_is_twice_as_popular_as_the_second() {
        let (zipf, mut chance) = (Zipf::new(300), Chance::new(7));
        let mut drawn = [0_u64; 300];
        (0..100_000).for_each(|_| drawn[zipf.rank(&mut chance)] += 1);
        assert!((180..220).contains(&(drawn[0] * 100 / drawn[1])), "{:?}", &drawn[..3]);
        assert!(drawn[299] > 0);
    }
}
