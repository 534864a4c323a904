//! Zeros ahead of the live journal, so that a small synced append changes blocks that are already the
//! file's: the sync then writes the data alone, and not where the file has its blocks as well.
//!
//! fjall makes a journal as a file of holes and writes it from the front. We write zeros into the holes
//! a little ahead of it, never where it has written: all writing to the journal goes through `Store`
//! under one lock, where an upper bound of its length is kept. What fjall reads back ends at the first
//! zero, as it does in a journal that was never filled. A journal that was there when the database was
//! opened is appended to at its end, so it has nothing ahead: under load it is worth its while to begin
//! a new one.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Zeros written at a time.
const CHUNK: usize = 64 * 1024;
/// Appends larger than this gain nothing: their data takes longer than the rest.
const LARGE: u64 = 64 * 1024;
/// So often it is looked whether there is a new journal, in bytes.
const LOOK_EVERY: u64 = 1 << 20;
/// After so many small appends to a journal that was there before, a new one is begun.
const WORTH_A_NEW_ONE: u32 = 5_000;
/// What fjall writes around an item, and around a batch, at most.
const AROUND: u64 = 256;
/// What it may have written into a new journal before we look.
const BEGUN: u64 = 16 * 1024;

static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// What is known of the live journal.
pub(super) struct Ahead {
    folder: PathBuf,
    /// The number of the newest journal.
    newest: Option<u64>,
    /// It, when it is written from the front.
    file: Option<File>,
    /// Its length at most.
    end: u64,
    /// Written since the folder was looked at last.
    since: u64,
    /// Up to here it has no holes.
    filled: u64,
    /// Small appends without anything ahead.
    bare: u32,
}

impl Ahead {
    /// Before the database in this folder is opened. Where it cannot be seen what is there, no journal
    /// will ever be taken for a new one.
    pub(super) fn before_open(folder: &Path) -> Self {
        let newest = newest(folder).unwrap_or(Some(u64::MAX));
        Self { folder: folder.to_owned(), newest, file: None, end: 0, since: BEGUN, filled: 0, bare: 0 }
    }

    /// So much is about to be written, in so many items.
    pub(super) fn about_to_write(&mut self, bytes: u64, items: u64) {
        let most = bytes + (items + 1) * AROUND;
        self.end += most;
        self.since += most;
    }

    /// After an append of so many bytes: fills what the next ones will take.
    pub(super) fn fill(&mut self, appended: u64) {
        self.bare += u32::from(self.file.is_none() && appended <= LARGE && self.bare < WORTH_A_NEW_ONE);
        let has_room = self.file.is_some() && self.filled > self.end + LARGE;
        let looked = self.file.is_none() && self.newest.is_some() && self.since < LOOK_EVERY;
        if appended > LARGE || has_room || looked {
            return;
        }
        // What cannot be looked at now may have changed: then nothing is written.
        if self.look().is_err() {
            return;
        }
        let Some(file) = &self.file else { return };
        let from = self.filled.max(self.end);
        // Without the zeros everything works too, only slower: a disk that has no space is found out by
        // who writes data.
        match file.write_all_at(&ZEROS, from) {
            Ok(()) => self.filled = from + CHUNK as u64,
            Err(_) => self.file = None,
        }
    }

    /// Whether a new journal should be begun, once.
    pub(super) fn wants_a_new_one(&self) -> bool {
        self.file.is_none() && self.bare == WORTH_A_NEW_ONE
    }

    /// It was seen to, or tried.
    pub(super) fn got_a_new_one(&mut self) {
        self.bare += 1;
    }

    #[cfg(test)]
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    #[cfg(test)]
    pub(super) fn filled(&self) -> u64 {
        self.filled
    }

    /// Whether there is a newer journal: it was made by this process, so it is written from the front.
    fn look(&mut self) -> io::Result<()> {
        let newest = newest(&self.folder)?;
        if newest > self.newest {
            self.newest = newest;
            let path = newest.map(|number| self.folder.join(format!("{number}.jnl")));
            self.file = path.and_then(|path| OpenOptions::new().write(true).open(path).ok());
            (self.end, self.filled) = (self.since, 0);
        }
        self.since = 0;
        Ok(())
    }
}

/// The number of the newest journal.
fn newest(folder: &Path) -> io::Result<Option<u64>> {
    let mut newest = None;
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jnl")?.parse().ok());
        newest = newest.max(number);
    }
    Ok(newest)
}

#[cfg(test)]
#[path = "ahead_tests.rs"]
mod tests;
