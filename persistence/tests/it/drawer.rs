//! Drawers on disk: what happened to them, their state and what was answered come back as they were.

use crate::samples::{damage_every_bit, encoded, line, plain_sale, record};
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{Channel, Disposition, SaleLine, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::report::{Count, Counted, Denomination};
use onhand_engine::drawer::rules::{Account, DrawerRules};
use onhand_engine::drawer::{Ask, Happening, Movement, decide};
use onhand_engine::event::{Event, Record, Return, Sale};
use onhand_engine::ids::{Label, LocationId, Owner, ReceiptNo, Seq, SessionNo, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;

const TILL: TillNo = TillNo(3);

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn rules() -> DrawerRules {
    let due = RoundingRule { step: 5, direction: Direction::Nearest, tie: Tie::Down };
    let change = RoundingRule { step: 50, direction: Direction::Up, tie: Tie::Up };
    let accounts = [(Account::Safe, label("1600")), (Account::OverShort, label("6969"))].into();
    DrawerRules { rounding: Some(CashRounding { due, change }), accounts }
}

/// Two sessions of a till with everything in them, a late sale, and a third that is open.
pub(crate) fn days() -> Vec<Record> {
    let mut world = World::default();
    let mut records: Vec<Record> = Vec::new();
    let happens = |world: &mut World, records: &mut Vec<Record>, event: Event| {
        let record = record(records.len() as u64 + 1, 1, event);
        world.apply(&record);
        records.push(record);
    };
    let ask = |world: &mut World, records: &mut Vec<Record>, ask: Ask| {
        let place = world.places.entry(LocationId(1)).or_default();
        let drawer = place.tills.get(&TILL).and_then(|till| till.drawer.as_deref());
        let now = Timestamp(1_000 + records.len() as u64);
        let decided = decide::decide(TILL, drawer, &place.store, &ask, now).unwrap();
        let Decision::Happens(event) = decided else { panic!("it happens") };
        happens(world, records, event);
    };
    let moved = |movement, amount| Ask::Move {
        movement,
        amount: Minor(amount),
        reason: label("coins"),
        person: Owner::new("ann").unwrap(),
    };
    let sold = |receipt, late| {
        let tenders = [(TenderKind::Cash, 2_000), (TenderKind::Cash, -792), (TenderKind::CashRounding, 2)];
        let tenders = tenders.map(|(kind, amount)| Tender { kind, amount: Minor(amount) }).to_vec();
        let mut sale = Sale { tenders, late, ..plain_sale(receipt, 4) };
        sale.lines[0].unit_cost = Some(Minor(433));
        Event::SaleRecorded(sale)
    };
    happens(&mut world, &mut records, Event::DrawerRulesSet { rules: Box::new(rules()) });
    for day in 1..=3 {
        let business_day = Date::new(2026, 1, day).unwrap();
        let open =
            Ask::Open { business_day: business_day.into(), float: Minor(20_000), basis: PriceBasis::TaxExclusive };
        ask(&mut world, &mut records, open);
        let receipt = u64::from(day) * 3 - 2;
        happens(&mut world, &mut records, sold(receipt, None));
        happens(&mut world, &mut records, sold(receipt + 1, (day > 1).then_some(SessionNo(1))));
        let back = Return {
            receipt: Some((TILL, ReceiptNo(receipt + 2))),
            channel: Channel::Web,
            lines: vec![SaleLine { unit_cost: Some(Minor(433)), ..line(4, 1) }, line(4, 2)],
            disposition: Disposition::ALL[day as usize % 3],
            tenders: vec![Tender { kind: TenderKind::Card, amount: Minor(1_210) }],
            of: None,
            redemption: None,
            goods: None,
            unreceipted: None,
            refunds: None,
        };
        happens(&mut world, &mut records, Event::GoodsReturned(back));
        ask(&mut world, &mut records, moved(Movement::PaidIn, 500));
        ask(&mut world, &mut records, moved(Movement::PaidOut, 1_250));
        ask(&mut world, &mut records, moved(Movement::Drop, 15_000));
        ask(&mut world, &mut records, Ask::NoSale { reason: label("change") });
        if day < 3 {
            let pieces = Counted::Pieces(vec![Denomination { value: Minor(5_000), pieces: 1 }]);
            let cash = Count { kind: TenderKind::Cash, counted: pieces, reason: Some(label("miscounted")) };
            let card = Count { kind: TenderKind::Card, counted: Counted::Amount(Minor(-7)), reason: None };
            ask(&mut world, &mut records, Ask::Close { session: None, counts: vec![cash, card], pending: 2 });
        }
    }
    records
}

#[test]
fn everything_that_happens_to_a_drawer_comes_back() {
    let records = days();
    let bytes: Vec<u8> = records.iter().flat_map(encoded).collect();
    assert_eq!(decode(&bytes).unwrap(), records);
    assert!(records.iter().any(|record| matches!(&record.event, Event::SaleRecorded(sale) if sale.late.is_some())));
}

#[test]
fn a_snapshot_keeps_drawers_rules_and_answers() {
    let records = days();
    let mut world = World::default();
    records.iter().for_each(|record| world.apply(record));
    assert_eq!(world.check(), Vec::<String>::new());
    let answers: Vec<Remembered> = records.iter().zip(1..).map(|(record, n)| Remembered::of(record, Seq(n))).collect();
    let (mut found, mut known) = (World::default(), Vec::new());
    let mut parts = Vec::new();
    state::place_parts(&world.places[&LocationId(1)], &mut |part| parts.push(part));
    state::memo_parts(&answers.iter().collect::<Vec<_>>(), &mut |part| parts.push(part));
    for part in parts {
        state::read_part(LocationId(1), &part, &mut found, &mut known).unwrap();
    }
    assert_eq!(found.places, world.places);
    assert_eq!(known, answers);
    assert_eq!(state_hash(&found), state_hash(&world));
    let books = |world: &World| {
        let till = &world.places[&LocationId(1)].tills[&TILL];
        till.drawer.as_ref().unwrap().session.as_ref().unwrap().books.clone()
    };
    assert_eq!((books(&found).costs.sold, books(&found).costs.back()), (Minor(433), Minor(433)));
    assert_eq!(books(&found).costs.returned_unknown, 1);
    // What was never counted differs from what was: the hash has the drawers in it.
    let till = found.places.get_mut(&LocationId(1)).unwrap().tills.get_mut(&TILL).unwrap();
    till.drawer.as_mut().unwrap().closed[0].counted[0] = false;
    assert_ne!(state_hash(&found), state_hash(&world));
}

#[test]
fn no_bit_of_a_close_makes_it_panic() {
    let records = days();
    let is_close =
        |record: &&Record| matches!(record.event, Event::Drawer { happening: Happening::SessionClosed { .. }, .. });
    let bytes = encoded(records.iter().find(is_close).unwrap());
    damage_every_bit(&bytes);
}
