//! The bytes of time zones, and of what holds by the clock on a wall.

use super::Bytes;
use crate::pricing::{Hours, LocalPeriod};
use crate::zone::Zone;

impl Bytes {
    pub(super) fn zone(&mut self, zone: &Zone) {
        self.text(&zone.name);
        self.number(zone.known_until.0);
        self.0.extend_from_slice(&zone.offset_min.to_le_bytes());
        self.count(zone.changes().len());
        for change in zone.changes() {
            self.number(change.at.0);
            self.0.extend_from_slice(&change.offset_min.to_le_bytes());
        }
    }

    /// Weekly hours; nothing where there are none.
    pub(super) fn hours(&mut self, hours: Option<&[Hours]>) {
        for span in hours.into_iter().flatten() {
            self.text(&span.to_string());
        }
    }

    /// Nothing where there is none, as in states that were written before there were any.
    pub(super) fn local(&mut self, local: &LocalPeriod) {
        for (name, end) in [("from", local.from), ("until", local.until)] {
            if let Some(end) = end {
                self.text(name);
                self.number(end.0);
            }
        }
    }
}
