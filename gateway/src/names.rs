//! What a worker has looked up in the address book lately, in copies of its own: workers that count
//! references to one and the same item on two cores hinder each other more than the look-up costs.

use crate::wire::Book;
use hashbrown::{HashMap, HashSet};
use onhand_actors::directory::Directory;
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{Label, LocationCode, LocationId, SkuCode, SkuId};
use onhand_engine::rules::Rules;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use onhand_protocol::convert::Names;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Names kept of each kind, about 200 bytes each. The rest is looked up every time.
const KEPT_MAX: usize = 250_000;
/// The longest code that is kept, in bytes.
const SHORT: usize = 23;

/// A code in the place of the table itself: to compare it, nothing else need be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Short {
    length: u8,
    bytes: [u8; SHORT],
}

impl Short {
    fn of(code: &str) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..code.len())?.copy_from_slice(code.as_bytes());
        Some(Self { length: u8::try_from(code.len()).ok()?, bytes })
    }
}

/// The look-ups of one worker, good as long as the address book does not change.
#[derive(Default)]
pub(crate) struct Cache {
    version: Cell<u64>,
    items: RefCell<HashMap<Short, Arc<Item>>>,
    words: RefCell<Words>,
    locations: RefCell<HashMap<Short, Arc<Location>>>,
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
            self.items.borrow_mut().clear();
            self.words.take();
            self.locations.borrow_mut().clear();
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

    fn read_ahead(&self, codes: &mut dyn Iterator<Item = &str>) {
        let known = self.cache.items.borrow();
        let items = codes.filter_map(|code| known.get(&Short::of(code)?));
        // Counting a reference holds up every read behind it, so all are read before any is counted.
        let read = |item: &Arc<Item>| Arc::strong_count(item) + item.code.as_str().len() + item.terms.iter().count();
        std::hint::black_box(items.map(read).sum::<usize>());
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

    fn zone(&self, name: &str) -> Option<Arc<Zone>> {
        self.book.zone(name)
    }

    fn now(&self) -> Timestamp {
        self.book.now()
    }

    fn item_called(&self, code: &str) -> Option<Arc<Item>> {
        self.find_item(code, || self.book.item_called(code))
    }

    fn location_called(&self, code: &str) -> Option<Arc<Location>> {
        find(&self.cache.locations, code, || self.book.location_called(code), Location::clone)
    }
}

impl Cached<'_> {
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
    known: &RefCell<HashMap<Short, Arc<V>>>,
    code: &str,
    look_up: impl FnOnce() -> Option<Arc<V>>,
    copy: impl FnOnce(&V) -> V,
) -> Option<Arc<V>> {
    let Some(short) = Short::of(code) else { return look_up() };
    let mut known = known.borrow_mut();
    if let Some(found) = known.get(&short) {
        return Some(Arc::clone(found));
    }
    let shared = look_up()?;
    if known.len() >= KEPT_MAX {
        return Some(shared);
    }
    let own = Arc::new(copy(&shared));
    known.insert(short, Arc::clone(&own));
    Some(own)
}
