//! Records on disk. The one place where an engine type becomes bytes and comes back.

use onhand_engine::event::Record;

/// Why bytes are not records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record cannot be read: {0}")]
pub struct DecodeError(pub String);

/// Appends one record to a buffer.
pub fn encode(record: &Record, into: &mut Vec<u8>) {
    let _ = (record, into);
}

/// The records of a batch, in order.
///
/// # Errors
/// [`DecodeError`] at the first that cannot be read.
pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, DecodeError> {
    let _ = bytes;
    Ok(Vec::new())
}
