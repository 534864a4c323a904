//! Answers that are still known, so that a repeat gets the first one.

use hashbrown::{DefaultHashBuilder, HashTable};
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Seq};
use onhand_engine::time::Timestamp;
use onhand_persistence::log::Remembered as Entry;
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// One shard's memory of what it answered, oldest first, bounded by time.
pub(crate) struct Remembered {
    entries: VecDeque<Entry>,
    /// Number of the first entry since the start; an entry's number is its place in the order.
    first: u64,
    /// Number of the first entry whose record is not durable yet.
    undurable: u64,
    index: HashTable<u64>,
    hasher: DefaultHashBuilder,
    keep_ms: u64,
}

/// What is known of a command id.
pub(crate) enum Known<'a> {
    /// It is durable.
    Durable(&'a Entry),
    /// Its record, of this number, is on its way.
    OnItsWay(u64),
}

impl Remembered {
    pub(crate) fn new(keep_ms: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            undurable: 0,
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            keep_ms,
        }
    }

    /// Takes over the answers that were recovered: lists that are oldest first each.
    pub(crate) fn load(&mut self, mut lists: Vec<Vec<Entry>>) {
        let several = lists.len() > 1;
        let mut all = lists.pop().unwrap_or_default();
        if several {
            all.extend(lists.into_iter().flatten());
            all.sort_by_key(|entry| entry.seq);
        }
        self.entries = all.into();
        self.undurable = self.end();
        let Self { entries, index, hasher, .. } = self;
        index.reserve(entries.len(), |_| 0);
        for (number, entry) in (0..).zip(&*entries) {
            let rehash = |at: &u64| hasher.hash_one(command_at(entries, 0, *at));
            index.insert_unique(hasher.hash_one(entry.command), number, rehash);
        }
    }

    /// Remembers an answer whose record is on its way.
    pub(crate) fn insert(&mut self, record: &Record) {
        let hash = self.hasher.hash_one(record.command);
        let number = self.end();
        let Self { entries, first, index, hasher, .. } = self;
        entries.push_back(Entry::of(record, Seq(0)));
        index.insert_unique(hash, number, |at| hasher.hash_one(command_at(entries, *first, *at)));
    }

    /// What is known of a command id, and what the command with it contained.
    pub(crate) fn find(&self, command: CommandId) -> Option<(Fingerprint, Known<'_>)> {
        let hash = self.hasher.hash_one(command);
        let number = *self.index.find(hash, |at| command_at(&self.entries, self.first, *at) == command)?;
        let entry = self.entry(number)?;
        let known = if number < self.undurable { Known::Durable(entry) } else { Known::OnItsWay(number) };
        Some((entry.fingerprint, known))
    }

    /// Reads what will soon be looked up: several places in memory are waited for at once.
    pub(crate) fn read_ahead(&self, commands: impl Iterator<Item = CommandId>) {
        let known =
            commands.filter(|command| self.index.find(self.hasher.hash_one(*command), |at| *at == u64::MAX).is_some());
        std::hint::black_box(known.count());
    }

    /// When a command was decided whose answer is still known, durable or not.
    pub(crate) fn time_of(&self, command: CommandId) -> Option<Timestamp> {
        let hash = self.hasher.hash_one(command);
        let number = *self.index.find(hash, |at| command_at(&self.entries, self.first, *at) == command)?;
        self.entry(number).map(|entry| entry.time)
    }

    /// What is not known any more was decided before this.
    pub(crate) fn horizon(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(self.keep_ms))
    }

    /// The entry of a number, when its record is durable.
    pub(crate) fn durable_entry(&self, number: u64) -> Option<&Entry> {
        if number < self.undurable { self.entry(number) } else { None }
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(place(number.checked_sub(self.first)?))
    }

    /// The next so many records became durable, the first of them at a place.
    pub(crate) fn durable(&mut self, seqs: impl Iterator<Item = Seq>) {
        for seq in seqs {
            if let Some(entry) = self.entries.get_mut(place(self.undurable - self.first)) {
                entry.seq = seq;
                self.undurable += 1;
            }
        }
    }

    /// Forgets what is durable and older than it is kept for, a few at a time.
    pub(crate) fn evict(&mut self, now: Timestamp, at_most: usize) {
        for _ in 0..at_most {
            let Some(oldest) = self.entries.front() else { return };
            if self.first >= self.undurable || oldest.time.0.saturating_add(self.keep_ms) > now.0 {
                return;
            }
            let hash = self.hasher.hash_one(oldest.command);
            let first = self.first;
            if let Ok(found) = self.index.find_entry(hash, |at| *at == first) {
                found.remove();
            }
            self.entries.pop_front();
            self.first += 1;
        }
    }

    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }
}

fn command_at(entries: &VecDeque<Entry>, first: u64, number: u64) -> CommandId {
    entries[place(number - first)].command
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
