//! Clocks on walls: what they show, and the way back.
#![allow(clippy::unwrap_used)]

use onhand_engine::date::{Date, Weekday};
use onhand_engine::pricing::Hours;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::zone::{CHANGES_MAX, Change, Wall, Zone, ZoneFlaw};
use proptest::prelude::*;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A time of day in UTC.
fn utc(day: &str, hour: u64, minute: u64) -> Timestamp {
    Timestamp(Date::parse(day).unwrap().begins().0 + hour * HOUR + minute * MINUTE)
}

fn wall(day: &str, hour: u64, minute: u64) -> Wall {
    Wall(utc(day, hour, minute).0)
}

fn zone(offset_min: i16, changes: &[(Timestamp, i16)]) -> Zone {
    let changes = changes.iter().map(|(at, offset_min)| Change { at: *at, offset_min: *offset_min }).collect();
    Zone::new("Some/Where", offset_min, changes, Timestamp(u64::MAX)).unwrap()
}

fn new_york() -> Zone {
    zone(-300, &[(utc("2026-03-08", 7, 0), -240), (utc("2026-11-01", 6, 0), -300)])
}

#[test]
fn a_clock_is_put_forward_and_back() {
    let zone = new_york();
    for (moment, shown, first) in [
        (utc("2026-03-08", 6, 59), wall("2026-03-08", 1, 59), true),
        (utc("2026-03-08", 7, 0), wall("2026-03-08", 3, 0), true),
        (utc("2026-11-01", 5, 30), wall("2026-11-01", 1, 30), true),
        (utc("2026-11-01", 6, 30), wall("2026-11-01", 1, 30), false),
        (utc("2026-11-01", 7, 0), wall("2026-11-01", 2, 0), true),
    ] {
        assert_eq!(zone.wall(moment), shown);
        assert_eq!(zone.first(shown) == moment, first, "{moment:?}");
    }
    // There is no half past two on that Sunday: what begins then begins at three.
    assert_eq!(zone.first(wall("2026-03-08", 2, 30)), utc("2026-03-08", 7, 0));
}

#[test]
fn a_day_without_a_midnight_begins_later() {
    // As in Beirut or Asuncion: the clock goes from 23:59:59 to 01:00.
    let zone = zone(120, &[(utc("2026-03-28", 22, 0), 180)]);
    let begins = zone.first(wall("2026-03-29", 0, 0));
    assert_eq!(begins, utc("2026-03-28", 22, 0));
    assert_eq!(zone.wall(begins), wall("2026-03-29", 1, 0));
    assert_eq!(zone.wall(Timestamp(begins.0 - 1)).date(), Date::parse("2026-03-28").unwrap());
}

#[test]
fn weekdays_and_minutes() {
    for (day, weekday) in
        [("1970-01-01", Weekday::Thursday), ("2000-02-29", Weekday::Tuesday), ("2026-11-30", Weekday::Monday)]
    {
        assert_eq!(wall(day, 23, 59).weekday(), weekday, "{day}");
        assert_eq!((wall(day, 23, 59).minute(), wall(day, 23, 59).hour()), (1_439, 23));
    }
    let week: Vec<_> = (0..7).map(|day| wall("2026-11-30", 24 * day, 0).weekday()).collect();
    assert_eq!(week, Weekday::ALL);
}

#[test]
fn hours_of_the_week() {
    let hours = |days: &[Weekday], from, until| Hours::new(days, from, until);
    let friday = &[Weekday::Friday][..];
    let happy = hours(friday, 17 * 60, 20 * 60).unwrap();
    // 2026-01-09 is a Friday.
    for (at, has) in [
        (wall("2026-01-09", 16, 59), false),
        (wall("2026-01-09", 17, 0), true),
        (wall("2026-01-09", 19, 59), true),
        (wall("2026-01-09", 20, 0), false),
        (wall("2026-01-08", 18, 0), false),
        (wall("2026-01-16", 18, 0), true),
    ] {
        assert_eq!(happy.has(at), has, "{at:?}");
    }
    assert_eq!(happy.to_string(), "friday 17:00-20:00");
    let monday = hours(&[Weekday::Sunday], 23 * 60, 60).unwrap();
    assert!(monday.has(wall("2026-01-12", 0, 59)), "over midnight into the next week");
    assert!(!monday.has(wall("2026-01-11", 0, 59)));
    for (days, from, until, field) in
        [(&[][..], 0, 60, "days"), (friday, 1_440, 60, "from"), (friday, 0, 1_441, "until"), (friday, 60, 60, "until")]
    {
        assert_eq!(hours(days, from, until).unwrap_err().field, field);
    }
}

#[test]
fn tables_that_are_no_zone() {
    let table = |name: &str, offset_min, changes: Vec<Change>| {
        Zone::new(name, offset_min, changes, Timestamp(0)).map(|zone| zone.name.to_string())
    };
    let change = |at, offset_min| Change { at: Timestamp(at), offset_min };
    let long: Vec<Change> = (0..65).map(|at| change(at, 0)).collect();
    assert_eq!(table("America/Port-au-Prince", 0, long[..CHANGES_MAX].to_vec()), Ok("America/Port-au-Prince".into()));
    assert_eq!(table("A/B", 0, long), Err(ZoneFlaw::TooMany));
    assert_eq!(table("", 0, vec![]), Err(ZoneFlaw::Name));
    assert_eq!(table("Europe/Lisbon\n", 0, vec![]), Err(ZoneFlaw::Name));
    assert_eq!(table(&"a".repeat(65), 0, vec![]), Err(ZoneFlaw::Name));
    assert_eq!(table("A/B", 0, vec![change(5, 0), change(5, 60)]), Err(ZoneFlaw::Order));
    assert_eq!(table("A/B", 1_081, vec![]), Err(ZoneFlaw::Offset));
    assert_eq!(table("A/B", 0, vec![change(5, -1_081)]), Err(ZoneFlaw::Offset));
}

#[test]
fn a_table_is_outdated_by_what_is_known_of_the_time_to_come() {
    let now = utc("2026-06-01", 0, 0);
    let known = |changes: &[(Timestamp, i16)], years: u64| {
        let mut known = zone(-300, changes);
        known.known_until = now.plus(Millis(years * 366 * DAY));
        known
    };
    let (spring, autumn, next) = (utc("2026-03-08", 7, 0), utc("2026-11-01", 6, 0), utc("2027-03-14", 7, 0));
    let all = [(spring, -240), (autumn, -300), (next, -240)];
    let table = known(&all, 5);
    assert!(!table.is_outdated(&table, now));
    // What has passed may be left out by now.
    let later = Zone::new("Some/Where", -240, table.changes()[1..].to_vec(), table.known_until).unwrap();
    assert!(!table.is_outdated(&later, now));
    // More years are nothing new as long as there is one to come.
    assert!(!table.is_outdated(&known(&all, 9), now));
    let ending = known(&all, 0);
    assert!(ending.is_outdated(&table, now));
    assert!(!ending.is_outdated(&ending, now), "nobody knows more");
    let days = |days: u64| {
        let mut known = known(&all, 0);
        known.known_until = now.plus(Millis(days * DAY));
        known
    };
    assert!(days(365).is_outdated(&table, now), "the coming year is not known to its end");
    assert!(!days(367).is_outdated(&table, now) && !days(366).is_outdated(&table, now));
    // The clock is no longer put back.
    assert!(table.is_outdated(&known(&all[..1], 5), now));
    // Or not by as much, or it was put elsewhere yesterday.
    assert!(table.is_outdated(&known(&[(spring, -240), (autumn, -270), (next, -240)], 5), now));
    assert!(table.is_outdated(&known(&[(spring, -180), (autumn, -300), (next, -240)], 5), now));
}

/// A table of changes that are hours to years apart, each by up to three hours.
fn zones() -> impl Strategy<Value = Zone> {
    let steps = prop::collection::vec((4 * HOUR..400 * DAY, -180_i16..=180), 0..12);
    (-720_i16..=840, steps).prop_map(|(base, steps)| {
        let (mut at, mut changes) = (20_000 * DAY, Vec::new());
        for (after, step) in steps {
            at += after / MINUTE * MINUTE;
            changes.push((Timestamp(at), base + step));
        }
        zone(base, &changes)
    })
}

proptest! {
    /// A week has as many minutes of them as there are on its days.
    #[test]
    fn hours_are_as_long_as_they_say(days in prop::collection::btree_set(0..7_usize, 1..7), from in 0..1_440_u16, until in 0..=1_440_u16) {
        prop_assume!(from != until);
        let days: Vec<Weekday> = days.into_iter().map(|day| Weekday::ALL[day]).collect();
        let hours = Hours::new(&days, from, until).unwrap();
        prop_assert!(hours.days().eq(days.iter().copied()));
        let found = (0..7 * 1_440).filter(|minute| hours.has(Wall(20_000 * DAY + minute * MINUTE))).count();
        prop_assert_eq!((hours.from(), hours.until()), (from, until));
        let length = if from < until { until - from } else { 1_440 - from + until };
        prop_assert_eq!(found, usize::from(length) * days.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// From a moment to what the clock shows and back is the moment itself, or the earlier one at which the clock
    /// showed the same.
    #[test]
    fn there_and_back(zone in zones(), ms in 19_990 * DAY..25_000 * DAY, near in any::<prop::sample::Index>(), by in -5 * 60_i64..5 * 60) {
        let near = zone.changes().get(near.index(zone.changes().len().max(1)));
        let ms = near.map_or(ms, |change| change.at.0.saturating_add_signed(by * i64::try_from(MINUTE).unwrap()));
        let moment = Timestamp(ms);
        let shown = zone.wall(moment);
        let first = zone.first(shown);
        prop_assert!(first <= moment);
        prop_assert_eq!(zone.wall(first), shown);
        if first != moment {
            let between = zone.changes().iter().any(|change| first < change.at && change.at <= moment && zone.offset_min(Timestamp(change.at.0 - 1)) > change.offset_min);
            prop_assert!(between, "only where the clock was put back in between");
        }
    }

    /// What the clock shows is reached at the first moment, and at none before.
    #[test]
    fn the_first_moment_is_the_first(zone in zones(), ms in 19_990 * DAY..25_000 * DAY, near in any::<prop::sample::Index>(), by in -5 * 60_i64..5 * 60) {
        let near = zone.changes().get(near.index(zone.changes().len().max(1)));
        let ms = near.map_or(ms, |change| zone.wall(change.at).0.saturating_add_signed(by * i64::try_from(MINUTE).unwrap()));
        let wanted = Wall(ms);
        let first = zone.first(wanted);
        prop_assert!(zone.wall(first) >= wanted);
        // Changes are hours apart, so that nothing before the last two of them reaches it.
        let earlier = (1..10 * 60).map(|minutes| Timestamp(first.0 - minutes * MINUTE));
        for moment in earlier.chain([Timestamp(first.0 - 1)]) {
            prop_assert!(zone.wall(moment) < wanted, "{:?} shows it already", moment);
        }
        prop_assert!(zone.first(Wall(ms + MINUTE)) >= first);
    }
}
