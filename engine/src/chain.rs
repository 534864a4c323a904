//! The chain itself: catalogue, locations, keys, price books, promotions and people.

use crate::catalogue::{Item, Key, KeyId, Location};
use crate::command::Action;
use crate::event::Event;
use crate::goods::define::{number_parts, with_terms};
use crate::ids::{LocationCode, LocationId, SkuCode, SkuId};
use crate::people::People;
use crate::promotion::Promotion;
use crate::refusal::Refusal;
use crate::returns::unreceipted::Limits;
use crate::rules::{Rules, RulesVersion};
use crate::scan::Layout;
use crate::time::Timestamp;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state of the chain actor.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    items: Vec<Arc<Item>>,
    item_codes: HashMap<SkuCode, SkuId>,
    locations: Vec<Arc<Location>>,
    location_codes: HashMap<LocationCode, LocationId>,
    /// Keys by id, revoked ones included.
    pub keys: BTreeMap<KeyId, Key>,
    labels: BTreeMap<LocationId, Arc<[Layout]>>,
    return_limits: BTreeMap<LocationId, Limits>,
    rules: Rules,
    /// Who works here.
    pub people: People,
}

impl Chain {
    /// Every item, in the order of its number.
    #[must_use]
    pub fn items(&self) -> &[Arc<Item>] {
        &self.items
    }

    /// Every location, in the order of its number; the first has number 1.
    #[must_use]
    pub fn locations(&self) -> &[Arc<Location>] {
        &self.locations
    }

    /// The item of a number.
    #[must_use]
    pub fn item(&self, sku: SkuId) -> Option<&Arc<Item>> {
        self.items.get(sku.index())
    }

    /// The item of a code.
    #[must_use]
    pub fn item_by_code(&self, code: &SkuCode) -> Option<SkuId> {
        self.item_codes.get(code).copied()
    }

    /// The location of a number.
    #[must_use]
    pub fn location(&self, id: LocationId) -> Option<&Arc<Location>> {
        self.locations.get(usize::try_from(id.0.checked_sub(1)?).ok()?)
    }

    /// The location of a code.
    #[must_use]
    pub fn location_by_code(&self, code: &LocationCode) -> Option<LocationId> {
        self.location_codes.get(code).copied()
    }

    /// How the labels that locations print are laid out, of those that print any.
    #[must_use]
    pub const fn labels(&self) -> &BTreeMap<LocationId, Arc<[Layout]>> {
        &self.labels
    }

    /// What limits returns without a receipt, where something is set; [`LocationId::CHAIN`] stands for everywhere
    /// else.
    #[must_use]
    pub const fn return_limits(&self) -> &BTreeMap<LocationId, Limits> {
        &self.return_limits
    }

    /// Price books and promotions as they stand.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rules as they are read back from a snapshot, with the version that they had.
    pub fn restore_rules(&mut self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.rules);
    }

    /// Decides a command of the chain. Codes keep their numbers for ever; new ones get the next.
    ///
    /// # Errors
    /// The numbered [`Refusal`]; nothing changes.
    pub fn decide(&self, action: &Action) -> Result<Event, Refusal> {
        match action {
            Action::DefineItems { items } => self.number_items(items),
            Action::DefineLocation { location } => {
                let next = || LocationId(u32::try_from(self.locations.len()).unwrap_or(u32::MAX).saturating_add(1));
                let known = self.location_by_code(&location.code);
                let zone_before = || known.and_then(|id| self.location(id)).and_then(|place| place.zone.clone());
                let (id, zone) = (known.unwrap_or_else(next), location.zone.clone().or_else(zone_before));
                Ok(Event::LocationDefined { location: Location { id, zone, ..location.clone() } })
            }
            // A second key under a revoked one's id would bring that one back to life.
            Action::CreateKey { key } if self.keys.contains_key(&key.id) => {
                Err(Refusal::IdReused { field: "the key's id" })
            }
            Action::CreateKey { key } => Ok(Event::KeyCreated { key: key.clone() }),
            Action::RevokeKey { key } if self.keys.contains_key(key) => Ok(Event::KeyRevoked { key: *key }),
            Action::RevokeKey { .. } => Err(Refusal::UnknownKey),
            Action::SetLabels { location, layouts } if self.location(*location).is_some() => {
                Ok(Event::LabelsSet { location: *location, layouts: layouts.clone() })
            }
            Action::DefinePriceBook { book } => Ok(Event::PriceBookDefined { book: Arc::clone(book) }),
            Action::EndPriceBook { book } if self.rules.books.book(book).is_some() => {
                Ok(Event::PriceBookEnded { book: book.clone() })
            }
            Action::EndPriceBook { book } => Err(Refusal::UnknownPriceBook { code: book.clone() }),
            Action::DefinePromotions { promotions } => {
                let is_new = |one: &&Arc<Promotion>| self.rules.promotions.promotion(&one.code).is_none();
                let added = u32::try_from(promotions.iter().filter(is_new).count()).unwrap_or(u32::MAX);
                Ok(Event::PromotionsDefined { promotions: promotions.clone(), added })
            }
            Action::EndPromotion { promotion } if self.rules.promotions.promotion(promotion).is_some() => {
                Ok(Event::PromotionEnded { promotion: promotion.clone() })
            }
            Action::EndPromotion { promotion } => Err(Refusal::UnknownPromotion { code: promotion.clone() }),
            Action::RequirePeople { at, .. } if *at != LocationId::CHAIN && self.location(*at).is_none() => {
                Err(Refusal::UnknownLocation)
            }
            Action::SetReturnLimits { at, .. } if *at != LocationId::CHAIN && self.location(*at).is_none() => {
                Err(Refusal::UnknownLocation)
            }
            Action::SetReturnLimits { at, limits } => Ok(Event::ReturnLimitsSet { at: *at, limits: *limits }),
            action => self.people.decide(action),
        }
    }

    fn number_items(&self, items: &[Item]) -> Result<Event, Refusal> {
        let mut numbered: Vec<Item> = Vec::with_capacity(items.len());
        let mut new_codes: HashMap<&SkuCode, usize> = HashMap::new();
        let (mut added, mut numbers) = (0_u32, Vec::with_capacity(items.len()));
        for item in items {
            let earlier = new_codes.get(&item.code).and_then(|at| numbered.get_mut(*at));
            if let Some(earlier) = earlier {
                let unit_cost = item.unit_cost.or(earlier.unit_cost);
                let terms = item.terms.clone().or_else(|| earlier.terms.take());
                *earlier = Item { sku: earlier.sku, unit_cost, terms, ..item.clone() };
                numbers.push(earlier.sku);
                continue;
            }
            let known = self.item_by_code(&item.code);
            let next = u32::try_from(self.items.len()).unwrap_or(u32::MAX).saturating_add(added);
            added = added.saturating_add(u32::from(known.is_none()));
            new_codes.insert(&item.code, numbered.len());
            // Product files seldom say what things cost the shop: what is known of it stays.
            let cost_before = || known.and_then(|sku| self.item(sku)).and_then(|item| item.unit_cost);
            let unit_cost = item.unit_cost.or_else(cost_before);
            let sku = known.unwrap_or(SkuId(next));
            numbers.push(sku);
            numbered.push(Item { sku, unit_cost, ..item.clone() });
        }
        number_parts(&mut numbered, &numbers)?;
        Ok(Event::ItemsDefined { items: with_terms(&self.items, numbered)?, added })
    }

    /// Folds in an event of the chain.
    pub fn apply(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::ItemsDefined { items, .. } => items.iter().for_each(|item| self.put_item(item)),
            Event::LocationDefined { location } => self.put_location(location),
            Event::KeyCreated { key } => {
                self.keys.insert(key.id, key.clone());
            }
            Event::KeyRevoked { key } => {
                if let Some(key) = self.keys.get_mut(key) {
                    key.revoked.get_or_insert(now);
                }
            }
            Event::LabelsSet { location, layouts } if layouts.is_empty() => {
                self.labels.remove(location);
            }
            Event::LabelsSet { location, layouts } => {
                self.labels.insert(*location, Arc::from(layouts.as_slice()));
            }
            Event::ReturnLimitsSet { at, limits: None } => {
                self.return_limits.remove(at);
            }
            Event::ReturnLimitsSet { at, limits: Some(limits) } => {
                self.return_limits.insert(*at, *limits);
            }
            Event::PriceBookDefined { book } => self.rules.put_book(Arc::clone(book)),
            Event::PriceBookEnded { book } => self.rules.remove_book(book),
            Event::PromotionsDefined { promotions, .. } => self.rules.put_promotions(promotions.iter().cloned()),
            Event::PromotionEnded { promotion } => self.rules.remove_promotion(promotion),
            event => self.people.apply(event),
        }
        if event.changes_prices() {
            self.rules.version = RulesVersion(self.rules.version.0.saturating_add(1));
        }
    }

    fn put_item(&mut self, item: &Item) {
        let shared = Arc::new(item.clone());
        match self.items.get_mut(item.sku.index()) {
            Some(place) => *place = shared,
            None => {
                self.item_codes.insert(item.code.clone(), item.sku);
                self.items.push(shared);
            }
        }
    }

    fn put_location(&mut self, location: &Location) {
        let shared = Arc::new(location.clone());
        let at = usize::try_from(location.id.0.saturating_sub(1)).unwrap_or(usize::MAX);
        match self.locations.get_mut(at) {
            Some(place) => *place = shared,
            None => {
                self.location_codes.insert(location.code.clone(), location.id);
                self.locations.push(shared);
            }
        }
        self.rules.has_dated_rates = self.locations.iter().any(|location| !location.tax.dated.is_empty());
    }
}
