//! What a run sells: scenarios, the places of its own (an item at a location), which one is next.

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
}

/// All of them, in the order of the documentation.
pub const SCENARIOS: [Scenario; 6] =
    [Scenario::Steady, Scenario::HotSku, Scenario::Spread, Scenario::LastItem, Scenario::Baskets, Scenario::Watchers];

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
        }
    }

    const fn shape(self) -> Shape {
        match self {
            Self::Steady => Shape { locations: 4, items: 500, units: 1_000_000 },
            Self::HotSku | Self::Watchers => Shape { locations: 1, items: 1, units: 1_000_000_000 },
            Self::Spread | Self::Baskets => Shape { locations: 8, items: 1_000, units: 10_000_000 },
            Self::LastItem => Shape { locations: 1, items: 1_000, units: 1 },
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
    /// Units received at each place.
    pub(super) units: i64,
    /// How many ask for an item before the next one is on offer.
    rivals: u64,
    zipf: Zipf,
}

impl Goods {
    /// Of a scenario; all codes begin with the prefix.
    #[must_use]
    pub fn new(scenario: Scenario, prefix: &str, rivals: usize) -> Self {
        let Shape { locations, items, units } = scenario.shape();
        let (prefix, rivals) = (prefix.to_owned(), rivals.max(2) as u64);
        Self { scenario, prefix, locations, items, units, rivals, zipf: Zipf::new(items as usize) }
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

    pub(super) fn sku(&self, item: u32) -> String {
        format!("{}-{item:05}", self.prefix)
    }

    pub(super) fn location(&self, location: u32) -> String {
        format!("{}-L{location}", self.prefix)
    }

    /// The place of these codes; none: not of this run.
    pub(super) fn place(&self, location: &str, sku: &str) -> Option<Place> {
        let number =
            |code: &str, mark: &str| code.strip_prefix(self.prefix.as_str())?.strip_prefix(mark)?.parse::<u32>().ok();
        let (location, item) = (number(location, "-L")?, number(sku, "-")?);
        (location < self.locations && item < self.items).then_some(location * self.items + item)
    }

    /// The first place of the sale with this number in the plan.
    pub(super) fn pick(&self, number: u64, chance: &mut Chance) -> Place {
        let places = u64::from(self.places());
        let place = match self.scenario {
            Scenario::HotSku | Scenario::Watchers => 0,
            Scenario::Spread | Scenario::Baskets => chance.below(places),
            Scenario::LastItem => (number / self.rivals) % places,
            Scenario::Steady => {
                chance.below(u64::from(self.locations)) * u64::from(self.items) + self.zipf.rank(chance) as u64
            }
        };
        u32::try_from(place).unwrap_or(0)
    }

    /// All places of the sale whose first is this: one unit of each.
    pub(super) fn basket(&self, first: Place) -> impl Iterator<Item = Place> + use<> {
        let lines = match self.scenario {
            Scenario::Baskets => 5,
            Scenario::Steady if first.is_multiple_of(8) => 3,
            _ => 1,
        };
        let items = self.items;
        let (shelf, item) = (first / items * items, first % items);
        (0..lines).map(move |line| shelf + (item + line) % items)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_place() {
        let goods = Goods::new(Scenario::Baskets, "LT1", 2);
        let place = 3 * goods.items() + 999;
        assert_eq!(goods.place(&goods.location(3), &goods.sku(999)), Some(place));
        assert_eq!(goods.place("S1", "TEA"), None);
        assert_eq!(goods.place(&goods.location(8), &goods.sku(0)), None);
        let basket: Vec<Place> = goods.basket(place).collect();
        assert_eq!(basket, [place, place - 999, place - 998, place - 997, place - 996], "stays at its location");
    }

    #[test]
    fn the_last_items_are_on_offer_one_after_the_other() {
        let goods = Goods::new(Scenario::LastItem, "LT1", 4);
        let mut chance = Chance::new(1);
        let asked: Vec<Place> = (0..9).map(|number| goods.pick(number, &mut chance)).collect();
        assert_eq!(asked, [0, 0, 0, 0, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn every_scenario_is_found_by_its_name() {
        assert!(SCENARIOS.iter().all(|one| one.name().parse::<Scenario>().unwrap() == *one));
        assert!("holiday-in".parse::<Scenario>().unwrap_err().contains("hot-sku"));
    }
}
