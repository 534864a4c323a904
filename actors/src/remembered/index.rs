//! The way from a command's id to its entry: many small tables, each of which has all it needs to
//! grow. One that grows holds up one command by a little, where one large table would hold up
//! everybody for as long as it takes to read all entries again.

use hashbrown::{DefaultHashBuilder, HashTable};
use onhand_engine::ids::CommandId;
use std::hash::BuildHasher;

/// Chosen by eight bits of the hash.
const TABLES: usize = 256;

/// Numbers of entries by the hash of their command.
pub(super) struct Index {
    tables: Vec<HashTable<Slot>>,
    hasher: DefaultHashBuilder,
}

/// Eight bytes for each entry.
struct Slot {
    hash: u32,
    /// The last 32 bits of its number: more than that are never remembered at once.
    number: u32,
}

/// Where a command would be.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    table: usize,
    hash: u32,
}

impl Default for Index {
    fn default() -> Self {
        Self { tables: (0..TABLES).map(|_| HashTable::new()).collect(), hasher: DefaultHashBuilder::default() }
    }
}

impl Index {
    pub(super) fn spot(&self, command: CommandId) -> Spot {
        let hash = self.hasher.hash_one(command);
        Spot { table: usize::try_from(hash >> 56).unwrap_or_default(), hash: low(hash) }
    }

    /// Makes room for so many entries.
    pub(super) fn reserve(&mut self, entries: usize) {
        let each = entries / TABLES;
        self.tables.iter_mut().for_each(|table| table.reserve(each + each / 16, spread_of));
    }

    pub(super) fn insert(&mut self, spot: Spot, number: u64) {
        let slot = Slot { hash: spot.hash, number: low(number) };
        self.tables[spot.table].insert_unique(spread(spot.hash), slot, spread_of);
    }

    /// The number at a spot for which `is` holds. Numbers are `first` or higher.
    pub(super) fn find(&self, spot: Spot, first: u64, is: impl Fn(u64) -> bool) -> Option<u64> {
        let same = |slot: &Slot| slot.hash == spot.hash && is(whole(slot.number, first));
        self.tables[spot.table].find(spread(spot.hash), same).map(|slot| whole(slot.number, first))
    }

    pub(super) fn remove(&mut self, spot: Spot, number: u64) {
        let same = |slot: &Slot| slot.number == low(number);
        if let Ok(found) = self.tables[spot.table].find_entry(spread(spot.hash), same) {
            found.remove();
        }
    }
}

/// The bits that a table goes by, from those that are kept.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn spread_of(slot: &Slot) -> u64 {
    spread(slot.hash)
}

fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}

fn whole(number: u32, first: u64) -> u64 {
    first + u64::from(number.wrapping_sub(low(first)))
}
