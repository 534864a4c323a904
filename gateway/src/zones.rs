//! Time zones by name, from the database that the program has in it.
//!
//! A location's zone is kept as a table of the changes of its clock (`engine/src/zone.rs`). Governments change their
//! minds, and a newer program knows: when the server starts, tables that say something else by now, or that end
//! within a year, are replaced.

use jiff::tz::TimeZoneDatabase;
use onhand_engine::catalogue::Location;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::zone::{CHANGES_MAX, Change, Zone};
use std::sync::{Arc, LazyLock};

const YEAR_MS: u64 = 366 * 24 * 3_600_000;
/// What was sold in the two years before is still told by the clock of then.
const YEARS_BEFORE: u64 = 2;
/// With two changes a year, a table is full.
const YEARS_AFTER: u64 = 30;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of a name as it is known today, around a moment; none: there is no such zone.
#[must_use]
pub fn zone(name: &str, now: Timestamp) -> Option<Arc<Zone>> {
    let zone = DATABASE.get(name).ok()?;
    let since = Timestamp(now.0.saturating_sub(YEARS_BEFORE * YEAR_MS));
    let mut until = now.plus(Millis(YEARS_AFTER * YEAR_MS));
    let start = jiff::Timestamp::from_millisecond(i64::try_from(since.0).ok()?).ok()?;
    let mut changes: Vec<Change> = Vec::new();
    for change in zone.following(start) {
        let at = Timestamp(u64::try_from(change.timestamp().as_millisecond()).ok()?);
        if at > until {
            break;
        }
        if changes.len() == CHANGES_MAX {
            until = Timestamp(at.0.saturating_sub(1));
            break;
        }
        changes.push(Change { at, offset_min: minutes(change.offset())? });
    }
    let name = zone.iana_name()?;
    Zone::new(name, minutes(zone.to_offset(start))?, changes, until).ok().map(Arc::new)
}

fn minutes(offset: jiff::tz::Offset) -> Option<i16> {
    i16::try_from(offset.seconds().div_euclid(60)).ok()
}

/// The locations whose table should be replaced, with the newer one.
#[must_use]
pub fn outdated(locations: &[Arc<Location>], now: Timestamp) -> Vec<Location> {
    let renewed = |location: &Arc<Location>| {
        let known = location.zone.as_ref()?;
        let newer = zone(&known.name, now).filter(|newer| known.is_outdated(newer, now))?;
        Some(Location { zone: Some(newer), ..(**location).clone() })
    };
    locations.iter().filter_map(renewed).collect()
}
