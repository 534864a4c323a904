//! Reads what is durable while the writer goes on.

use super::keyspaces::{Store, storage};
use crate::batch;
use crate::log::{Batch, Error, Reader};
use onhand_engine::ids::Seq;

impl Reader for Store {
    fn read(&self, from: Seq, bytes_max: usize) -> Result<Vec<Batch>, Error> {
        let durable = self.durable();
        let mut batches = Vec::new();
        let mut bytes = 0;
        for segment in self.segments_from(from) {
            let before = segment.range(..=from.0.to_be_bytes()).next_back();
            let start = before.map(|guard| guard.key()).transpose().map_err(storage)?;
            let start = start.map_or_else(|| from.0.to_be_bytes().to_vec(), |key| key.to_vec());
            for guard in segment.range(start..) {
                let value = guard.value().map_err(storage)?;
                let stored = batch::whole(&value).map_err(|damage| batch::damaged(from, damage))?;
                if stored.header.end() <= from {
                    continue;
                }
                if stored.header.first > durable || (!batches.is_empty() && bytes + stored.body.len() > bytes_max) {
                    return Ok(batches);
                }
                stored.check().map_err(|damage| batch::damaged(stored.header.first, damage))?;
                bytes += stored.body.len();
                batches.push(stored.to_batch());
            }
        }
        Ok(batches)
    }
}
