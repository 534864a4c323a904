//! What is sold: the same units in the same order for every system.

use crate::chance::Chance;

/// Different items, each at one location.
pub(crate) const SKUS: u32 = 100_000;
/// Locations of the chain: item `n` lies at location `n % LOCATIONS`.
pub(crate) const LOCATIONS: u32 = 8;
/// Units of each item before the first sale: what no run sells out.
pub(crate) const UNITS: i64 = 1_000_000_000;
/// Lines of a basket.
const LINES: usize = 5;
/// Lines of a full sale.
const FULL_LINES: usize = 3;
/// How much more popular the first items are than the others.
const EXPONENT: f64 = 0.99;

/// Which items are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    /// Everybody wants the first one.
    Hot,
    /// All alike.
    Spread,
    /// Baskets of five different items of one location, by Zipf's law among its items.
    Baskets,
    /// Three different items of one location, all alike.
    Full,
}

impl Goods {
    /// Items in one sale.
    pub(crate) const fn lines(self) -> usize {
        match self {
            Self::Hot | Self::Spread => 1,
            Self::Baskets => LINES,
            Self::Full => FULL_LINES,
        }
    }
}

/// What one sale is of: one unit of each.
#[derive(Clone, Copy, Default)]
pub(crate) struct Basket {
    skus: [u32; LINES],
    lines: usize,
}

impl Basket {
    pub(crate) fn skus(&self) -> &[u32] {
        &self.skus[..self.lines]
    }
}

/// Draws one sale after the other.
pub(crate) struct Picks {
    goods: Goods,
    chance: Chance,
    /// Sums of what each rank weighs, up to 1.
    ranks: Vec<f64>,
}

impl Picks {
    pub(crate) fn new(goods: Goods, seed: u64) -> Self {
        let mut ranks = Vec::new();
        if goods == Goods::Baskets {
            let mut sum = 0.0;
            for rank in 1..=SKUS / LOCATIONS {
                sum += f64::from(rank).powf(-EXPONENT);
                ranks.push(sum);
            }
            ranks.iter_mut().for_each(|rank| *rank /= sum);
        }
        Self { goods, chance: Chance::new(seed), ranks }
    }

    /// The sales of one message: of different first items, so that one statement can take them all.
    pub(crate) fn fill(&mut self, sales: usize, to: &mut Vec<Basket>) {
        while to.len() < sales {
            let next = self.next();
            if self.goods == Goods::Hot || to.iter().all(|basket| basket.skus[0] != next.skus[0]) {
                to.push(next);
            }
        }
    }

    fn next(&mut self) -> Basket {
        let alone = |sku| Basket { skus: [sku, 0, 0, 0, 0], lines: 1 };
        match self.goods {
            Goods::Hot => alone(0),
            Goods::Spread => alone(self.chance.below(SKUS)),
            Goods::Baskets | Goods::Full => self.basket(),
        }
    }

    /// The place of an item among those of its location.
    fn rank(&mut self) -> u32 {
        if self.ranks.is_empty() {
            return self.chance.below(SKUS / LOCATIONS);
        }
        let drawn = self.chance.fraction();
        self.ranks.partition_point(|sum| *sum <= drawn).min(self.ranks.len() - 1) as u32
    }

    fn basket(&mut self) -> Basket {
        let location = self.chance.below(LOCATIONS);
        let mut basket = Basket::default();
        while basket.lines < self.goods.lines() {
            let sku = self.rank() * LOCATIONS + location;
            if !basket.skus().contains(&sku) {
                basket.skus[basket.lines] = sku;
                basket.lines += 1;
            }
        }
        basket
    }
}
