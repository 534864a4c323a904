//! The database: its keyspaces, their settings, and what may be done to them.

use super::ahead::Ahead;
use super::archive::Archive;
use super::snapshot::{MEMOS, SNAPSHOT};
use crate::log::Error;
use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, LsmError, PersistMode, Slice};
use onhand_engine::ids::Seq;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// A segment is never flushed while it lives: its journal is its place on disk, and it is dropped
/// once a snapshot has what it says.
const SEGMENT_MEMORY_MAX: u64 = 4 << 30;
const JOURNALS_MAX: u64 = 16 << 30;
/// fjall begins a new journal when the old one is longer than 64,000,000 bytes.
const JOURNAL_ENOUGH: usize = 64_000_000;
const PIECE: usize = 256 * 1024;
const BETWEEN_PIECES: Duration = Duration::from_millis(2);
const SEGMENT: &str = "log-";
const META: &str = "meta";
const FORMAT_KEY: &str = "format";
const FORMAT: &[u8] = b"onhand 1";

/// The open database of one data directory.
pub(super) struct Store {
    db: Database,
    dir: PathBuf,
    meta: Keyspace,
    segments: RwLock<BTreeMap<Seq, Keyspace>>,
    archive: Archive,
    durable: AtomicU64,
    /// Held by whoever writes to the journal.
    ahead: Mutex<Ahead>,
    last_archived: Mutex<Option<Archived>>,
}

/// An archived segment in memory: its first record, and its batches.
type Archived = (Seq, Arc<Vec<u8>>);

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir.join("log")).map_err(|e| io("making the data directory", e))?;
        let ahead = Ahead::before_open(&dir.join("log"));
        let open = || {
            Database::builder(dir.join("log"))
                .journal_compression(CompressionType::None)
                .max_journaling_size(JOURNALS_MAX)
                .worker_threads(1)
                .open()
        };
        // fjall asserts what it expects of its files; a damaged one must not take the process down.
        let opened = catch_unwind(AssertUnwindSafe(open))
            .map_err(|_| Error::Corrupt(format!("the database in {} cannot be read", dir.display())))?;
        let db = opened.map_err(|e| match e {
            fjall::Error::Locked => Error::InUse(dir.display().to_string()),
            other => storage(other),
        })?;
        let meta = db.keyspace(META, KeyspaceCreateOptions::default).map_err(storage)?;
        let mut segments = BTreeMap::new();
        for name in db.list_keyspace_names() {
            let Some(first) = name.strip_prefix(SEGMENT).and_then(|number| number.parse().ok()) else { continue };
            segments.insert(Seq(first), db.keyspace(&name, segment_options).map_err(storage)?);
        }
        let segments = RwLock::new(segments);
        let archive = Archive::open(dir.join("archive"))?;
        let store = Self {
            db,
            dir: dir.to_owned(),
            meta,
            segments,
            archive,
            durable: AtomicU64::new(0),
            ahead: Mutex::new(ahead),
            last_archived: Mutex::default(),
        };
        store.check_format()?;
        Ok(store)
    }

    fn check_format(&self) -> Result<(), Error> {
        match self.meta.get(FORMAT_KEY).map_err(storage)? {
            None => {
                self.meta.insert(FORMAT_KEY, FORMAT).map_err(storage)?;
                self.db.persist(PersistMode::SyncAll).map_err(storage)
            }
            Some(format) if &*format == FORMAT => Ok(()),
            Some(format) => {
                let format = String::from_utf8_lossy(&format).into_owned();
                Err(Error::Corrupt(format!(
                    "the data directory is of format {format:?}, which this version cannot read"
                )))
            }
        }
    }

    /// The newest segment and its first record; made when there is none.
    pub(super) fn live_segment(&self, last: Seq) -> Result<(Seq, Keyspace), Error> {
        let newest = self.read_segments().last_key_value().map(|(first, live)| (*first, live.clone()));
        match newest {
            Some(live) => Ok(live),
            None => self.add_segment(Seq(last.0 + 1)).map(|live| (Seq(last.0 + 1), live)),
        }
    }

    /// Makes the segment that starts with this record.
    pub(super) fn add_segment(&self, first: Seq) -> Result<Keyspace, Error> {
        let made = self.db.keyspace(&format!("{SEGMENT}{:020}", first.0), segment_options).map_err(storage)?;
        self.segments.write().unwrap_or_else(PoisonError::into_inner).insert(first, made.clone());
        Ok(made)
    }

    /// Writes and syncs one batch.
    pub(super) fn append(&self, live: &Keyspace, first: Seq, batch: &[u8]) -> Result<(), Error> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = batch.len() as u64;
        ahead.about_to_write(bytes, 1);
        let mut write = self.db.batch().durability(Some(PersistMode::SyncData));
        write.insert(live, first.0.to_be_bytes(), batch);
        write.commit().map_err(storage)?;
        ahead.fill(bytes);
        Ok(())
    }

    /// The batches that hold records from this place on.
    pub(super) fn batches_from(&self, from: Seq) -> Result<Vec<Slice>, Error> {
        let mut batches = Vec::new();
        for (_, segment) in self.segments_from(from) {
            let start = segment.range(..=from.0.to_be_bytes()).next_back();
            let start = start.map_or(Ok(None), |guard| guard.key().map(Some)).map_err(storage)?;
            let start = start.as_deref().map_or(from.0.to_be_bytes().to_vec(), <[u8]>::to_vec);
            for guard in segment.range(start..) {
                batches.push(guard.value().map_err(storage)?);
            }
        }
        Ok(batches)
    }

    /// The segments that may hold records from this place on, oldest first.
    pub(super) fn segments_from(&self, from: Seq) -> Vec<(Seq, Keyspace)> {
        let segments = self.read_segments();
        let start = segments.range(..=from).next_back().map_or(from, |(first, _)| *first);
        segments.range(start..).map(|(first, segment)| (*first, segment.clone())).collect()
    }

    /// The first records of the segments whose records are all before this place.
    pub(super) fn segments_before(&self, end: Seq) -> Vec<Seq> {
        let firsts: Vec<Seq> = self.read_segments().keys().copied().collect();
        // A segment ends where the next one starts; the live one has no end.
        firsts.windows(2).filter(|pair| pair[1] <= end).map(|pair| pair[0]).collect()
    }

    /// Every batch of one segment.
    pub(super) fn segment_batches(&self, first: Seq) -> Result<Vec<Slice>, Error> {
        let segment = self.read_segments().get(&first).cloned();
        let Some(segment) = segment else { return Ok(Vec::new()) };
        segment.iter().map(|guard| guard.value().map_err(storage)).collect()
    }

    /// Gives a segment up. Whoever is reading it may go on.
    pub(super) fn drop_segment(&self, first: Seq) -> Result<(), Error> {
        let dropped = self.segments.write().unwrap_or_else(PoisonError::into_inner).remove(&first);
        dropped.map_or(Ok(()), |segment| self.db.delete_keyspace(segment).map_err(storage))
    }

    /// An empty keyspace for parts; what a crash left under its name is dropped.
    pub(super) fn fresh_parts(&self, name: &str) -> Result<Keyspace, Error> {
        if let Some(left_over) = self.existing(name)? {
            self.db.delete_keyspace(left_over).map_err(storage)?;
        }
        self.db.keyspace(name, parts_options).map_err(storage)
    }

    /// The keyspace of a name, if there is one.
    pub(super) fn existing(&self, name: &str) -> Result<Option<Keyspace>, Error> {
        if !self.db.keyspace_exists(name) {
            return Ok(None);
        }
        self.db.keyspace(name, parts_options).map(Some).map_err(storage)
    }

    /// Drops every keyspace of parts that is not needed.
    pub(super) fn drop_parts_except(&self, needed: &[String]) -> Result<(), Error> {
        for name in self.db.list_keyspace_names() {
            let parts = name.starts_with(SNAPSHOT) || name.starts_with(MEMOS);
            if parts && !needed.iter().any(|needed| **needed == *name) {
                let keyspace = self.db.keyspace(&name, parts_options).map_err(storage)?;
                self.db.delete_keyspace(keyspace).map_err(storage)?;
            }
        }
        Ok(())
    }

    /// The values in `meta` under a prefix, in the order of their names.
    pub(super) fn meta_values(&self, prefix: &str) -> Result<Vec<Slice>, Error> {
        self.meta.prefix(prefix).map(|guard| guard.value().map_err(storage)).collect()
    }

    /// The names in `meta` under a prefix.
    pub(super) fn meta_names(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let name = |key: Slice| String::from_utf8_lossy(&key).into_owned();
        self.meta.prefix(prefix).map(|guard| guard.key().map(name).map_err(storage)).collect()
    }

    /// Puts and removes names in `meta`, all at once and durable.
    pub(super) fn write_meta(&self, put: &[(String, Vec<u8>)], remove: &[String]) -> Result<(), Error> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = put.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            + remove.iter().map(String::len).sum::<usize>();
        ahead.about_to_write(bytes as u64, (put.len() + remove.len()) as u64);
        let mut write = self.db.batch().durability(Some(PersistMode::SyncAll));
        for name in remove.iter().filter(|name| !put.iter().any(|(kept, _)| kept == *name)) {
            write.remove(&self.meta, name.as_str());
        }
        for (name, value) in put {
            write.insert(&self.meta, name.as_str(), value.as_slice());
        }
        write.commit().map_err(storage)
    }

    /// Lets fjall start a new journal, so that it can drop the ones whose segments are gone. It
    /// rotates only within a flush, so a record is flushed. Not a public part of fjall: its exact
    /// version is pinned.
    pub(super) fn rotate_journal(&self) -> Result<(), Error> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.about_to_write(0, 1);
        self.meta.insert("rotated", []).map_err(storage)?;
        drop(ahead);
        self.meta.rotate_memtable().map(drop).map_err(storage)
    }

    /// Whether the journal was there before, and is written to so often that a new one pays.
    pub(super) fn wants_a_new_journal(&self) -> bool {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).wants_a_new_one()
    }

    /// Makes fjall begin a new journal: it does so only once the one it has is long enough, so that is
    /// seen to. The others have their turn between two pieces.
    pub(super) fn begin_new_journal(&self) -> Result<(), Error> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).got_a_new_one();
        let piece = vec![0; PIECE];
        for _ in 0..JOURNAL_ENOUGH.div_ceil(PIECE) {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            ahead.about_to_write(PIECE as u64, 1);
            self.meta.insert("rotated", piece.as_slice()).map_err(storage)?;
            drop(ahead);
            std::thread::park_timeout(BETWEEN_PIECES);
        }
        self.rotate_journal()
    }

    /// The length of the live journal at most, and up to where it has no holes.
    #[cfg(test)]
    pub(super) fn journal_end(&self) -> u64 {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).end()
    }

    #[cfg(test)]
    pub(super) fn journal_filled(&self) -> u64 {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner).filled()
    }

    /// The archived segment that was read last.
    pub(super) fn last_archived(&self) -> MutexGuard<'_, Option<Archived>> {
        self.last_archived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn archive(&self) -> &Archive {
        &self.archive
    }

    fn read_segments(&self) -> RwLockReadGuard<'_, BTreeMap<Seq, Keyspace>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last record that may be shown.
    pub(super) fn durable(&self) -> Seq {
        Seq(self.durable.load(Ordering::Acquire))
    }

    pub(super) fn set_durable(&self, seq: Seq) {
        self.durable.store(seq.0, Ordering::Release);
    }

    /// Bytes that the disk has left for us.
    pub(super) fn free_bytes(&self) -> Result<u64, Error> {
        let stat = rustix::fs::statvfs(&self.dir).map_err(|e| io("asking for the free space", e.into()))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn segment_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(SEGMENT_MEMORY_MAX)
        .data_block_size_policy(BlockSizePolicy::all(64 << 10))
        .data_block_compression_policy(CompressionPolicy::disabled())
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::None))
}

fn parts_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .data_block_size_policy(BlockSizePolicy::all(64 << 10))
        .data_block_compression_policy(CompressionPolicy::disabled())
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::None))
}

pub(super) fn io(what: &str, source: std::io::Error) -> Error {
    Error::Io { what: what.to_owned(), source }
}

/// What the storage engine says, in our words.
pub(super) fn storage(error: fjall::Error) -> Error {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(LsmError::Io(source)) => io("storage", source),
        fjall::Error::Poisoned | fjall::Error::KeyspaceDeleted => Error::Storage(error.to_string()),
        damage => Error::Corrupt(damage.to_string()),
    }
}
