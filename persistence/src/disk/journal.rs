//! What fjall's journals hold, seen from outside.
//!
//! fjall cuts a journal off at the first place it cannot read, and cannot tell a torn end from
//! damage in the middle (fjall #311). We can: behind damage in the middle there are more of our
//! batches. At most the very last one may go missing, because it was never acknowledged.

use super::keyspaces::io;
use crate::batch::{self, HEADER_BYTES};
use crate::log::Error;
use onhand_engine::ids::Seq;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

/// Where it is written down that acknowledged records were lost, as fjall has cut them off by then.
const DAMAGED: &str = "DAMAGED";

/// The first record of the newest whole batch in any journal.
pub(super) fn last_written(dir: &Path) -> Result<Option<Seq>, Error> {
    if let Ok(text) = std::fs::read_to_string(dir.join(DAMAGED)) {
        return Err(Error::Corrupt(format!("{} (restore a backup, or remove the file {DAMAGED})", text.trim())));
    }
    let log = dir.join("log");
    if !log.exists() {
        return Ok(None);
    }
    let mut last = None;
    for file in std::fs::read_dir(&log).map_err(|e| io("reading the data directory", e))? {
        let path = file.map_err(|e| io("reading the data directory", e))?.path();
        if path.extension().is_some_and(|ending| ending == "jnl") {
            last = last.max(scan(&path).map_err(|e| io("reading a journal", e))?);
        }
    }
    Ok(last)
}

fn scan(path: &Path) -> std::io::Result<Option<Seq>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let mut last = None;
    loop {
        let buffered = reader.fill_buf()?;
        if buffered.is_empty() {
            return Ok(last);
        }
        let skip = buffered.iter().position(|byte| batch::may_start_with(*byte));
        let found = skip.is_some();
        let skip = skip.unwrap_or(buffered.len());
        reader.consume(skip);
        if !found {
            continue;
        }
        let mut raw = Vec::with_capacity(HEADER_BYTES);
        reader.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut raw)?;
        match batch::header(&raw) {
            Ok(header) if reader.stream_position()? + u64::from(header.bytes) <= length => {
                reader.seek_relative(i64::from(header.bytes))?;
                last = last.max(Some(header.first));
            }
            _ => reader.seek_relative(1 - raw.len() as i64)?,
        }
    }
}

/// Compares what was recovered with what had been written.
pub(super) fn check_end(dir: &Path, written: Option<Seq>, last: Seq) -> Result<(), Error> {
    let Some(first) = written.filter(|first| first.0 > last.0 + 1) else { return Ok(()) };
    let lost = format!(
        "a journal is damaged in its middle: records {} to {} at least cannot be read",
        last.0 + 1,
        first.0 - 1
    );
    std::fs::write(dir.join(DAMAGED), &lost).map_err(|e| io("noting the damage", e))?;
    Err(Error::Corrupt(lost))
}
