//! The time of day, as the server writes it.

use onhand_protocol::value::Time;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time that the server wrote, with its quotes.
pub(crate) fn read_ms(json: &str) -> Option<u64> {
    serde_json::from_str::<Time>(json).ok().map(|time| time.0.0)
}
