//! Answers that are still known, so that a repeat gets the first one.

mod entries;
mod index;

use entries::Entries;
use index::Index;
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Seq};
use onhand_engine::time::Timestamp;
use onhand_persistence::log::Remembered as Entry;

/// One shard's memory of what it answered, oldest first, bounded by time.
pub(crate) struct Remembered {
    entries: Entries,
    /// Number of the first entry whose record is not durable yet.
    undurable: u64,
    index: Index,
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
        Self { entries: Entries::default(), undurable: 0, index: Index::default(), keep_ms }
    }

    /// Takes over the answers that were recovered: lists that are oldest first each.
    pub(crate) fn load(&mut self, mut lists: Vec<Vec<Entry>>) {
        let several = lists.len() > 1;
        let mut all = lists.pop().unwrap_or_default();
        if several {
            all.extend(lists.into_iter().flatten());
            all.sort_by_key(|entry| entry.seq);
        }
        self.index.reserve(all.len());
        for (number, entry) in (0..).zip(&all) {
            self.index.insert(self.index.spot(entry.command), number);
        }
        self.entries = Entries::recovered(all);
        self.undurable = self.entries.end();
    }

    /// Remembers an answer whose record is on its way.
    pub(crate) fn insert(&mut self, record: &Record) {
        self.index.insert(self.index.spot(record.command), self.entries.end());
        self.entries.push(Entry::of(record, Seq(0)));
    }

    /// What is known of a command id, and what the command with it contained.
    pub(crate) fn find(&self, command: CommandId) -> Option<(Fingerprint, Known<'_>)> {
        let number = self.number_of(command)?;
        let entry = self.entries.get(number)?;
        let known = if number < self.undurable { Known::Durable(entry) } else { Known::OnItsWay(number) };
        Some((entry.fingerprint, known))
    }

    fn number_of(&self, command: CommandId) -> Option<u64> {
        let is = |number| self.entries.get(number).is_some_and(|entry| entry.command == command);
        self.index.find(self.index.spot(command), self.entries.first(), is)
    }

    /// Reads what will soon be looked up: several places in memory are waited for at once.
    pub(crate) fn read_ahead(&self, commands: impl Iterator<Item = CommandId>) {
        let known = commands.filter(|command| self.index.find(self.index.spot(*command), 0, |_| false).is_some());
        std::hint::black_box(known.count());
    }

    /// When a command was decided whose answer is still known, durable or not.
    pub(crate) fn time_of(&self, command: CommandId) -> Option<Timestamp> {
        self.entries.get(self.number_of(command)?).map(|entry| entry.time)
    }

    /// What is not known any more was decided before this.
    pub(crate) fn horizon(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(self.keep_ms))
    }

    /// The entry of a number, when its record is durable.
    pub(crate) fn durable_entry(&self, number: u64) -> Option<&Entry> {
        if number < self.undurable { self.entries.get(number) } else { None }
    }

    /// The next so many records became durable, the first of them at a place.
    pub(crate) fn durable(&mut self, seqs: impl Iterator<Item = Seq>) {
        for seq in seqs {
            if let Some(entry) = self.entries.get_mut(self.undurable) {
                entry.seq = seq;
                self.undurable += 1;
            }
        }
    }

    /// Forgets what is durable and older than it is kept for, a few at a time.
    pub(crate) fn evict(&mut self, now: Timestamp, at_most: usize) {
        for _ in 0..at_most {
            let first = self.entries.first();
            let Some(oldest) = self.entries.get(first) else { return };
            if first >= self.undurable || oldest.time.0.saturating_add(self.keep_ms) > now.0 {
                return;
            }
            self.index.remove(self.index.spot(oldest.command), first);
            self.entries.pop();
        }
    }
}
