//! What a worker has looked up in the address book lately, in copies of its own: workers that count
//! references to one and the same item on two cores hinder each other more than the look-up costs.

use crate::wire::Book;
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};
use onhand_actors::directory::Directory;
use onhand_engine::account::AccountKind;
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{AccountId, Label, LocationCode, LocationId, SkuCode, SkuId};
use onhand_engine::returns::unreceipted::Limits;
use onhand_engine::rules::Rules;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use onhand_protocol::convert::Names;
use std::cell::{Cell, RefCell};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Names kept of each kind, about 200 bytes each. The rest is looked up every time.
const KEPT_MAX: usize = 250_000;
/// The longest code that is kept, in bytes.
const SHORT: usize = 23;

/// A code in the place of the table itself, its bytes and then their number: to compare it, nothing else need be
/// read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Short([u64; 3]);

impl Short {
    /// No code has it.
    const NONE: Self = Self([u64::MAX; 3]);

    fn of(code: &str) -> Option<Self> {
        let mut bytes = [0; SHORT + 1];
        bytes[..SHORT].get_mut(..code.len())?.copy_from_slice(code.as_bytes());
        bytes[SHORT] = u8::try_from(code.len()).ok()?;
        let (words, _) = bytes.as_chunks::<8>();
        let mut short = [0; 3];
        short.iter_mut().zip(words).for_each(|(to, word)| *to = u64::from_le_bytes(*word));
        Some(Self(short))
    }
}

/// What was looked up by code.
struct Known<V> {
    table: HashTable<(Short, Arc<V>)>,
    hasher: DefaultHashBuilder,
}

impl<V> Default for Known<V> {
    fn default() -> Self {
        Self { table: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<V> Known<V> {
    fn get(&self, short: Short) -> Option<&Arc<V>> {
        self.find(self.hasher.hash_one(short), short)
    }

    fn find(&self, hash: u64, short: Short) -> Option<&Arc<V>> {
        self.table.find(hash, |(code, _)| *code == short).map(|(_, value)| value)
    }

    /// Keeps what was not there.
    fn put(&mut self, short: Short, value: Arc<V>) {
        let Self { table, hasher } = self;
        table.insert_unique(hasher.hash_one(short), (short, value), |(code, _)| hasher.hash_one(code));
    }
}

/// The look-ups of one worker, good as long as the address book does not change.
#[derive(Default)]
pub(crate) struct Cache {
    version: Cell<u64>,
    items: RefCell<Known<Item>>,
    /// Room for codes that are asked for next, with their hashes.
    next: RefCell<Vec<(u64, Short)>>,
    words: RefCell<Words>,
    locations: RefCell<Known<Location>>,
    rules: RefCell<Arc<Rules>>,
    has_rules: Cell<bool>,
}

/// Tax classes and categories, each once: thousands of items have the same few, and what they say is asked of
/// every line.
#[derive(Default)]
struct Words {
    classes: HashSet<Label>,
    categories: HashSet<Arc<str>>,
}

/// The address book by way of a worker's own look-ups.
pub(crate) struct Cached<'a> {
    book: Book<'a>,
    cache: &'a Cache,
}

impl Cache {
    /// The address book as it is now: what was looked up before its last change is forgotten.
    pub(crate) fn over<'a>(&'a self, directory: &'a Directory) -> Cached<'a> {
        let version = directory.version();
        if self.version.replace(version) != version {
            self.items.borrow_mut().table.clear();
            self.words.take();
            self.locations.borrow_mut().table.clear();
            let rules = directory.rules();
            self.has_rules.set(!rules.are_plain());
            self.rules.replace(rules);
        }
        Cached { book: Book(directory), cache: self }
    }
}

impl Names for Cached<'_> {
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>> {
        self.find_item(code.as_str(), || self.book.item(code))
    }

    fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>> {
        self.book.item_by_gtin(gtin)
    }

    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>> {
        self.book.item_numbered(sku)
    }

    fn location(&self, code: &LocationCode) -> Option<Arc<Location>> {
        find(&self.cache.locations, code.as_str(), || self.book.location(code), Location::clone)
    }

    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>> {
        self.book.location_numbered(id)
    }

    fn has_rules(&self) -> bool {
        self.cache.has_rules.get()
    }

    fn rules(&self) -> Arc<Rules> {
        self.cache.rules.borrow().clone()
    }

    fn return_limits(&self, location: LocationId) -> Limits {
        self.book.return_limits(location)
    }

    fn zone(&self, name: &str) -> Option<Arc<Zone>> {
        self.book.zone(name)
    }

    fn now(&self) -> Timestamp {
        self.book.now()
    }

    fn accounts_of(&self, owner: &str) -> Vec<(AccountId, AccountKind)> {
        self.book.accounts_of(owner)
    }

    fn item_called(&self, code: &str) -> Option<Arc<Item>> {
        self.find_item(code, || self.book.item_called(code))
    }

    fn location_called(&self, code: &str) -> Option<Arc<Location>> {
        find(&self.cache.locations, code, || self.book.location_called(code), Location::clone)
    }
}

impl Cached<'_> {
    /// Touches what will be read of the items that the next requests name, step by step for all of them: in loops
    /// so short that the processor fetches many at once. Counting a reference would hold up every read behind it.
    pub(crate) fn read_ahead<'c>(&self, codes: impl Iterator<Item = &'c str>) {
        let known = self.cache.items.borrow();
        let mut next = self.cache.next.borrow_mut();
        next.clear();
        next.extend(codes.filter_map(Short::of).map(|short| (known.hasher.hash_one(short), short)));
        let places = next.iter().filter(|(hash, _)| known.find(*hash, Short::NONE).is_some());
        std::hint::black_box(places.count());
        let items = || next.iter().filter_map(|(hash, short)| known.find(*hash, *short));
        let heads = items().map(|item| Arc::strong_count(item) + item.price.iter().count() + item.terms.iter().count());
        std::hint::black_box(heads.sum::<usize>());
        let texts = items().filter(|item| item.code.as_str().starts_with('\n'));
        std::hint::black_box(texts.count());
    }

    fn find_item(&self, code: &str, look_up: impl FnOnce() -> Option<Arc<Item>>) -> Option<Arc<Item>> {
        find(&self.cache.items, code, look_up, |item| self.cache.words.borrow_mut().own(item))
    }
}

impl Words {
    /// A copy of an item that has its words in common with others.
    fn own(&mut self, item: &Item) -> Item {
        let tax_class = self.classes.get_or_insert_with(&item.tax_class, Label::clone).clone();
        let category = self.categories.get_or_insert_with(&item.category, |word| Arc::from(&**word));
        Item { tax_class, category: Arc::clone(category), ..item.clone() }
    }
}

fn find<V>(
    known: &RefCell<Known<V>>,
    code: &str,
    look_up: impl FnOnce() -> Option<Arc<V>>,
    copy: impl FnOnce(&V) -> V,
) -> Option<Arc<V>> {
    let Some(short) = Short::of(code) else { return look_up() };
    let mut known = known.borrow_mut();
    if let Some(found) = known.get(short) {
        return Some(Arc::clone(found));
    }
    let shared = look_up()?;
    if known.table.len() >= KEPT_MAX {
        return Some(shared);
    }
    let own = Arc::new(copy(&shared));
    known.put(short, Arc::clone(&own));
    Some(own)
}
