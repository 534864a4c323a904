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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MINUTE_MS: u64 = 60_000;

    /// 2026-06-01T00:00:00Z.
    const NOW: Timestamp = Timestamp(1_780_272_000_000);

    fn offset_at(name: &str, unix_s: u64) -> i16 {
        zone(name, NOW).unwrap().offset_min(Timestamp(unix_s * 1_000))
    }

    #[test]
    fn clocks_that_everybody_knows() {
        // The Sundays of March and of the autumn of 2026, a second before and at the change.
        for (name, at, before, after) in [
            ("Europe/Lisbon", 1_774_746_000, 0, 60),
            ("Europe/Lisbon", 1_792_890_000, 60, 0),
            ("America/New_York", 1_772_953_200, -300, -240),
            ("America/New_York", 1_793_512_800, -240, -300),
            ("Asia/Kathmandu", 1_774_746_000, 345, 345),
        ] {
            assert_eq!((offset_at(name, at - 1), offset_at(name, at)), (before, after), "{name} at {at}");
        }
        assert_eq!(&*zone("europe/LISBON", NOW).unwrap().name, "Europe/Lisbon");
        assert!(zone("UTC", NOW).unwrap().changes().is_empty());
        for none in ["", "Lisbon", "PST8", "+01:00", "Europe/Lisbon ", "../etc/passwd", &"x".repeat(10_000)] {
            assert!(zone(none, NOW).is_none(), "{none:.20}");
        }
    }

    #[test]
    fn every_zone_has_a_table_for_ten_years() {
        let names: Vec<_> = DATABASE.available().collect();
        assert!(names.len() > 400, "{}", names.len());
        for name in &names {
            let zone = zone(name.as_str(), NOW);
            let until = zone.as_ref().map(|zone| zone.known_until);
            assert!(until > Some(NOW.plus(Millis(10 * YEAR_MS))), "{name}: {until:?}");
        }
    }

    #[test]
    fn only_what_is_outdated_is_replaced() {
        use onhand_engine::catalogue::LocationKind;
        use onhand_engine::ids::{LocationCode, LocationId};
        use onhand_engine::money::Currency;
        use onhand_engine::tax::TaxRules;
        let location = |zone| {
            Arc::new(Location {
                id: LocationId(1),
                code: LocationCode::new("S1").unwrap(),
                name: "Shop".into(),
                kind: LocationKind::Shop,
                currency: Currency::EUR,
                tax: TaxRules::default(),
                zone,
            })
        };
        let newest = zone("Europe/Lisbon", NOW);
        let ending = Zone::new("Europe/Lisbon", 60, vec![], NOW.plus(Millis(MINUTE_MS))).unwrap();
        let wrong = Zone::new("Europe/Lisbon", 0, vec![], Timestamp(u64::MAX)).unwrap();
        let gone = Zone::new("Europe/Atlantis", 0, vec![], NOW).unwrap();
        for (zone, is_replaced) in [
            (None, false),
            (newest.clone(), false),
            (Some(ending.into()), true),
            (Some(wrong.into()), true),
            (Some(gone.into()), false),
        ] {
            let renewed = outdated(&[location(zone.clone())], NOW);
            let zones: Vec<_> = renewed.into_iter().map(|location| location.zone).collect();
            assert_eq!(zones, if is_replaced { vec![newest.clone()] } else { vec![] }, "{zone:?}");
        }
    }
}
