//! The archive: segments that a snapshot has replaced, compressed, each with its chain head. They
//! are the audit trail; what is too old is pruned, but its head is kept.

use super::keyspaces::io;
use crate::batch::{self, ChainHash, Tip};
use crate::format;
use crate::log::Error;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use onhand_engine::ids::Seq;
use onhand_engine::time::{Millis, Timestamp};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// How long segments are kept: 12 months.
pub(crate) const KEEP: Millis = Millis(366 * 24 * 60 * 60 * 1_000);

/// One archived segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) first: Seq,
    pub(crate) time: Timestamp,
    /// The last record and the hash of its batch.
    pub(crate) tip: Tip,
    /// Whether the records are still there, or only this.
    pub(crate) kept: bool,
}

/// A folder of archived segments.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    dir: PathBuf,
}

impl Archive {
    pub(crate) fn open(dir: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&dir).map_err(|e| io("making the archive", e))?;
        Ok(Self { dir })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Every segment that was ever archived, oldest first.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for file in std::fs::read_dir(&self.dir).map_err(|e| io("reading the archive", e))? {
            let path = file.map_err(|e| io("reading the archive", e))?.path();
            if path.extension().is_none_or(|ending| ending != "head") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|e| io("reading an archive's head", e))?;
            let unreadable = || Error::Corrupt(format!("{} is not the head of an archive", path.display()));
            let mut entry = parse_head(&text).ok_or_else(unreadable)?;
            entry.kept = self.segment(entry.first).exists();
            entries.push(entry);
        }
        entries.sort_by_key(|entry| entry.first);
        Ok(entries)
    }

    /// Adds a segment; on return it is durable. Adding it again changes nothing.
    pub(crate) fn add<B: AsRef<[u8]>>(&self, batches: &[B]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Ok(()) };
        let damaged = |damage| batch::damaged(Seq(0), damage);
        let first = batch::whole(first.as_ref()).map_err(damaged)?;
        let last = batch::whole(last.as_ref()).map_err(damaged)?;
        let time = format::frames(last.body).last().and_then(Result::ok).map_or(Timestamp(0), |frame| frame.time());
        let tip = Tip { last: Seq(last.header.end().0 - 1), hash: last.header.hash };
        let path = self.segment(first.header.first);
        write_whole(&path, |file| {
            let mut encoder = FrameEncoder::new(file);
            for bytes in batches {
                encoder.write_all(bytes.as_ref())?;
            }
            Ok(encoder.finish()?)
        })?;
        // The head comes last: a segment counts once its head is there.
        let head = format!("{} {} {} {}\n", first.header.first.0, tip.last.0, time.0, tip.hash);
        write_whole(&path.with_extension("head"), |mut file| {
            file.write_all(head.as_bytes())?;
            Ok(file)
        })
    }

    /// The batches of a segment, one after the other.
    pub(crate) fn read(&self, first: Seq) -> Result<Vec<u8>, Error> {
        let path = self.segment(first);
        let file = File::open(&path).map_err(|e| io("opening an archived segment", e))?;
        let mut bytes = Vec::new();
        FrameDecoder::new(file)
            .read_to_end(&mut bytes)
            .map_err(|e| Error::Corrupt(format!("{}: {e}", path.display())))?;
        Ok(bytes)
    }

    /// Drops the records of segments that are too old.
    pub(crate) fn prune(&self, now: Timestamp, keep: Millis) -> Result<(), Error> {
        for entry in self.entries()? {
            if entry.kept && entry.time.plus(keep) < now {
                std::fs::remove_file(self.segment(entry.first)).map_err(|e| io("pruning the archive", e))?;
            }
        }
        Ok(())
    }

    fn segment(&self, first: Seq) -> PathBuf {
        self.dir.join(format!("{:020}.lz4", first.0))
    }
}

fn parse_head(text: &str) -> Option<Entry> {
    let mut words = text.split_ascii_whitespace();
    let mut number = || words.next()?.parse::<u64>().ok();
    let (first, last, time) = (Seq(number()?), Seq(number()?), Timestamp(number()?));
    let hash = ChainHash::parse(words.next()?)?;
    Some(Entry { first, time, tip: Tip { last, hash }, kept: true })
}

/// Writes a file beside its place, syncs it, and puts it there.
pub(crate) fn write_whole(path: &Path, fill: impl FnOnce(File) -> std::io::Result<File>) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let write = || {
        fill(File::create(&beside)?)?.sync_all()?;
        std::fs::rename(&beside, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|e| io(&format!("writing {}", path.display()), e))
}
