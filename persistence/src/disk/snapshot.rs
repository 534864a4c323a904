//! Snapshots: the world in parts, in a keyspace of its own, and beside it the answers of each
//! segment that a snapshot has replaced.
//!
//! A keyspace of parts counts once its head is in `meta`; one without is left over from a crash.

use super::keyspaces::{Store, storage};
use crate::batch::Tip;
use crate::format::head::PartsHead;
use crate::format::state;
use crate::log::{Error, Remembered};
use crate::recover::{Part, REMEMBER, Share, Start};
use fjall::Keyspace;
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use std::collections::BTreeMap;

/// Prefix of the keyspaces with snapshots.
pub(super) const SNAPSHOT: &str = "snap-";
/// Prefix of the keyspaces with answers.
pub(super) const MEMOS: &str = "memo-";

/// The heads of the snapshot and of the answers that go with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    pub(super) snapshot: Option<PartsHead>,
    pub(super) memos: Vec<PartsHead>,
}

impl Heads {
    pub(super) fn read(store: &Store) -> Result<Self, Error> {
        let heads = |prefix: &str| {
            let unreadable = |e| Error::Corrupt(format!("the head of a snapshot: {e}"));
            let values = store.meta_values(prefix)?;
            values.iter().map(|value| PartsHead::decode(value).map_err(unreadable)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { snapshot: heads(SNAPSHOT)?.pop(), memos: heads(MEMOS)? })
    }

    pub(super) fn start(&self) -> Start {
        self.snapshot.as_ref().map_or_else(Start::default, |head| Start { tip: head.tip, time: head.time })
    }

    /// The share of one thread: its locations, and the answers to their commands.
    pub(super) fn load(&self, store: &Store, share: Share) -> Result<Part, Error> {
        let mut part = self.load_world(store, share)?;
        for head in &self.memos {
            load(store, &name(MEMOS, head.tip.last), head, share, &mut part)?;
        }
        part.remembered.sort_by_key(|one| one.seq);
        Ok(part)
    }

    /// The share of one thread without the answers.
    pub(super) fn load_world(&self, store: &Store, share: Share) -> Result<Part, Error> {
        let mut part = Part::default();
        if let Some(head) = &self.snapshot {
            load(store, &name(SNAPSHOT, head.tip.last), head, share, &mut part)?;
        }
        Ok(part)
    }
}

/// The name of the parts up to a record.
pub(super) fn name(prefix: &str, last: Seq) -> String {
    format!("{prefix}{:020}", last.0)
}

/// Writes a snapshot and the answers since the one before; from the end of this function on they
/// are what recovery starts from.
pub(super) fn write(
    store: &Store,
    world: &World,
    remembered: &[Remembered],
    tip: Tip,
    time: Timestamp,
) -> Result<(), Error> {
    let places = ingest(&store.fresh_parts(&name(SNAPSHOT, tip.last))?, |tell| {
        state::chain_parts(&world.chain, &mut |part| tell(LocationId::CHAIN, part));
        for (location, place) in &world.places {
            state::place_parts(place, &mut |part| tell(*location, part));
        }
    })?;
    let snapshot = PartsHead { tip, time, places };
    let mut by_location: BTreeMap<LocationId, Vec<&Remembered>> = BTreeMap::new();
    for one in remembered {
        by_location.entry(one.location()).or_default().push(one);
    }
    let places = ingest(&store.fresh_parts(&name(MEMOS, tip.last))?, |tell| {
        for (location, some) in &by_location {
            state::memo_parts(some, &mut |part| tell(*location, part));
        }
    })?;
    let memos = PartsHead { tip, time, places };
    let old = store.meta_names(SNAPSHOT)?.into_iter().chain(expired(store, time)?);
    let put = [(name(SNAPSHOT, tip.last), snapshot.encode()), (name(MEMOS, tip.last), memos.encode())];
    store.write_meta(&put, &old.collect::<Vec<_>>())
}

/// The names of answers that are all too old to be remembered.
fn expired(store: &Store, now: Timestamp) -> Result<Vec<String>, Error> {
    let memos = Heads::read(store)?.memos;
    let old = memos.iter().filter(|head| head.time.0.saturating_add(REMEMBER.0) < now.0);
    Ok(old.map(|head| name(MEMOS, head.tip.last)).collect())
}

type Tell<'a> = &'a mut dyn FnMut(LocationId, Vec<u8>);

/// Fills an empty keyspace with parts, told in the order of their locations.
pub(super) fn ingest(keyspace: &Keyspace, produce: impl FnOnce(Tell<'_>)) -> Result<Vec<(LocationId, u32)>, Error> {
    let mut ingestion = keyspace.start_ingestion().map_err(storage)?;
    let mut places: Vec<(LocationId, u32)> = Vec::new();
    let mut failed = None;
    produce(&mut |location, part| {
        let index = match places.last_mut() {
            Some((last, parts)) if *last == location => {
                *parts += 1;
                *parts - 1
            }
            _ => {
                places.push((location, 1));
                0
            }
        };
        let mut value = crc32fast::hash(&part).to_le_bytes().to_vec();
        value.extend_from_slice(&part);
        if failed.is_none() {
            failed = ingestion.write(key(location, index).as_slice(), value).err();
        }
    });
    match failed {
        Some(error) => Err(storage(error)),
        None => ingestion.finish().map_err(storage).map(|()| places),
    }
}

/// Fills an empty keyspace with parts that have their checksums already.
pub(super) fn ingest_sealed(keyspace: &Keyspace, parts: &[(LocationId, &[u8])]) -> Result<(), Error> {
    let mut ingestion = keyspace.start_ingestion().map_err(storage)?;
    for some in parts.chunk_by(|one, next| one.0 == next.0) {
        for (index, (location, part)) in (0..).zip(some) {
            ingestion.write(key(*location, index).as_slice(), *part).map_err(storage)?;
        }
    }
    ingestion.finish().map_err(storage)
}

fn key(location: LocationId, index: u32) -> [u8; 8] {
    ((u64::from(location.0) << 32) | u64::from(index)).to_be_bytes()
}

fn load(store: &Store, name: &str, head: &PartsHead, share: Share, part: &mut Part) -> Result<(), Error> {
    let damaged = |what: String| Error::Corrupt(format!("{name}: {what}"));
    let keyspace = store.existing(name)?.ok_or_else(|| damaged("it is missing".into()))?;
    for (location, parts) in head.places.iter().filter(|(location, _)| share.has(*location)) {
        let mut found = 0;
        for guard in keyspace.range(key(*location, 0)..=key(*location, u32::MAX)) {
            let value = guard.value().map_err(storage)?;
            let at = || format!("part {found} of location {}", location.0);
            let (checksum, bytes) = value.split_first_chunk::<4>().ok_or_else(|| damaged(at()))?;
            if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
                return Err(damaged(format!("{} does not fit its checksum", at())));
            }
            state::read_part(*location, bytes, &mut part.world, &mut part.remembered)
                .map_err(|e| damaged(format!("{}: {e}", at())))?;
            found += 1;
        }
        if found != *parts {
            return Err(damaged(format!("location {} has {found} of {parts} parts", location.0)));
        }
    }
    Ok(())
}
