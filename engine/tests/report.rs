//! Which business day a report puts things on, and what its rows add up to.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, run_at, sell, with_tea};
use onhand_engine::command::{Action, Channel, SaleLine, Sell, Standing};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::Ask;
use onhand_engine::event::Record;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, SessionNo, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::report::{About, Clocks, Group, Report, SalesSums, Scope, Sessions, Span, Value};
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use onhand_engine::zone::Zone;
use std::collections::BTreeMap;
use std::sync::Arc;

const TILL: TillNo = TillNo(7);

struct Shop;

impl About for Shop {
    fn place(&self, _: LocationId) -> Option<(Currency, PriceBasis)> {
        Some((Currency::EUR, PriceBasis::TaxInclusive))
    }

    fn category(&self, _: SkuId) -> Arc<str> {
        "Tea".into()
    }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A moment of January 2026, UTC.
fn at(day_of_month: u64, hour: u64, minute: u64) -> Timestamp {
    let first = day("2026-01-01").begins().0;
    Timestamp(first + (((day_of_month - 1) * 24 + hour) * 60 + minute) * 60_000)
}

/// One till, and the log of what it did.
struct Log {
    place: PlaceState,
    records: Vec<Record>,
    opened: Vec<Span>,
}

impl Log {
    fn new() -> Self {
        Self { place: with_tea(1_000), records: vec![], opened: vec![] }
    }

    fn run(&mut self, time: Timestamp, action: Action) {
        let id = u128::try_from(self.records.len()).unwrap() + 100;
        let Decision::Happens(event) = run_at(&mut self.place, id, Channel::Till, action, time).unwrap() else {
            panic!("nothing happened")
        };
        let fingerprint = Fingerprint { op: 0, lines: 0, money: 0, rest: 0 };
        let (command, by) = (CommandId(id), By::default());
        self.records.push(Record { time, command, fingerprint, location: LOCATION, by, event });
    }

    fn open(&mut self, time: Timestamp, business_day: &str) {
        let (business_day, basis) = (day(business_day), PriceBasis::TaxInclusive);
        let ask = Ask::Open { business_day: business_day.into(), float: Minor::ZERO, basis };
        self.run(time, Action::Drawer { till: TILL, ask });
        self.opened.push(Span { opened: time, closed: None, business_day, basis });
    }

    fn close(&mut self, time: Timestamp) {
        let ask = Ask::Close { session: None, counts: vec![], pending: 0 };
        self.run(time, Action::Drawer { till: TILL, ask });
        self.opened.last_mut().unwrap().closed = Some(time);
    }

    /// Sells so many, each at 1.00; what one had cost the shop is 0.60.
    fn sell(&mut self, time: Timestamp, units: i64, late: Option<u32>) {
        let plain = sell(&[(TEA, units)]);
        let line = |line: &SaleLine| SaleLine { unit_cost: Some(Minor(60)), ..*line };
        let standing = if late.is_some() { Standing::Fact } else { Standing::Request };
        let (lines, session) = (plain.lines.iter().map(line).collect(), late.map(SessionNo));
        self.run(time, Action::Sell(Sell { till: Some(TILL), standing, lines, session, ..plain }));
    }

    /// Gross by day and hour, from a report over these days.
    fn report(&self, from: &str, until: &str, clocks: Clocks) -> Vec<(String, u8, i64)> {
        let sessions: Sessions = [((LOCATION, TILL), self.opened.clone())].into();
        let scope = Scope {
            from: day(from),
            until: day(until),
            clocks,
            location: None,
            till: None,
            cashier: None,
            channel: None,
            item: None,
            category: None,
            rate: None,
        };
        let mut report = Report::<SalesSums>::new(scope, vec![Group::Day, Group::Hour], sessions);
        let (begins, ends) = report.window();
        // As a scan of the log would: nothing from outside the window is told.
        for record in self.records.iter().filter(|record| (begins..=ends).contains(&record.time)) {
            report.take(record, &Shop).unwrap();
        }
        let row = |(key, sums): (onhand_engine::report::Key, SalesSums)| {
            let values: Vec<&Value> = key.values().collect();
            let [Value::Day(day), Value::Hour(hour)] = values.as_slice() else { panic!("{key:?}") };
            assert_eq!(sums.margin(), Minor(sums.gross().0 * 4 / 10));
            (day.to_string(), *hour, sums.gross().0)
        };
        report.finish().1.sorted(None::<fn(&SalesSums) -> i64>).into_iter().map(row).collect()
    }
}

fn rows(expected: &[(&str, u8, i64)]) -> Vec<(String, u8, i64)> {
    expected.iter().map(|(day, hour, gross)| ((*day).to_owned(), *hour, *gross)).collect()
}

#[test]
fn a_session_over_midnight_is_of_its_business_day() {
    let mut log = Log::new();
    log.open(at(9, 8, 0), "2026-01-09");
    log.sell(at(9, 8, 0), 1, None);
    log.close(at(9, 20, 0));
    log.open(at(10, 20, 0), "2026-01-10");
    log.sell(at(10, 23, 59), 2, None);
    log.sell(at(11, 2, 30), 4, None);
    log.close(at(11, 3, 0));
    assert_eq!(
        log.report("2026-01-10", "2026-01-10", Clocks::Offset(0)),
        rows(&[("2026-01-10", 2, 400), ("2026-01-10", 23, 200)])
    );
    assert_eq!(log.report("2026-01-11", "2026-01-11", Clocks::Offset(0)), rows(&[]));
    assert_eq!(log.report("2026-01-09", "2026-01-09", Clocks::Offset(0)), rows(&[("2026-01-09", 8, 100)]));
}

#[test]
fn what_comes_late_is_of_the_day_whose_z_tells_of_it() {
    let mut log = Log::new();
    log.open(at(9, 8, 0), "2026-01-09");
    log.close(at(9, 20, 0));
    // Between two sessions, and while the next is open.
    log.sell(at(9, 20, 0), 1, Some(1));
    log.open(at(10, 8, 0), "2026-01-10");
    log.sell(at(10, 9, 0), 2, Some(1));
    log.close(at(10, 20, 0));
    let of_the_tenth = rows(&[("2026-01-10", 9, 200), ("2026-01-10", 20, 100)]);
    assert_eq!(log.report("2026-01-10", "2026-01-10", Clocks::Offset(0)), of_the_tenth);
    assert_eq!(log.report("2026-01-09", "2026-01-09", Clocks::Offset(0)), rows(&[]));
    assert_eq!(log.report("2026-01-01", "2026-01-31", Clocks::Offset(0)), of_the_tenth);
}

#[test]
fn outside_a_session_it_is_of_the_day_on_the_wall() {
    let mut log = Log::new();
    log.sell(at(9, 23, 30), 1, None);
    log.sell(at(10, 3, 30), 2, None);
    assert_eq!(log.report("2026-01-10", "2026-01-10", Clocks::Offset(0)), rows(&[("2026-01-10", 3, 200)]));
    assert_eq!(
        log.report("2026-01-10", "2026-01-10", Clocks::Offset(60)),
        rows(&[("2026-01-10", 0, 100), ("2026-01-10", 4, 200)]),
        "an hour ahead"
    );
    assert_eq!(
        log.report("2026-01-09", "2026-01-09", Clocks::Offset(-240)),
        rows(&[("2026-01-09", 19, 100), ("2026-01-09", 23, 200)]),
        "four hours behind"
    );
}

#[test]
fn outside_a_session_it_is_of_the_day_at_the_location() {
    let own = || {
        let zone = Zone::new("America/New_York", -300, vec![], Timestamp(0)).unwrap();
        Clocks::Own([(LOCATION, Arc::new(zone)), (LocationId(99), Arc::new(utc()))].into())
    };
    let mut log = Log::new();
    log.sell(at(10, 4, 59), 1, None);
    log.sell(at(10, 5, 0), 2, None);
    log.sell(at(11, 4, 59), 4, None);
    assert_eq!(log.report("2026-01-09", "2026-01-09", own()), rows(&[("2026-01-09", 23, 100)]));
    assert_eq!(log.report("2026-01-10", "2026-01-10", own()), rows(&[("2026-01-10", 0, 200), ("2026-01-10", 23, 400)]));
    assert_eq!(log.report("2026-01-11", "2026-01-11", own()), rows(&[]));
    let none = Clocks::Own(BTreeMap::new());
    assert_eq!(log.report("2026-01-11", "2026-01-11", none), rows(&[("2026-01-11", 4, 400)]), "UTC");
}

fn utc() -> Zone {
    Zone::new("UTC", 0, vec![], Timestamp(0)).unwrap()
}

#[test]
fn a_day_begins_where_its_first_moment_is() {
    for days in (0..60_000_u64).chain(2_932_800..2_932_896) {
        let moment = Timestamp(days * 86_400_000);
        assert_eq!(Date::of(moment).begins(), moment);
        assert_eq!(Date::of(Timestamp(moment.0 + 86_399_999)).begins(), moment);
    }
}
