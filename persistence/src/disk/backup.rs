//! Backup and restore. A backup is a directory that any version with this format reads: snapshot
//! and answers in one file, the batches since in another, the archive as it is, and a manifest
//! that comes last.

use super::archive::{Archive, write_whole};
use super::keyspaces::{Store, io, storage};
use super::reader::Flow;
use super::snapshot::{Heads, MEMOS, SNAPSHOT, name};
use super::verify::state_hash;
use crate::batch::{self, Tip};
use crate::format::head::PartsHead;
use crate::log::Error;
use crate::recover;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use onhand_engine::ids::{LocationId, Seq};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

const PARTS: &str = "parts.lz4";
const BATCHES: &str = "batches.lz4";
const MANIFEST: &str = "manifest";
const FORMAT: &str = "onhand backup 1";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The place of the last record.
    pub last_seq: u64,
    /// The hash of its batch, in hexadecimal.
    pub chain_head: String,
    /// BLAKE3 of the state, in hexadecimal: the restored directory has the same.
    pub state_hash: String,
}

/// Copies a data directory that no server uses.
///
/// # Errors
/// [`Error`] when it cannot be read, is damaged, or the copy cannot be written.
pub fn backup(dir: &Path, to: &Path) -> Result<Backup, Error> {
    let store = Store::open(dir)?;
    store.set_durable(Seq(u64::MAX));
    write_backup(&store, to)
}

/// Makes a data directory of a backup. The directory must not have one yet.
///
/// # Errors
/// [`Error`] when the backup is damaged, or there is a data directory already.
pub fn restore(from: &Path, dir: &Path) -> Result<Backup, Error> {
    if dir.join("log").exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(io(&format!("{} has data already", dir.display()), source));
    }
    let manifest = read_manifest(from)?;
    let store = Store::open(dir)?;
    copy_archive(&from.join("archive"), store.archive())?;
    let start = restore_parts(&store, &unpack(&from.join(PARTS))?)?;
    restore_batches(&store, start, &unpack(&from.join(BATCHES))?)?;
    let restored = describe(&store)?;
    if restored != manifest {
        return Err(Error::Corrupt("the restored state is not what the backup's manifest says".into()));
    }
    Ok(restored)
}

/// The same, through the store of a running server.
pub(super) fn write_backup(store: &Store, to: &Path) -> Result<Backup, Error> {
    std::fs::create_dir_all(to).map_err(|e| io("making the backup's directory", e))?;
    if to.join(MANIFEST).exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(io(&format!("{} has a backup already", to.display()), source));
    }
    let heads = Heads::read(store)?;
    pack(&to.join(PARTS), |out| {
        let snapshot = heads.snapshot.iter().map(|head| (SNAPSHOT, head));
        for (prefix, head) in snapshot.chain(heads.memos.iter().map(|head| (MEMOS, head))) {
            field(out, prefix.as_bytes())?;
            field(out, &head.encode())?;
            each_part(store, &name(prefix, head.tip.last), head, &mut |part| field(out, part))?;
        }
        Ok(())
    })?;
    let start = heads.start();
    let mut kept = Vec::new();
    pack(&to.join(BATCHES), |out| {
        store.each_stored(Seq(start.tip.last.0 + 1), &mut |stored| {
            put(out, stored.raw())?;
            kept.push(stored.raw().to_vec());
            Ok(Flow::Continue(()))
        })
    })?;
    copy_archive(store.archive().dir(), &Archive::open(to.join("archive"))?)?;
    let backup = folded(store, &heads, &kept)?;
    let Backup { last_seq, chain_head, state_hash } = &backup;
    let manifest = format!("{FORMAT}\n{last_seq}\n{chain_head}\n{state_hash}\n");
    write_whole(&to.join(MANIFEST), |mut file| {
        file.write_all(manifest.as_bytes())?;
        Ok(file)
    })?;
    Ok(backup)
}

fn describe(store: &Store) -> Result<Backup, Error> {
    let heads = Heads::read(store)?;
    let batches = store.batches_from(Seq(heads.start().tip.last.0 + 1))?;
    folded(store, &heads, &batches)
}

fn folded<B: AsRef<[u8]> + Sync>(store: &Store, heads: &Heads, batches: &[B]) -> Result<Backup, Error> {
    let folded = recover::fold(heads.start(), batches, 1, |share| heads.load_world(store, share))?;
    Ok(Backup {
        last_seq: folded.tip.last.0,
        chain_head: folded.tip.hash.to_string(),
        state_hash: state_hash(&folded.recovered.world),
    })
}

fn read_manifest(from: &Path) -> Result<Backup, Error> {
    let text = std::fs::read_to_string(from.join(MANIFEST)).map_err(|e| io("reading the backup's manifest", e))?;
    let unreadable = || Error::Corrupt("the backup's manifest cannot be read".into());
    let mut lines = text.lines();
    if lines.next() != Some(FORMAT) {
        return Err(unreadable());
    }
    let mut next = || lines.next().ok_or_else(unreadable);
    let last_seq = next()?.parse().map_err(|_| unreadable())?;
    Ok(Backup { last_seq, chain_head: next()?.to_owned(), state_hash: next()?.to_owned() })
}

type Out<'a> = &'a mut FrameEncoder<File>;

fn pack(path: &Path, fill: impl FnOnce(Out<'_>) -> Result<(), Error>) -> Result<(), Error> {
    let mut failed = None;
    let written = write_whole(path, |file| {
        let mut encoder = FrameEncoder::new(file);
        failed = fill(&mut encoder).err();
        Ok(encoder.finish()?)
    });
    failed.map_or(written, Err)
}

fn unpack(path: &Path) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|e| io(&format!("opening {}", path.display()), e))?;
    let mut bytes = Vec::new();
    let damaged = |e| Error::Corrupt(format!("{}: {e}", path.display()));
    FrameDecoder::new(file).read_to_end(&mut bytes).map_err(damaged)?;
    Ok(bytes)
}

fn put(out: Out<'_>, bytes: &[u8]) -> Result<(), Error> {
    out.write_all(bytes).map_err(|e| io("writing the backup", e))
}

/// A field is its length and its bytes.
fn field(out: Out<'_>, bytes: &[u8]) -> Result<(), Error> {
    put(out, &u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    put(out, bytes)
}

fn take_field<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let cut = || Error::Corrupt("the backup's parts end too early".into());
    let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (bytes, after) = after.split_at_checked(length).ok_or_else(cut)?;
    *rest = after;
    Ok(bytes)
}

fn each_part(
    store: &Store,
    name: &str,
    head: &PartsHead,
    tell: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let missing = || Error::Corrupt(format!("{name}: it is missing"));
    let keyspace = store.existing(name)?.ok_or_else(missing)?;
    let mut found = 0;
    for guard in keyspace.iter() {
        tell(&guard.value().map_err(storage)?)?;
        found += 1;
    }
    let expected: u32 = head.places.iter().map(|(_, parts)| parts).sum();
    if found == expected { Ok(()) } else { Err(Error::Corrupt(format!("{name} has {found} of {expected} parts"))) }
}

fn restore_parts(store: &Store, mut rest: &[u8]) -> Result<Tip, Error> {
    let mut start = Tip::default();
    while !rest.is_empty() {
        let prefix = match take_field(&mut rest)? {
            known if known == SNAPSHOT.as_bytes() => SNAPSHOT,
            known if known == MEMOS.as_bytes() => MEMOS,
            _ => return Err(Error::Corrupt("the backup has parts of an unknown kind".into())),
        };
        let unreadable = |e| Error::Corrupt(format!("the backup's parts: {e}"));
        let head = PartsHead::decode(take_field(&mut rest)?).map_err(unreadable)?;
        let name = name(prefix, head.tip.last);
        let mut parts: Vec<(LocationId, &[u8])> = Vec::new();
        for (location, count) in &head.places {
            for _ in 0..*count {
                parts.push((*location, take_field(&mut rest)?));
            }
        }
        super::snapshot::ingest_sealed(&store.fresh_parts(&name)?, &parts)?;
        store.write_meta(&[(name, head.encode())], &[])?;
        if prefix == SNAPSHOT {
            start = head.tip;
        }
    }
    Ok(start)
}

fn restore_batches(store: &Store, mut tip: Tip, mut rest: &[u8]) -> Result<(), Error> {
    let segment = store.add_segment(Seq(tip.last.0 + 1))?;
    while !rest.is_empty() {
        let at = Seq(tip.last.0 + 1);
        let damaged = |damage| batch::damaged(at, damage);
        let (stored, after) = batch::split(rest).map_err(damaged)?;
        stored.check_hash().map_err(damaged)?;
        tip.follow(&stored.header)?;
        store.append(&segment, at, stored.raw())?;
        rest = after;
    }
    Ok(())
}

fn copy_archive(from: &Path, to: &Archive) -> Result<(), Error> {
    let copy = || -> std::io::Result<()> {
        for file in std::fs::read_dir(from)? {
            let file = file?;
            let copied = to.dir().join(file.file_name());
            std::fs::copy(file.path(), &copied)?;
            File::open(&copied)?.sync_all()?;
        }
        File::open(to.dir())?.sync_all()
    };
    copy().map_err(|e| io("copying the archive", e))
}
