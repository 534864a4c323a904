//! Suspended baskets on disk: what happened to them, their state and what was answered come back as they were.

use crate::samples::{NOON, damage_every_bit, encoded, record, sku_qty};
use onhand_engine::basket::{Basket, Happening, NamedLine, Suspended, VoidedLine};
use onhand_engine::command::Channel;
use onhand_engine::date::Date;
use onhand_engine::event::{Event, Freed, Record};
use onhand_engine::goods::{Piece, Traced};
use onhand_engine::ids::{Label, LocationId, Note, Owner, ReservationId, Seq, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::promotion::Off;
use onhand_engine::qty::Qty;
use onhand_engine::quote::ByHand;
use onhand_engine::scan::Mark;
use onhand_engine::store::Reservation;
use onhand_engine::tax::RatePpm;
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;
use std::sync::Arc;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn plain(sku: u32) -> NamedLine {
    NamedLine {
        sku: SkuId(sku),
        qty: Qty::units(2),
        unit_price: None,
        amount: None,
        tax: None,
        price_reason: None,
        discount: None,
    }
}

fn suspended(till: u16) -> Arc<Suspended> {
    let full = NamedLine {
        unit_price: Some(Minor(600)),
        amount: Some(Minor(1_200)),
        tax: Some((Minor(200), RatePpm(200_000))),
        price_reason: Some(label("damaged box")),
        discount: Some(ByHand { off: Off::Amount(Minor(100)), reason: label("goodwill") }),
        ..plain(4)
    };
    let basket = Basket {
        lines: vec![full, plain(5)],
        group: Some(label("club")),
        coupons: vec![label("TEA10"), label("TEA20")],
        tax_exempt: Some(label("E-7")),
        customer: Some(Owner::new("ann").unwrap()),
        note: Some(Note::new("back at five, green coat").unwrap()),
        person: Some(Owner::new("cleo").unwrap()),
    };
    Arc::new(Suspended { till: TillNo(till), at: Timestamp(NOON), basket, traced: Box::default() })
}

fn held(suspended: Option<Arc<Suspended>>, lines: Vec<onhand_engine::command::SkuQty>) -> Reservation {
    let (owner, deadline) = (Owner::new("till 3").unwrap(), Timestamp(NOON + 60_000));
    Reservation { owner, channel: Channel::Till, deadline, lines, suspended, pieces: Box::default() }
}

/// What a basket says of its pieces, with the pieces that it holds.
fn pieces() -> (Box<[Traced]>, Box<[Piece]>) {
    let mark = |text: &str| Mark::new(text).unwrap();
    let phones = Traced { line: 0, serials: vec![mark("A1"), mark("A2")], ..Traced::default() };
    let milk = Traced { line: 1, lot: Some(mark("L42")), expiry: Date::new(2026, 1, 31), ..Traced::default() };
    let piece = |serial| Piece { line: 0, sku: SkuId(4), serial: mark(serial) };
    (Box::new([phones, milk]), Box::new([piece("A1"), piece("A2")]))
}

/// Baskets with pieces: one suspended, one recalled, one that says a lot only.
pub(crate) fn with_pieces() -> Vec<Record> {
    let (traced, pieces) = pieces();
    let lines = || vec![sku_qty(4, 2)];
    let said = |traced| Arc::new(Suspended { traced, ..Arc::unwrap_or_clone(suspended(3)) });
    let suspend = |id, traced, pieces| Happening::Suspended {
        reservation: ReservationId(id),
        held: Reservation { pieces, ..held(Some(said(traced)), lines()) },
        freed: vec![],
        short: vec![sku_qty(5, 2)],
    };
    let other = Piece { serial: Mark::new("A3").unwrap(), ..pieces[0].clone() };
    let happenings = vec![
        suspend(1, traced.clone(), pieces.clone()),
        suspend(2, Box::new([traced[1].clone()]), Box::default()),
        Happening::Recalled {
            reservation: ReservationId(3),
            held: Reservation { pieces: pieces.clone(), ..held(None, lines()) },
            freed: Freed { reservation: ReservationId(1), lines: lines() },
            basket: said(traced.clone()),
        },
        suspend(4, traced, Box::new([other])),
        Happening::Recalled {
            reservation: ReservationId(5),
            held: held(None, lines()),
            freed: Freed { reservation: ReservationId(2), lines: lines() },
            basket: said(Box::default()),
        },
    ];
    let event = |happening| Event::Basket { till: TillNo(3), happening: Box::new(happening) };
    let received = record(1, 1, Event::GoodsReceived { lines: vec![sku_qty(4, 100)] });
    let records = (2..).zip(happenings).map(|(n, happening)| record(n, 1, event(happening)));
    std::iter::once(received).chain(records).collect()
}

/// Two baskets suspended, one of which holds nothing; a third recalled; lines voided.
pub(crate) fn records() -> Vec<Record> {
    let lines = || vec![sku_qty(4, 2)];
    let freed = |id, lines| Freed { reservation: ReservationId(id), lines };
    let suspend = |id, lines, short| Happening::Suspended {
        reservation: ReservationId(id),
        held: held(Some(suspended(3)), lines),
        freed: vec![],
        short,
    };
    let line = |person| VoidedLine {
        sku: SkuId(4),
        qty: Qty::from_milli(1_500),
        amount: Minor(900),
        reason: label("too dear"),
        person,
    };
    let happenings = vec![
        suspend(1, lines(), vec![]),
        suspend(2, vec![], vec![sku_qty(5, 2)]),
        suspend(3, lines(), vec![sku_qty(5, 1)]),
        Happening::Recalled {
            reservation: ReservationId(4),
            held: held(None, lines()),
            freed: freed(3, lines()),
            basket: suspended(3),
        },
        Happening::LineVoided { line: line(None), freed: None },
        Happening::LineVoided { line: line(Some(Owner::new("cleo").unwrap())), freed: Some(freed(4, lines())) },
        Happening::Suspended {
            reservation: ReservationId(5),
            held: held(Some(suspended(9)), lines()),
            freed: vec![freed(6, lines()), freed(7, vec![])],
            short: vec![],
        },
    ];
    let event = |happening| Event::Basket { till: TillNo(3), happening: Box::new(happening) };
    let received = record(1, 1, Event::GoodsReceived { lines: vec![sku_qty(4, 100)] });
    let records = (2..).zip(happenings).map(|(n, happening)| record(n, 1, event(happening)));
    std::iter::once(received).chain(records).collect()
}

#[test]
fn everything_that_happens_to_a_basket_comes_back() {
    for records in [records(), with_pieces()] {
        let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
        assert_eq!(decode(&bytes).unwrap(), records);
    }
}

#[test]
fn a_snapshot_keeps_suspended_baskets_and_answers() {
    for (records, waiting) in [(records(), &[1, 2, 5][..]), (with_pieces(), &[4])] {
        let mut world = World::default();
        records.iter().for_each(|record| world.apply(record));
        assert_eq!(world.check(), Vec::<String>::new());
        let place = &world.places[&LocationId(1)];
        assert_eq!(place.store.suspended().map(|(id, _)| id.0).collect::<Vec<_>>(), waiting);
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
        assert_eq!(found.check(), Vec::<String>::new());
    }
}

#[test]
fn no_bit_of_a_basket_makes_it_panic() {
    records().iter().chain(&with_pieces()).map(encoded).for_each(|bytes| damage_every_bit(&bytes));
}
