//! Reads what is durable, archive included, while the writer goes on.

use super::keyspaces::{Store, storage};
use crate::batch::{self, Stored};
use crate::log::{Batch, Error, Reader};
use onhand_engine::ids::Seq;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Whether to go on to the next batch.
pub(super) type Flow = ControlFlow<()>;

impl Reader for Store {
    fn read(&self, from: Seq, bytes_max: usize) -> Result<Vec<Batch>, Error> {
        let mut batches = Vec::new();
        let mut bytes = 0;
        self.each_stored(from, &mut |stored| {
            if !batches.is_empty() && bytes + stored.body.len() > bytes_max {
                return Ok(Flow::Break(()));
            }
            stored.check().map_err(|damage| batch::damaged(stored.header.first, damage))?;
            bytes += stored.body.len();
            batches.push(stored.to_batch());
            Ok(Flow::Continue(()))
        })?;
        Ok(batches)
    }
}

type Tell<'a> = &'a mut dyn FnMut(Stored<'_>) -> Result<Flow, Error>;

impl Store {
    /// Tells the durable batches that hold records from this place on, oldest first, their headers
    /// checked, until told to stop.
    pub(super) fn each_stored(&self, from: Seq, tell: Tell<'_>) -> Result<(), Error> {
        let durable = self.durable();
        // The segments first: what is dropped from now on is in the archive already, and here too.
        let segments = self.segments_from(from);
        let live_from = segments.first().map_or(Seq(u64::MAX), |(first, _)| *first);
        if from < live_from && self.each_archived(from, live_from, tell)?.is_break() {
            return Ok(());
        }
        for (first, segment) in segments {
            let key = from.max(first).0.to_be_bytes();
            let before = segment.range(..=key).next_back().map(|guard| guard.key()).transpose().map_err(storage)?;
            let start = before.map_or_else(|| key.to_vec(), |key| key.to_vec());
            for guard in segment.range(start..) {
                let (key, value) = guard.into_inner().map_err(storage)?;
                let at = Seq(key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)));
                let stored = batch::whole(&value).map_err(|damage| batch::damaged(at, damage))?;
                if stored.header.first > durable {
                    return Ok(());
                }
                if stored.header.end() > from && tell(stored)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn each_archived(&self, from: Seq, until: Seq, tell: Tell<'_>) -> Result<Flow, Error> {
        for entry in self.archive().entries()? {
            if !entry.kept || entry.tip.last < from || entry.first >= until {
                continue;
            }
            let segment = self.archived(entry.first)?;
            let mut rest = segment.as_slice();
            while !rest.is_empty() {
                let (stored, after) = batch::split(rest).map_err(|damage| batch::damaged(entry.first, damage))?;
                rest = after;
                if stored.header.end() > from && tell(stored)?.is_break() {
                    return Ok(Flow::Break(()));
                }
            }
        }
        Ok(Flow::Continue(()))
    }

    /// An archived segment. The last one read is kept, as a reader comes back for the rest of it.
    fn archived(&self, first: Seq) -> Result<Arc<Vec<u8>>, Error> {
        let mut last = self.last_archived();
        if let Some((known, bytes)) = &*last
            && *known == first
        {
            return Ok(Arc::clone(bytes));
        }
        let bytes = Arc::new(self.archive().read(first)?);
        *last = Some((first, Arc::clone(&bytes)));
        Ok(bytes)
    }
}
