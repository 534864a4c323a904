//! Layaways on disk: what happened to them, their state and what was answered come back as they were.

use crate::samples::{NOON, damage_every_bit, encoded, line, plain_sale, record, sku_qty};
use onhand_engine::command::{Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::drawer::{self, Happening as DrawerHappening};
use onhand_engine::event::{Event, Freed, Record, Sale};
use onhand_engine::ids::{Label, LocationId, OrderId, Owner, ReservationId, Seq, SessionNo, TillNo};
use onhand_engine::layaway::{Happening, Layaway};
use onhand_engine::money::Minor;
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;
use std::sync::Arc;

const TILL: TillNo = TillNo(3);

fn cash(amount: i64) -> Tender {
    Tender { kind: TenderKind::Cash, amount: Minor(amount) }
}

fn opened(deposits: [i64; 7], tenders: Vec<Tender>, freed: Vec<Freed>) -> Happening {
    let layaway = Layaway {
        customer: Owner::new("ann").unwrap(),
        lines: vec![line(4, 2), line(5, 1)],
        opened: Timestamp(NOON),
        due: Timestamp(NOON + 60_000),
        fee: Minor(100),
        deposits: deposits.map(Minor),
    };
    Happening::Opened { layaway: Arc::new(layaway), goods: vec![sku_qty(4, 2), sku_qty(5, 1)], tenders, freed }
}

/// One layaway with deposits, one without, one given up, one that was fetched.
fn records() -> Vec<Record> {
    let happened = |name: &str, happening| {
        let layaway = OrderId::new(name).unwrap();
        Event::Layaway { till: TILL, layaway, happening: Box::new(happening) }
    };
    let session = DrawerHappening::SessionOpened {
        session: SessionNo(1),
        opened: Timestamp(NOON),
        business_day: Date::new(2026, 1, 31).unwrap(),
        float: Minor(100),
        basis: PriceBasis::TaxExclusive,
    };
    let goods = || vec![sku_qty(4, 2), sku_qty(5, 1)];
    let fetched = Sale {
        lines: vec![line(4, 2), line(5, 1)],
        tenders: vec![Tender { kind: TenderKind::Deposit, amount: Minor(500) }, cash(3_130)],
        order: Some(OrderId::new("L-4").unwrap()),
        ..plain_sale(1, 4)
    };
    let freed = Freed { reservation: ReservationId(7), lines: vec![sku_qty(4, 1)] };
    let events = vec![
        Event::GoodsReceived { lines: vec![sku_qty(4, 100), sku_qty(5, 100)] },
        Event::Drawer { till: TILL, happening: session },
        happened("L-1", opened([500, 0, 0, 0, 0, 0, 0], vec![cash(500)], vec![freed])),
        happened("L-1", Happening::Deposited { tenders: vec![cash(200)], deposits: Minor(700), left: Minor(2_930) }),
        happened("L-2", opened([0; 7], vec![], vec![])),
        happened("L-3", opened([300, 0, 0, 0, 0, 0, 0], vec![cash(300)], vec![])),
        happened(
            "L-3",
            Happening::Cancelled {
                goods: goods(),
                tenders: vec![cash(200)],
                kept: Minor(100),
                reason: Label::new("moved").unwrap(),
            },
        ),
        happened("L-4", opened([500, 0, 0, 0, 0, 0, 0], vec![cash(500)], vec![])),
        Event::SaleRecorded(fetched),
    ];
    (1..).zip(events).map(|(n, event)| record(n, 1, event)).collect()
}

/// The same, and the close of the session with its journal.
pub(crate) fn closed() -> (Vec<Record>, World) {
    let mut records = records();
    let mut world = World::default();
    records.iter().for_each(|record| world.apply(record));
    let place = &world.places[&LocationId(1)];
    let ask = drawer::Ask::Close { session: None, counts: vec![], pending: 0 };
    let drawer = place.tills[&TILL].drawer.as_deref();
    let decided = drawer::decide::decide(TILL, drawer, &place.store, &ask, Timestamp(NOON + 99)).unwrap();
    let onhand_engine::decide::Decision::Happens(event) = decided else { panic!("it happens") };
    let close = record(99, 1, event);
    world.apply(&close);
    records.push(close);
    (records, world)
}

#[test]
fn everything_that_happens_to_a_layaway_comes_back() {
    let (records, _) = closed();
    let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
    assert_eq!(decode(&bytes).unwrap(), records);
}

#[test]
fn a_snapshot_keeps_layaways_and_what_the_session_took() {
    let (records, whole) = closed();
    let mut open = World::default();
    self::records().iter().for_each(|record| open.apply(record));
    for (world, records) in [(open, self::records()), (whole, records)] {
        assert_eq!(world.check(), Vec::<String>::new());
        let place = &world.places[&LocationId(1)];
        let names: Vec<&str> = place.store.layaways().open.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["L-1", "L-2"]);
        let answers: Vec<Remembered> =
            records.iter().zip(1..).map(|(record, n)| Remembered::of(record, Seq(n))).collect();
        let (mut found, mut known) = (World::default(), Vec::new());
        let mut parts = Vec::new();
        state::place_parts(place, &mut |part| parts.push(part));
        state::memo_parts(&answers.iter().collect::<Vec<_>>(), &mut |part| parts.push(part));
        for part in parts {
            state::read_part(LocationId(1), &part, &mut found, &mut known).unwrap();
        }
        assert_eq!(found.places, world.places);
        assert_eq!(known, answers);
        assert_eq!(state_hash(&found), state_hash(&world));
    }
}

#[test]
fn no_bit_of_a_layaway_makes_it_panic() {
    records().iter().skip(2).map(encoded).for_each(|bytes| damage_every_bit(&bytes));
}
