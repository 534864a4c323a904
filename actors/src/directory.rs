//! The address book: catalogue, locations, keys, selling rules, people, and which accounts are whose, as of the last
//! durable change, for every thread to read. Never the truth; the chain actor is.

use crate::clock::Clock;
use crate::kits::Kits;
use dashmap::DashMap;
use onhand_engine::account::{AccountKind, Accounts, Entry};
use onhand_engine::catalogue::{Item, Key, KeyId, Location};
use onhand_engine::chain::Chain;
use onhand_engine::event::Event;
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{AccountId, LocationCode, LocationId, Owner, SkuCode, SkuId};
use onhand_engine::people::People;
use onhand_engine::returns::unreceipted::Limits;
use onhand_engine::rules::{Rules, RulesVersion};
use onhand_engine::scan::Layout;
use onhand_engine::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Look-ups by code and number.
#[derive(Default)]
pub struct Directory {
    items: RwLock<Vec<Arc<Item>>>,
    item_codes: DashMap<SkuCode, SkuId>,
    gtins: DashMap<Gtin, SkuId>,
    pub(crate) kits: Kits,
    locations: RwLock<Vec<Arc<Location>>>,
    location_codes: DashMap<LocationCode, LocationId>,
    keys: RwLock<BTreeMap<KeyId, Key>>,
    labels: DashMap<LocationId, Arc<[Layout]>>,
    return_limits: DashMap<LocationId, Limits>,
    rules: RwLock<Arc<Rules>>,
    rules_version: AtomicU64,
    people: RwLock<Arc<People>>,
    people_version: AtomicU64,
    version: AtomicU64,
    /// By customer.
    accounts: DashMap<Owner, BTreeMap<AccountId, AccountKind>>,
    clock: Clock,
}

/// Whose an account was, and whose it is now.
#[derive(Debug)]
pub(crate) struct OwnerChange {
    account: AccountId,
    kind: AccountKind,
    before: Option<Owner>,
    owner: Option<Owner>,
}

impl OwnerChange {
    /// What an entry changed, read after it was folded in.
    pub(crate) fn of(account: AccountId, entry: &Entry, accounts: &Accounts) -> Option<Self> {
        let (before, owner) = entry.owners()?;
        let kind = accounts.list.get(&account)?.kind;
        Some(Self { account, kind, before: before.cloned(), owner: owner.cloned() })
    }
}

/// What changed in the chain with one record, shared with the chain actor.
#[derive(Debug)]
pub(crate) struct ChainChange {
    what: Changed,
    /// The selling rules after it, where anything may cost something else by it.
    rules: Option<Arc<Rules>>,
}

#[derive(Debug)]
enum Changed {
    Items(Vec<Arc<Item>>),
    Location(Arc<Location>),
    Key(Key),
    Labels(LocationId, Arc<[Layout]>),
    ReturnLimits(LocationId, Option<Limits>),
    Rules,
    People(Arc<People>),
}

impl ChainChange {
    /// What an event changed, read after it was folded in.
    pub(crate) fn of(event: &Event, chain: &Chain) -> Option<Self> {
        let what = match event {
            Event::ItemsDefined { items, .. } => {
                Changed::Items(items.iter().filter_map(|item| chain.item(item.sku).cloned()).collect())
            }
            Event::LocationDefined { location } => Changed::Location(chain.location(location.id).cloned()?),
            Event::KeyCreated { key } => Changed::Key(chain.keys.get(&key.id).cloned()?),
            Event::KeyRevoked { key } => Changed::Key(chain.keys.get(key).cloned()?),
            Event::LabelsSet { location, .. } => {
                Changed::Labels(*location, chain.labels().get(location).cloned().unwrap_or_default())
            }
            Event::ReturnLimitsSet { at, limits } => Changed::ReturnLimits(*at, *limits),
            Event::PriceBookDefined { .. }
            | Event::PriceBookEnded { .. }
            | Event::PromotionsDefined { .. }
            | Event::PromotionEnded { .. } => Changed::Rules,
            Event::RoleDefined { .. }
            | Event::UserDefined { .. }
            | Event::PinSet { .. }
            | Event::UserDisabled { .. }
            | Event::PeopleRequired { .. } => Changed::People(Arc::new(chain.people.clone())),
            _ => return None,
        };
        let rules = event.changes_prices().then(|| Arc::new(chain.rules().clone()));
        Some(Self { what, rules })
    }
}

impl Directory {
    /// An empty one, at the time of a clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// The selling rules: price books, promotions, and whether there are dated rates.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&read(&self.rules))
    }

    /// How often what decides about prices has changed.
    pub fn rules_version(&self) -> RulesVersion {
        RulesVersion(self.rules_version.load(Ordering::Acquire))
    }

    /// Engine time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Goes up with every change, before anybody is told of it.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The item of a code.
    pub fn item_by_code(&self, code: &SkuCode) -> Option<Arc<Item>> {
        let sku = *self.item_codes.get(code)?;
        self.item(sku)
    }

    /// The item of a bar code.
    pub fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        let sku = *self.gtins.get(&gtin)?;
        self.item(sku)
    }

    /// The item of a number.
    pub fn item(&self, sku: SkuId) -> Option<Arc<Item>> {
        read(&self.items).get(sku.index()).cloned()
    }

    /// Items in the order of their number, after one, at most so many.
    pub fn items(&self, after: Option<SkuId>, max: usize) -> Vec<Arc<Item>> {
        let from = after.map_or(0, |sku| sku.index().saturating_add(1));
        read(&self.items).iter().skip(from).take(max).cloned().collect()
    }

    /// How many items there are.
    pub fn item_count(&self) -> usize {
        read(&self.items).len()
    }

    /// Whether there is an item of this number.
    pub fn has_item(&self, sku: SkuId) -> bool {
        sku.index() < self.item_count()
    }

    /// The location of a code.
    pub fn location_by_code(&self, code: &LocationCode) -> Option<Arc<Location>> {
        let id = *self.location_codes.get(code)?;
        self.location(id)
    }

    /// The location of a number.
    pub fn location(&self, id: LocationId) -> Option<Arc<Location>> {
        read(&self.locations).get(usize::try_from(id.0.checked_sub(1)?).ok()?).cloned()
    }

    /// Every location, in the order of its number.
    pub fn locations(&self) -> Vec<Arc<Location>> {
        read(&self.locations).clone()
    }

    /// How the labels that a location prints are laid out.
    pub fn labels(&self, location: LocationId) -> Arc<[Layout]> {
        self.labels.get(&location).map(|layouts| Arc::clone(&layouts)).unwrap_or_default()
    }

    /// What limits returns without a receipt at a location.
    pub fn return_limits(&self, location: LocationId) -> Limits {
        let of = |at: LocationId| self.return_limits.get(&at).map(|limits| *limits);
        of(location).or_else(|| of(LocationId::CHAIN)).unwrap_or_default()
    }

    /// A key, revoked or not.
    pub fn key(&self, id: KeyId) -> Option<Key> {
        read(&self.keys).get(&id).cloned()
    }

    /// Every key.
    pub fn keys(&self) -> Vec<Key> {
        read(&self.keys).values().cloned().collect()
    }

    /// Everybody who works here.
    pub fn people(&self) -> Arc<People> {
        Arc::clone(&read(&self.people))
    }

    /// Goes up with every change of people, before anybody is told of it: who keeps a copy of them
    /// looks here whether it is still good.
    pub fn people_version(&self) -> u64 {
        self.people_version.load(Ordering::Acquire)
    }

    /// The accounts that are a customer's.
    pub fn accounts_of(&self, owner: &str) -> Vec<(AccountId, AccountKind)> {
        let own = self.accounts.get(owner);
        own.map(|own| own.iter().map(|(id, kind)| (*id, *kind)).collect()).unwrap_or_default()
    }

    /// Takes over accounts as they were recovered.
    pub(crate) fn load_accounts(&self, accounts: &Accounts) {
        for (id, account) in &accounts.list {
            let Some(owner) = account.owner.clone() else { continue };
            self.accounts.entry(owner).or_default().insert(*id, account.kind);
        }
    }

    /// Publishes whose an account is.
    pub(crate) fn put_owner(&self, change: OwnerChange) {
        let OwnerChange { account, kind, before, owner } = change;
        if let Some(before) = before {
            if let Some(mut own) = self.accounts.get_mut(&before) {
                own.remove(&account);
            }
            self.accounts.remove_if(&before, |_, own| own.is_empty());
        }
        if let Some(owner) = owner {
            self.accounts.entry(owner).or_default().insert(account, kind);
        }
    }

    /// Takes over the chain as it was recovered.
    pub(crate) fn load(&self, chain: &Chain) {
        let put = |what| self.put(ChainChange { what, rules: None });
        put(Changed::Items(chain.items().to_vec()));
        chain.locations().iter().for_each(|location| put(Changed::Location(Arc::clone(location))));
        chain.keys.values().for_each(|key| put(Changed::Key(key.clone())));
        chain.labels().iter().for_each(|(at, layouts)| put(Changed::Labels(*at, Arc::clone(layouts))));
        chain.return_limits().iter().for_each(|(at, limits)| put(Changed::ReturnLimits(*at, Some(*limits))));
        self.put(ChainChange { what: Changed::Rules, rules: Some(Arc::new(chain.rules().clone())) });
        self.put(ChainChange { what: Changed::People(Arc::new(chain.people.clone())), rules: None });
    }

    /// Publishes a change. Numbers before names, so that a name found always leads somewhere; readers
    /// are kept out only while pointers are swapped.
    pub(crate) fn put(&self, change: ChainChange) {
        match change.what {
            Changed::Items(items) => self.put_items(items),
            Changed::Location(location) => {
                let (id, code) = (location.id, location.code.clone());
                put_at(&mut write(&self.locations), location, id.0.saturating_sub(1));
                self.location_codes.insert(code, id);
            }
            Changed::Key(key) => {
                write(&self.keys).insert(key.id, key);
            }
            Changed::Labels(location, layouts) => {
                self.labels.insert(location, layouts);
            }
            Changed::ReturnLimits(at, None) => {
                self.return_limits.remove(&at);
            }
            Changed::ReturnLimits(at, Some(limits)) => {
                self.return_limits.insert(at, limits);
            }
            Changed::Rules => {}
            Changed::People(people) => {
                *write(&self.people) = people;
                self.people_version.fetch_add(1, Ordering::Release);
            }
        }
        if let Some(rules) = change.rules {
            let version = rules.version.0;
            *write(&self.rules) = rules;
            self.rules_version.store(version, Ordering::Release);
        }
        self.version.fetch_add(1, Ordering::Release);
    }

    fn put_items(&self, items: Vec<Arc<Item>>) {
        let mut replaced = Vec::new();
        {
            let mut known = write(&self.items);
            for item in &items {
                replaced.extend(put_at(&mut known, Arc::clone(item), item.sku.0));
            }
        }
        for item in &items {
            self.item_codes.insert(item.code.clone(), item.sku);
            for gtin in &item.gtins {
                self.gtins.insert(*gtin, item.sku);
            }
        }
        for item in &items {
            self.kits.put(item, replaced.iter().find(|old| old.sku == item.sku).map(|old| &**old));
        }
        for old in replaced {
            let kept = self.item(old.sku);
            let gone = |gtin: &&Gtin| kept.as_ref().is_none_or(|item| !item.gtins.contains(gtin));
            for gtin in old.gtins.iter().filter(gone) {
                self.gtins.remove_if(gtin, |_, sku| *sku == old.sku);
            }
        }
    }
}

/// Numbers are given in order, so a new one is always the next.
fn put_at<T>(list: &mut Vec<Arc<T>>, value: Arc<T>, at: u32) -> Option<Arc<T>> {
    match list.get_mut(usize::try_from(at).unwrap_or(usize::MAX)) {
        Some(place) => Some(std::mem::replace(place, value)),
        None => {
            list.push(value);
            None
        }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
