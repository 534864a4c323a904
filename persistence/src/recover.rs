//! Folds what a log holds into a world again, on several threads: each takes the locations that
//! are its own and looks at the rest no further than their heads.

use crate::batch::{self, Stored, Tip};
use crate::format::{self, DecodeError, Frame};
use crate::log::{Error, Recovered, Remembered};
use hashbrown::HashMap;
use onhand_engine::event::Record;
use onhand_engine::ids::{LocationId, Seq, SkuId};
use onhand_engine::qty::Qty;
use onhand_engine::stock::Change;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::{PlaceState, World};

/// How long answers are remembered: 24 hours.
pub const REMEMBER: Millis = Millis(24 * 60 * 60 * 1_000);

/// What one thread has to look after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Which thread.
    pub(crate) index: u32,
    /// Of how many.
    pub(crate) of: u32,
}

impl Share {
    pub(crate) const fn has(self, location: LocationId) -> bool {
        location.part_of(self.of) == self.index
    }
}

/// Where to start from: a snapshot, or nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    /// The last record that is in the snapshot.
    pub(crate) tip: Tip,
    /// Its time.
    pub(crate) time: Timestamp,
}

/// A part of the world with the answers to its commands.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) world: World,
    pub(crate) remembered: Vec<Remembered>,
}

/// What was folded, and where the chain has got to.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(crate) recovered: Recovered,
    pub(crate) tip: Tip,
}

/// Checks that the batches follow each other and the start, then folds them in. `load` gives each
/// thread its share of the snapshot.
///
/// # Errors
/// [`Error::Corrupt`] when a batch is damaged, missing or does not follow.
pub(crate) fn fold<B: AsRef<[u8]> + Sync>(
    start: Start,
    batches: &[B],
    threads: u32,
    load: impl Fn(Share) -> Result<Part, Error> + Sync,
) -> Result<Folded, Error> {
    let (batches, tip) = chained(start.tip, batches)?;
    let last_time = last_time(&batches)?.unwrap_or(start.time).max(start.time);
    let horizon = Timestamp(last_time.0.saturating_sub(REMEMBER.0));
    let work = |share| fold_share(share, &batches, horizon, load(share)?);
    let parts: Vec<Result<Part, Error>> = std::thread::scope(|scope| {
        let spawn = |index| scope.spawn(move || work(Share { index, of: threads }));
        let handles: Vec<_> = (0..threads.max(1)).map(spawn).collect();
        let lost = |_| Err(Error::Storage("a recovery thread panicked".into()));
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(lost)).collect()
    });
    let mut recovered = Recovered { last_seq: tip.last, last_time, ..Recovered::default() };
    for (index, part) in parts.into_iter().enumerate() {
        let mut part = part?;
        if index == 0 {
            recovered.world.chain = part.world.chain;
        }
        recovered.world.places.append(&mut part.world.places);
        recovered.remembered.push(part.remembered);
    }
    Ok(Folded { recovered, tip })
}

fn chained<B: AsRef<[u8]>>(mut tip: Tip, batches: &[B]) -> Result<(Vec<Stored<'_>>, Tip), Error> {
    let mut stored = Vec::with_capacity(batches.len());
    for bytes in batches {
        let at = Seq(tip.last.0 + 1);
        let batch = batch::whole(bytes.as_ref()).map_err(|damage| batch::damaged(at, damage))?;
        tip.follow(&batch.header)?;
        stored.push(batch);
    }
    Ok((stored, tip))
}

/// The time of the last record. Engine time never goes back.
fn last_time(batches: &[Stored<'_>]) -> Result<Option<Timestamp>, Error> {
    let Some(last) = batches.last() else { return Ok(None) };
    last.check().map_err(|damage| batch::damaged(last.header.first, damage))?;
    let frame = format::frames(last.body).last().transpose().map_err(|e| unreadable(last.header.first, &e))?;
    Ok(frame.map(|frame| frame.time()))
}

fn fold_share(share: Share, batches: &[Stored<'_>], horizon: Timestamp, part: Part) -> Result<Part, Error> {
    let Part { world, mut remembered } = part;
    remembered.retain(|known| known.time >= horizon);
    let records: u64 = batches.iter().map(|batch| u64::from(batch.header.records)).sum();
    remembered.reserve(usize::try_from(records / u64::from(share.of)).unwrap_or(0));
    let mut folding = Folding { world, sold: HashMap::new() };
    let mut scratch: Option<Record> = None;
    for (i, batch) in batches.iter().enumerate() {
        if i % share.of as usize == share.index as usize {
            batch.check().map_err(|damage| batch::damaged(batch.header.first, damage))?;
        }
        let mut seq = batch.header.first;
        for frame in format::frames(batch.body) {
            let frame = frame.map_err(|e| unreadable(seq, &e))?;
            if share.has(frame.location()) {
                let record = read(&frame, &mut scratch).map_err(|e| unreadable(seq, &e))?;
                if record.time >= horizon {
                    remembered.push(Remembered::of(record, seq));
                }
                folding.fold(record);
            }
            seq.0 += 1;
        }
        if seq != batch.header.end() {
            return Err(unreadable(seq, &DecodeError("the batch has another number of records".into())));
        }
    }
    Ok(Part { world: folding.finish(), remembered })
}

/// The record of a frame, in the place of the one before.
fn read<'a>(frame: &Frame<'_>, scratch: &'a mut Option<Record>) -> Result<&'a Record, DecodeError> {
    match scratch {
        Some(record) => frame.read_into(record).map(|()| &*record),
        None => Ok(scratch.insert(frame.record()?)),
    }
}

/// Sales of a location that wait to be folded into its rows.
const SOLD: usize = 8_192;

/// Folds records into a world. Rows are all over the memory, and waiting for it is most of the work:
/// what was sold is collected, and folded in for many sales of one location at a time.
struct Folding {
    world: World,
    sold: HashMap<LocationId, Vec<(SkuId, Qty)>>,
}

impl Folding {
    fn fold(&mut self, record: &Record) {
        if record.location == LocationId::CHAIN {
            return self.world.apply(record);
        }
        let place = self.world.places.entry(record.location).or_default();
        let sold = self.sold.entry(record.location).or_default();
        record.event.each_change(|sku, change| match change {
            Change::Sold { qty, order: None } => sold.push((sku, qty)),
            other => {
                // What was sold before comes first.
                fold_sold(place, sold);
                place.rows.entry(sku).or_default().apply(other);
            }
        });
        place.apply_to_books(record);
        if sold.len() >= SOLD {
            fold_sold(place, sold);
        }
    }

    fn finish(mut self) -> World {
        for (location, sold) in &mut self.sold {
            if let Some(place) = self.world.places.get_mut(location) {
                fold_sold(place, sold);
            }
        }
        self.world
    }
}

fn fold_sold(place: &mut PlaceState, sold: &mut Vec<(SkuId, Qty)>) {
    for (sku, qty) in sold.drain(..) {
        place.rows.entry(sku).or_default().apply(Change::Sold { qty, order: None });
    }
}

fn unreadable(at: Seq, error: &DecodeError) -> Error {
    Error::Corrupt(format!("record {}: {error}", at.0))
}
