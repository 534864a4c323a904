//! Finds one record in the log by when it was decided, for what is too rare to be kept in memory.

use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::time::Timestamp;
use onhand_persistence::format::{self, DecodeError};
use onhand_persistence::log::{Batch, Error, Reader};

/// Shards decide side by side, so records lie in the log out of the order of their times by as much as
/// a drain takes on its way. This is far more.
pub(crate) const OUT_OF_ORDER_MS: u64 = 10_000;
/// Bytes read at a time.
const BYTES: usize = 1 << 20;

/// The record of a location that was decided at this time and whose event fits. `last` is the last
/// record that may be looked at.
///
/// # Errors
/// [`Error`] when the log cannot be read.
pub(crate) fn find(
    reader: &dyn Reader,
    last: Seq,
    location: LocationId,
    at: Timestamp,
    fits: impl Fn(&Event) -> bool,
) -> Result<Option<(Seq, Record)>, Error> {
    let mut next = first_after(reader, last, at.0.saturating_sub(OUT_OF_ORDER_MS))?;
    while next <= last.0 {
        let from = next;
        for batch in reader.read(Seq(next), BYTES)? {
            for (seq, frame) in (batch.first.0..).zip(format::frames(&batch.bytes)) {
                let frame = frame.map_err(corrupt)?;
                if frame.time().0 > at.0.saturating_add(OUT_OF_ORDER_MS) {
                    return Ok(None);
                }
                if frame.location() == location && frame.time() == at {
                    let record = frame.record().map_err(corrupt)?;
                    if fits(&record.event) {
                        return Ok(Some((Seq(seq), record)));
                    }
                }
            }
            next = next.max(batch.first.0 + u64::from(batch.records));
        }
        if next == from {
            break;
        }
    }
    Ok(None)
}

/// A place in the log before which everything was decided before a time.
pub(crate) fn first_after(reader: &dyn Reader, last: Seq, time_ms: u64) -> Result<u64, Error> {
    // Batches that begin before `low` begin before the time; those from `high` on do not.
    let (mut low, mut high) = (1, last.0 + 1);
    let mut found = 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let batches = reader.read(Seq(middle), 1)?;
        let Some(batch) = batches.first() else { break };
        if begins(batch)?.0 < time_ms {
            found = batch.first.0;
            low = batch.first.0 + u64::from(batch.records);
        } else {
            high = middle.min(batch.first.0);
        }
    }
    Ok(found)
}

pub(crate) fn begins(batch: &Batch) -> Result<Timestamp, Error> {
    let first = format::frames(&batch.bytes).next().transpose().map_err(corrupt)?;
    Ok(first.map(|frame| frame.time()).unwrap_or_default())
}

pub(crate) fn corrupt(error: DecodeError) -> Error {
    Error::Corrupt(error.to_string())
}
