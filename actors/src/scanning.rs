//! Goes through what is durable, for reports: on the thread of whoever asks, without a lock that shards or the log
//! wait for.

use crate::finding::{OUT_OF_ORDER_MS, begins, corrupt, first_after};
use onhand_engine::event::Record;
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::time::Timestamp;
use onhand_persistence::format;
use onhand_persistence::log::{Error, Reader};
use std::ops::ControlFlow;

/// Bytes read at a time. Between two reads the asker may say that it is enough.
const BYTES: usize = 1 << 20;

/// Which part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The last record that may be looked at.
    pub last: Seq,
    /// What was decided before is not told.
    pub from: Timestamp,
    /// What was decided after is not told.
    pub until: Timestamp,
}

/// What the scan came upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Records looked at.
    pub records: u64,
    /// When the oldest record was decided that there still is, where older ones that were meant are gone.
    pub oldest: Option<Timestamp>,
    /// Whether it ended because the asker said so.
    pub broken_off: bool,
}

/// What a scan has found so far.
pub enum Found<'a> {
    /// A sale, a return, an exchange, something about a layaway or about a drawer.
    Record(&'a Record),
    /// So many records were looked at; others may have their turn.
    Pause(u64),
}

/// Tells the records of tills and of the website at the wanted locations, in the order of the log.
///
/// # Errors
/// [`Error`] when the log cannot be read.
pub(crate) fn scan(
    reader: &dyn Reader,
    scan: Scan,
    wanted: impl Fn(LocationId) -> bool,
    mut tell: impl FnMut(Found<'_>) -> ControlFlow<()>,
) -> Result<Scanned, Error> {
    let Scan { last, from, until } = scan;
    let mut scanned = Scanned::default();
    let Some(oldest) = reader.read(Seq(1), 1)?.first().map(|batch| Ok((batch.first, begins(batch)?))).transpose()?
    else {
        return Ok(scanned);
    };
    if oldest.0 > Seq(1) && from < oldest.1 {
        scanned.oldest = Some(oldest.1);
    }
    let start = from.0.saturating_sub(OUT_OF_ORDER_MS);
    let mut next = first_after(reader, last, start)?;
    let mut found: Option<Record> = None;
    while next <= last.0 {
        let at = next;
        for batch in reader.read(Seq(next), BYTES)? {
            for (seq, frame) in (batch.first.0..).zip(format::frames(&batch.bytes)) {
                let frame = frame.map_err(corrupt)?;
                if seq < at || seq > last.0 {
                    continue;
                }
                if frame.time().0 > until.0.saturating_add(OUT_OF_ORDER_MS) {
                    return Ok(scanned);
                }
                scanned.records += 1;
                let is_meant = (from..=until).contains(&frame.time()) && wanted(frame.location());
                if !is_meant || !frame.is_of_tills().map_err(corrupt)? {
                    continue;
                }
                let record = match &mut found {
                    Some(record) => {
                        frame.read_into(record).map_err(corrupt)?;
                        record
                    }
                    none => none.insert(frame.record().map_err(corrupt)?),
                };
                if tell(Found::Record(record)).is_break() {
                    scanned.broken_off = true;
                    return Ok(scanned);
                }
            }
            next = next.max(batch.first.0 + u64::from(batch.records));
        }
        if next == at {
            break;
        }
        if tell(Found::Pause(scanned.records)).is_break() {
            scanned.broken_off = true;
            return Ok(scanned);
        }
    }
    Ok(scanned)
}

/// The newest sales of an owner before a place, newest first, and where the rest of the log begins that was not looked
/// at; none: it was looked at whole.
pub type SalesOf = (Vec<(Seq, Record)>, Option<Seq>);

/// Records looked at in one step back.
const STEP: u64 = 20_000;

/// Goes back through the log from a place, until there are `max` sales of an owner or it is to end.
///
/// # Errors
/// [`Error`] when the log cannot be read.
pub(crate) fn sales_of(
    reader: &dyn Reader,
    owner: &str,
    before: Seq,
    max: usize,
    mut goes_on: impl FnMut(u64) -> bool,
) -> Result<SalesOf, Error> {
    let oldest = reader.read(Seq(1), 1)?.first().map_or(before, |batch| batch.first);
    let mut found = Vec::new();
    let mut end = before;
    while end > oldest {
        if !goes_on(before.0.saturating_sub(end.0)) {
            return Ok((found, Some(end)));
        }
        let from = Seq(end.0.saturating_sub(STEP).max(oldest.0));
        for (seq, record) in sales_between(reader, owner, from, end)?.into_iter().rev() {
            if found.len() == max {
                let last = found.last().map_or(end, |(last, _): &(Seq, Record)| *last);
                return Ok((found, Some(last)));
            }
            found.push((seq, record));
        }
        end = from;
    }
    Ok((found, None))
}

fn sales_between(reader: &dyn Reader, owner: &str, from: Seq, end: Seq) -> Result<Vec<(Seq, Record)>, Error> {
    let mut found = Vec::new();
    let mut next = from.0;
    while next < end.0 {
        let at = next;
        for batch in reader.read(Seq(next), BYTES)? {
            for (seq, frame) in (batch.first.0..).zip(format::frames(&batch.bytes)) {
                let frame = frame.map_err(corrupt)?;
                let is_meant = (at..end.0).contains(&seq) && !frame.location().is_training();
                if is_meant && frame.is_sale_of(owner).map_err(corrupt)? {
                    found.push((Seq(seq), frame.record().map_err(corrupt)?));
                }
            }
            next = next.max(batch.first.0 + u64::from(batch.records));
        }
        if next == at {
            break;
        }
    }
    Ok(found)
}
