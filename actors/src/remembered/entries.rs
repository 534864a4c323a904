//! What is remembered, oldest first, in chunks: it grows and shrinks without ever being moved, so no
//! command waits for millions of others to be copied.

use onhand_persistence::log::Remembered as Entry;
use std::collections::VecDeque;

/// Entries in a chunk: 256 KiB.
const CHUNK: usize = 4_096;

/// Entries by number; an entry's number is its place in the order since the start.
#[derive(Default)]
pub(super) struct Entries {
    /// What was recovered and not forgotten since.
    recovered: std::vec::IntoIter<Entry>,
    /// What came after it. All are full but the last.
    chunks: VecDeque<Vec<Entry>>,
    /// So many of the first chunk are forgotten.
    gone: usize,
    first: u64,
    end: u64,
    /// A chunk that was used up, for the next time one is needed.
    spare: Vec<Entry>,
}

impl Entries {
    /// Those that were recovered; their numbers begin at zero.
    pub(super) fn recovered(entries: Vec<Entry>) -> Self {
        let end = entries.len() as u64;
        Self { recovered: entries.into_iter(), end, ..Self::default() }
    }

    /// The number of the oldest.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next one will have.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        let at = place(number.checked_sub(self.first)?);
        let recovered = self.recovered.as_slice();
        match at.checked_sub(recovered.len()) {
            None => recovered.get(at),
            Some(at) => self.chunks.get((at + self.gone) / CHUNK)?.get((at + self.gone) % CHUNK),
        }
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let at = place(number.checked_sub(self.first)?);
        match at.checked_sub(self.recovered.as_slice().len()) {
            None => self.recovered.as_mut_slice().get_mut(at),
            Some(at) => self.chunks.get_mut((at + self.gone) / CHUNK)?.get_mut((at + self.gone) % CHUNK),
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        match self.chunks.back_mut() {
            Some(last) if last.len() < CHUNK => last.push(entry),
            _ => {
                let mut chunk = std::mem::take(&mut self.spare);
                chunk.reserve_exact(CHUNK);
                chunk.push(entry);
                self.chunks.push_back(chunk);
            }
        }
        self.end += 1;
    }

    /// Forgets the oldest.
    pub(super) fn pop(&mut self) {
        if self.first == self.end {
            return;
        }
        self.first += 1;
        if self.recovered.next().is_some() {
            return;
        }
        self.gone += 1;
        if self.gone == CHUNK {
            self.gone = 0;
            self.spare = self.chunks.pop_front().unwrap_or_default();
            self.spare.clear();
        }
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[path = "entries_tests.rs"]
mod tests;
