//! The database: its keyspaces, their settings, and what may be done to them.

use crate::log::Error;
use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, LsmError, PersistMode, Slice};
use onhand_engine::ids::Seq;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// A segment is never flushed while it lives: its journal is its place on disk, and it is dropped
/// once a snapshot has what it says.
const SEGMENT_MEMORY_MAX: u64 = 4 << 30;
const JOURNALS_MAX: u64 = 16 << 30;
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
    durable: AtomicU64,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir.join("log")).map_err(|e| io("making the data directory", e))?;
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
        let store = Self { db, dir: dir.to_owned(), meta, segments, durable: AtomicU64::new(0) };
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

    /// The newest segment; made when there is none.
    pub(super) fn live_segment(&self, last: Seq) -> Result<Keyspace, Error> {
        if let Some((_, live)) = self.read_segments().last_key_value() {
            return Ok(live.clone());
        }
        self.add_segment(Seq(last.0 + 1))
    }

    /// Makes the segment that starts with this record.
    pub(super) fn add_segment(&self, first: Seq) -> Result<Keyspace, Error> {
        let made = self.db.keyspace(&format!("{SEGMENT}{:020}", first.0), segment_options).map_err(storage)?;
        self.segments.write().unwrap_or_else(PoisonError::into_inner).insert(first, made.clone());
        Ok(made)
    }

    /// Writes and syncs one batch.
    pub(super) fn append(&self, live: &Keyspace, first: Seq, batch: &[u8]) -> Result<(), Error> {
        let mut write = self.db.batch().durability(Some(PersistMode::SyncData));
        write.insert(live, first.0.to_be_bytes(), batch);
        write.commit().map_err(storage)
    }

    /// The batches that hold records from this place on.
    pub(super) fn batches_from(&self, from: Seq) -> Result<Vec<Slice>, Error> {
        let mut batches = Vec::new();
        for segment in self.segments_from(from) {
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
    pub(super) fn segments_from(&self, from: Seq) -> Vec<Keyspace> {
        let segments = self.read_segments();
        let start = segments.range(..=from).next_back().map_or(from, |(first, _)| *first);
        segments.range(start..).map(|(_, segment)| segment.clone()).collect()
    }

    fn read_segments(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<Seq, Keyspace>> {
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
