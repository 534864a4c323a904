//! What a run sells: scenarios, the places of its own (an item at a location), which one is next.

use super::ledger::Kind;
use crate::chance::{Chance, Zipf};
use std::str::FromStr;

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Ordinary trade: popular items more often, mostly one line.
    Steady,
    /// Everybody wants the same item.
    HotSku,
    /// Many items at many locations, all alike.
    Spread,
    /// A thousand items with one unit each, and everybody asks for each of them.
    LastItem,
    /// Five lines in each sale.
    Baskets,
    /// Many sockets watch one item that is being sold.
    Watchers,
    /// Tills, shoppers and watchers; a spike, and an item that everybody wants.
    Holiday,
}

/// All of them, in the order of the documentation.
pub const SCENARIOS: [Scenario; 7] = [
    Scenario::Steady,
    Scenario::HotSku,
    Scenario::Spread,
    Scenario::LastItem,
    Scenario::Baskets,
    Scenario::Watchers,
    Scenario::Holiday,
];

/// So many of the most popular items are watched at each location.
const WATCHED: u32 = 20;

impl Scenario {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::HotSku => "hot-sku",
            Self::Spread => "spread",
            Self::LastItem => "last-item",
            Self::Baskets => "baskets",
            Self::Watchers => "watchers",
            Self::Holiday => "holiday",
        }
    }

    /// What it is, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Steady => "Ordinary trade: popular items more often, baskets of one to three lines.",
            Self::HotSku => "Everybody buys the same item at the same location.",
            Self::Spread => "Many items at many locations, all equally wanted.",
            Self::LastItem => "A thousand items with one unit each; every connection asks for each of them.",
            Self::Baskets => "Five lines in each sale, all or nothing.",
            Self::Watchers => "Many sockets watch one item while it is being sold.",
            Self::Holiday => {
                "Tills sell, shoppers reserve and then buy, release or let it expire, others watch: through a ramp up, \
                 a spike, a flash drop of one item that everybody wants, and a cool down."
            }
        }
    }

    /// Whether somebody watches.
    #[must_use]
    pub const fn is_watched(self) -> bool {
        matches!(self, Self::Watchers | Self::Holiday)
    }

    const fn shape(self) -> Shape {
        match self {
            Self::Steady => Shape { locations: 4, items: 500, units: 1_000_000 },
            Self::HotSku | Self::Watchers => Shape { locations: 1, items: 1, units: 1_000_000_000 },
            Self::Spread | Self::Baskets => Shape { locations: 8, items: 1_000, units: 10_000_000 },
            Self::LastItem => Shape { locations: 1, items: 1_000, units: 1 },
            // The last item is the one of the flash drop.
            Self::Holiday => Shape { locations: 4, items: 201, units: 1_000_000 },
        }
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SCENARIOS.into_iter().find(|one| one.name() == text).ok_or_else(|| {
            let names: Vec<&str> = SCENARIOS.iter().map(|one| one.name()).collect();
            format!("there are the scenarios {}", names.join(", "))
        })
    }
}

struct Shape {
    locations: u32,
    items: u32,
    units: i64,
}

/// An item at a location, numbered: `location * items + item`.
pub(super) type Place = u32;

/// The places of a run.
#[derive(Debug)]
pub struct Goods {
    scenario: Scenario,
    prefix: String,
    locations: u32,
    items: u32,
    /// Units received at each ordinary place.
    units: i64,
    /// Units of the flash drop, received when it begins.
    flash_units: i64,
    /// How long a shopper may hold a unit.
    hold_ms: u64,
    /// How many ask for an item before the next one is on offer.
    rivals: u64,
    zipf: Zipf,
}

impl Goods {
    /// Of a scenario; all codes begin with the prefix. A holiday has a flash drop of so many units.
    #[must_use]
    pub fn new(scenario: Scenario, prefix: &str, rivals: usize, flash_units: i64, hold_ms: u64) -> Self {
        let Shape { locations, items, units } = scenario.shape();
        let (prefix, rivals) = (prefix.to_owned(), rivals.max(2) as u64);
        let ordinary = items - u32::from(scenario == Scenario::Holiday);
        let zipf = Zipf::new(ordinary as usize);
        Self { scenario, prefix, locations, items, units, flash_units, hold_ms, rivals, zipf }
    }

    pub(super) fn places(&self) -> u32 {
        self.locations * self.items
    }

    pub(super) fn items(&self) -> u32 {
        self.items
    }

    pub(super) fn locations(&self) -> u32 {
        self.locations
    }

    /// Items on the shelves from the beginning.
    fn ordinary(&self) -> u32 {
        self.items - u32::from(self.scenario == Scenario::Holiday)
    }

    /// Units at a place before the run.
    pub(super) fn units_before(&self, place: Place) -> i64 {
        if place % self.items < self.ordinary() { self.units } else { 0 }
    }

    /// The place of the flash drop, and how many units it has.
    pub(super) fn flash(&self) -> Option<(Place, i64)> {
        (self.scenario == Scenario::Holiday).then_some((self.items - 1, self.flash_units))
    }

    /// How long a shopper may hold a unit, in milliseconds.
    pub(super) fn hold_ms(&self) -> u64 {
        self.hold_ms
    }

    /// Whether requests of this kind are made.
    pub(super) fn asks_for(&self, kind: Kind) -> bool {
        kind == Kind::Sale || self.scenario == Scenario::Holiday
    }

    pub(super) fn sku(&self, item: u32) -> String {
        format!("{}-{item:05}", self.prefix)
    }

    pub(super) fn location(&self, location: u32) -> String {
        format!("{}-L{location}", self.prefix)
    }

    /// A place as people read it.
    pub(super) fn name(&self, place: Place) -> String {
        format!("{} at {}", self.sku(place % self.items), self.location(place / self.items))
    }

    /// The place of these codes; none: not of this run.
    pub(super) fn place(&self, location: &str, sku: &str) -> Option<Place> {
        let number =
            |code: &str, mark: &str| code.strip_prefix(self.prefix.as_str())?.strip_prefix(mark)?.parse::<u32>().ok();
        let (location, item) = (number(location, "-L")?, number(sku, "-")?);
        (location < self.locations && item < self.items).then_some(location * self.items + item)
    }

    /// The first place of the request with this number in the plan; so many of a hundred are for the
    /// item of the flash drop.
    pub(super) fn pick(&self, number: u64, flash_percent: u64, chance: &mut Chance) -> Place {
        let places = u64::from(self.places());
        let place = match self.scenario {
            Scenario::HotSku | Scenario::Watchers => 0,
            Scenario::Spread | Scenario::Baskets => chance.below(places),
            Scenario::LastItem => (number / self.rivals) % places,
            Scenario::Holiday if chance.percent(flash_percent) => u64::from(self.items) - 1,
            Scenario::Steady | Scenario::Holiday => {
                chance.below(u64::from(self.locations)) * u64::from(self.items) + self.zipf.rank(chance) as u64
            }
        };
        u32::try_from(place).unwrap_or(0)
    }

    /// All places of a request whose first is this: one unit of each.
    pub(super) fn basket(&self, kind: Kind, first: Place) -> impl Iterator<Item = Place> + use<> {
        let (shelf, item, ordinary) = (first / self.items * self.items, first % self.items, self.ordinary());
        let lines = match self.scenario {
            Scenario::Baskets => 5,
            Scenario::Steady | Scenario::Holiday
                if kind == Kind::Sale && item < ordinary && first.is_multiple_of(8) =>
            {
                3
            }
            _ => 1,
        };
        (0..lines).map(move |line| if line == 0 { first } else { shelf + (item + line) % ordinary })
    }

    /// The places that a watcher watches: at one location, with the item of the flash drop.
    pub(super) fn watched(&self, watcher: usize) -> Vec<Place> {
        let locations = self.locations as usize;
        let shelf = u32::try_from(watcher % locations).unwrap_or(0) * self.items;
        let mut places: Vec<Place> = (0..self.ordinary().min(WATCHED)).map(|item| shelf + item).collect();
        places.extend(self.flash().map(|(place, _)| place));
        places
    }

    /// Every place that somebody watches.
    pub(super) fn all_watched(&self) -> Vec<Place> {
        if !self.scenario.is_watched() {
            return Vec::new();
        }
        let mut places: Vec<Place> = (0..self.locations as usize).flat_map(|at| self.watched(at)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_place() {
        let goods = Goods::new(Scenario::Baskets, "LT1", 2, 0, 0);
        let place = 3 * goods.items() + 999;
        assert_eq!(goods.place(&goods.location(3), &goods.sku(999)), Some(place));
        assert_eq!(goods.place("S1", "TEA"), None);
        assert_eq!(goods.place(&goods.location(8), &goods.sku(0)), None);
        let basket: Vec<Place> = goods.basket(Kind::Sale, place).collect();
        assert_eq!(basket, [place, place - 999, place - 998, place - 997, place - 996], "stays at its location");
    }

    #[test]
    fn the_last_items_are_on_offer_one_after_the_other() {
        let goods = Goods::new(Scenario::LastItem, "LT1", 4, 0, 0);
        let mut chance = Chance::new(1);
        let asked: Vec<Place> = (0..9).map(|number| goods.pick(number, 0, &mut chance)).collect();
        assert_eq!(asked, [0, 0, 0, 0, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn the_item_of_the_flash_drop_stands_alone() {
        let goods = Goods::new(Scenario::Holiday, "LT1", 2, 70, 1_000);
        let (flash, units) = goods.flash().unwrap();
        assert_eq!((goods.units_before(flash), units, goods.units_before(flash - 1)), (0, 70, 1_000_000));
        let mut chance = Chance::new(1);
        for number in 0..5_000 {
            let place = goods.pick(number, 0, &mut chance);
            assert!(goods.basket(Kind::Sale, place).all(|place| goods.units_before(place) > 0), "{place}");
        }
        let wanted = (0..1_000).filter(|number| goods.pick(*number, 80, &mut chance) == flash).count();
        assert!((750..850).contains(&wanted), "{wanted}");
        assert_eq!(goods.basket(Kind::Sale, flash).collect::<Vec<_>>(), [flash]);
        assert!((0..9).all(|watcher| goods.watched(watcher).contains(&flash)));
        assert_eq!(goods.all_watched().len(), 4 * 20 + 1);
    }

    #[test]
    fn every_scenario_is_found_by_its_name() {
        assert!(SCENARIOS.iter().all(|one| one.name().parse::<Scenario>().unwrap() == *one));
        assert!("holidays".parse::<Scenario>().unwrap_err().contains("hot-sku"));
    }
}
