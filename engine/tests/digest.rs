//! The digest: the same bytes for the same state, other bytes for another.
#![allow(clippy::unwrap_used)]

use onhand_engine::account::{AccountKind, Entry, Measure};
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{Bucket, Channel, Policy, SaleLine, SkuQty, Standing, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::report::{Count, Counted};
use onhand_engine::drawer::rules::DrawerRules;
use onhand_engine::drawer::{Ask, Drawer, Happening, Movement};
use onhand_engine::event::{Event, Record, Sale};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{
    AccountId, CommandId, Label, LocationId, OrderId, Owner, ReceiptNo, ReservationId, SessionNo, SkuId, TillNo,
};
use onhand_engine::money::Minor;
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::store::Store;
use onhand_engine::tax::{PriceBasis, RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;

fn world(events: &[Event]) -> World {
    let mut world = World::default();
    for event in events {
        world.apply(&Record {
            time: Timestamp(1),
            command: CommandId(1),
            fingerprint: Fingerprint::default(),
            location: LocationId(1),
            by: By::default(),
            event: event.clone(),
        });
    }
    world
}

fn bytes(world: &World) -> Vec<u8> {
    let mut all = Vec::new();
    world.digest(&mut |bytes| all.extend_from_slice(bytes));
    all
}

fn received(sku: u32, units: i64) -> Event {
    Event::GoodsReceived { lines: vec![SkuQty { sku: SkuId(sku), qty: Qty::units(units) }] }
}

fn account(owner: Option<&str>) -> Event {
    let (kind, measure, amount) = (AccountKind::Loyalty, Measure::Points, Minor(5));
    let owner = owner.map(|owner| Owner::new(owner).unwrap());
    Event::Account { account: AccountId(64), entry: Entry::Issued { kind, measure, amount, expires: None, owner } }
}

fn reserved(id: u128, owner: &str, deadline: u64) -> Event {
    Event::Reserved {
        reservation: ReservationId(id),
        owner: Owner::new(owner).unwrap(),
        channel: Channel::Web,
        deadline: Timestamp(deadline),
        lines: vec![SkuQty { sku: SkuId(1), qty: Qty::units(1) }],
        freed: Vec::new(),
    }
}

fn set_aside(reason: &str) -> Event {
    let reason = Label::new(reason).unwrap();
    Event::StockAdjusted { sku: SkuId(1), bucket: Bucket::Unavailable(reason.clone()), delta: Qty::units(1), reason }
}

fn sold(units: i64, till: Option<u16>, net: i64) -> Event {
    Event::SaleRecorded(Sale {
        standing: Standing::Request,
        channel: Channel::Till,
        receipt: till.map(|no| (TillNo(no), ReceiptNo(1))),
        lines: vec![SaleLine {
            sku: SkuId(1),
            qty: Qty::units(units),
            unit_price: Minor(net),
            taxed: Taxed { net: Minor(net), tax: Minor::ZERO, rate: RatePpm(0) },
            unit_cost: None,
        }],
        tenders: vec![],
        oversold: vec![],
        freed: vec![],
        order: None,
        late: None,
        redemption: None,
        pricing: None,
        owner: None,
        goods: None,
        payments: None,
    })
}

fn paid_in_cash(event: Event) -> Event {
    let Event::SaleRecorded(sale) = event else { panic!("not a sale") };
    let tenders = vec![Tender { kind: TenderKind::Cash, amount: sale.gross() }];
    Event::SaleRecorded(Sale { tenders, ..sale })
}

fn allocated(order: &str, units: i64) -> Event {
    let lines = vec![SkuQty { sku: SkuId(1), qty: Qty::units(units) }];
    Event::Allocated { order: OrderId::new(order).unwrap(), lines, freed: vec![], asked: None }
}

fn cancelled(order: &str, units: i64) -> Event {
    let lines = vec![SkuQty { sku: SkuId(1), qty: Qty::units(units) }];
    Event::Deallocated { order: OrderId::new(order).unwrap(), lines }
}

fn policy(web: i64, low_at: i64) -> Event {
    let safety_stock = [Qty::ZERO, Qty::units(web), Qty::ZERO];
    Event::PolicySet { sku: SkuId(1), policy: Policy { safety_stock, low_at: Qty::units(low_at) } }
}

fn drawer(till: u16, happening: Happening) -> Event {
    Event::Drawer { till: TillNo(till), happening }
}

fn opened(till: u16, float: i64) -> Event {
    let business_day = Date::new(2026, 1, 31).unwrap();
    let (session, opened, basis) = (SessionNo(1), Timestamp(1), PriceBasis::TaxInclusive);
    drawer(till, Happening::SessionOpened { session, opened, business_day, float: Minor(float), basis })
}

fn moved(movement: Movement, amount: i64) -> Event {
    let (reason, person) = (Label::new("coins").unwrap(), Owner::new("ann").unwrap());
    drawer(1, Happening::CashMoved { movement, amount: Minor(amount), reason, person })
}

fn no_sale() -> Event {
    drawer(1, Happening::NoSaleOpened { reason: Label::new("coins").unwrap() })
}

/// Session 1 of till 1, which sold nothing, closed with nothing in these kinds.
fn closed(counted: &[TenderKind]) -> Event {
    let mut drawer = Drawer::default();
    let Event::Drawer { happening, .. } = opened(1, 10_000) else { panic!("not a drawer's") };
    drawer.apply(&happening);
    let count = |kind: &TenderKind| Count { kind: *kind, counted: Counted::Amount(Minor::ZERO), reason: None };
    let ask = Ask::Close { session: None, counts: counted.iter().map(count).collect(), pending: 0 };
    let decision =
        onhand_engine::drawer::decide::decide(TillNo(1), Some(&drawer), &Store::default(), &ask, Timestamp(2)).unwrap();
    let Decision::Happens(event) = decision else { panic!("closing happens") };
    event
}

fn late(event: Event) -> Event {
    let Event::SaleRecorded(sale) = event else { panic!("not a sale") };
    Event::SaleRecorded(Sale { late: Some(SessionNo(1)), ..sale })
}

fn rules(step: u32) -> Event {
    let rule = RoundingRule { step, direction: Direction::Nearest, tie: Tie::Up };
    let rounding = Some(CashRounding { due: rule, change: rule });
    Event::DrawerRulesSet { rules: Box::new(DrawerRules { rounding, ..DrawerRules::default() }) }
}

#[test]
fn the_order_of_independent_events_makes_no_difference() {
    let one = [received(1, 5), received(2, 3), set_aside("display"), set_aside("damaged")];
    let other = [set_aside("damaged"), received(2, 3), set_aside("display"), received(1, 5)];
    assert_eq!(bytes(&world(&one)), bytes(&world(&other)));
}

#[test]
fn every_difference_makes_a_difference() {
    let base = [received(1, 5), received(2, 3)];
    let states = [
        base.to_vec(),
        vec![received(1, 5)],
        vec![received(1, 5), received(2, 4)],
        vec![received(1, 3), received(2, 5)],
        [&base[..], &[reserved(1, "ann", 10)]].concat(),
        [&base[..], &[reserved(2, "ann", 10)]].concat(),
        [&base[..], &[reserved(1, "bob", 10)]].concat(),
        [&base[..], &[reserved(1, "ann", 11)]].concat(),
        [&base[..], &[set_aside("display")]].concat(),
        [&base[..], &[set_aside("damaged")]].concat(),
        [&base[..], &[sold(1, None, 100)]].concat(),
        [&base[..], &[sold(1, None, 101)]].concat(),
        [&base[..], &[sold(1, Some(1), 100)]].concat(),
        [&base[..], &[sold(1, Some(2), 100)]].concat(),
        [&base[..], &[paid_in_cash(sold(1, Some(2), 100))]].concat(),
        [&base[..], &[allocated("W-1", 2)]].concat(),
        [&base[..], &[allocated("W-2", 2)]].concat(),
        [&base[..], &[allocated("W-1", 3)]].concat(),
        [&base[..], &[allocated("W-1", 2), cancelled("W-1", 2)]].concat(),
        [&base[..], &[policy(1, 0)]].concat(),
        [&base[..], &[policy(0, 1)]].concat(),
        [&base[..], &[opened(1, 10_000)]].concat(),
        [&base[..], &[opened(2, 10_000)]].concat(),
        [&base[..], &[opened(1, 10_001)]].concat(),
        [&base[..], &[opened(1, 10_000), moved(Movement::PaidIn, 5)]].concat(),
        [&base[..], &[opened(1, 10_000), moved(Movement::PaidIn, 6)]].concat(),
        [&base[..], &[opened(1, 10_000), moved(Movement::PaidOut, 5)]].concat(),
        [&base[..], &[opened(1, 10_000), moved(Movement::Drop, 5)]].concat(),
        [&base[..], &[opened(1, 10_000), no_sale()]].concat(),
        [&base[..], &[opened(1, 10_000), sold(1, Some(1), 100)]].concat(),
        [&base[..], &[sold(1, Some(1), 100), opened(1, 10_000)]].concat(),
        [&base[..], &[opened(1, 10_000), closed(&[])]].concat(),
        [&base[..], &[opened(1, 10_000), closed(&[TenderKind::Cash])]].concat(),
        [&base[..], &[opened(1, 10_000), closed(&[]), late(sold(1, Some(1), 100))]].concat(),
        [&base[..], &[opened(1, 10_000), closed(&[]), sold(1, Some(1), 100)]].concat(),
        [&base[..], &[opened(1, 10_000), closed(&[]), opened(1, 10_000)]].concat(),
        [&base[..], &[rules(5)]].concat(),
        [&base[..], &[rules(10)]].concat(),
        vec![account(None)],
        vec![account(Some("ann"))],
        vec![account(Some("bob"))],
        // The same counts by another way: the version is part of the state.
        vec![received(1, 2), received(1, 3), received(2, 3)],
    ];
    for (i, one) in states.iter().enumerate() {
        assert_eq!(world(one).check(), Vec::<String>::new());
        for other in &states[i + 1..] {
            assert_ne!(bytes(&world(one)), bytes(&world(other)), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn what_was_never_touched_feeds_nothing() {
    let mut world = world(&[]);
    let place = world.places.entry(LocationId(7)).or_default();
    place.rows.entry(SkuId(9)).or_default();
    place.tills.entry(TillNo(1)).or_default();
    assert_eq!(bytes(&world), Vec::<u8>::new());
    assert_eq!(world.check(), Vec::<String>::new());
}

#[test]
fn a_store_and_a_row_that_disagree_are_found() {
    let mut world = world(&[received(1, 5), reserved(1, "ann", 10)]);
    let place = world.places.get_mut(&LocationId(1)).unwrap();
    place.store.reservations.clear();
    let findings = world.check().join("\n");
    assert!(findings.contains("not what its SKUs hold"), "{findings}");
    assert!(findings.contains("index of owners"), "{findings}");
}

#[test]
fn orders_and_tills_that_disagree_are_found() {
    let mut world = world(&[received(1, 5), allocated("W-1", 2), sold(1, Some(3), 100)]);
    assert_eq!(world.check(), Vec::<String>::new());
    let place = world.places.get_mut(&LocationId(1)).unwrap();
    place.store.orders.clear();
    place.tills.get_mut(&TillNo(3)).unwrap().last_receipt = ReceiptNo(9);
    let findings = world.check();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("location 1: ") && findings[0].contains("open orders"), "{findings:?}");
    assert!(findings[1].contains("till 3: its receipt numbers"), "{findings:?}");
}

#[test]
fn drawers_that_disagree_are_found() {
    let events = [opened(1, 10_000), closed(&[]), opened(1, 10_000), sold(1, Some(1), 100), late(sold(1, Some(1), 50))];
    let found = |spoil: fn(&mut Drawer)| {
        let mut world = world(&events);
        assert_eq!(world.check(), Vec::<String>::new());
        let till = world.places.get_mut(&LocationId(1)).unwrap().tills.get_mut(&TillNo(1)).unwrap();
        spoil(till.drawer.as_mut().unwrap());
        world.check().join("\n")
    };
    let disagree = "its drawer's tenders are not what its sales and returns come to";
    let tendered = found(|drawer| drawer.session.as_mut().unwrap().books.tenders[0].taken = Minor(7));
    assert!(tendered.contains(disagree), "{tendered}");
    let late = found(|drawer| drawer.late.get_mut(&SessionNo(1)).unwrap().rounding = Minor(1));
    assert!(late.contains(disagree), "{late}");
    let gone = found(|drawer| drawer.closed.clear());
    assert!(gone.contains("a late sale of a session that is not closed"), "{gone}");
}

#[test]
fn the_chain_s_records_touch_no_location() {
    let mut world = World::default();
    world.apply(&Record {
        time: Timestamp(1),
        command: CommandId(1),
        fingerprint: Fingerprint::default(),
        location: LocationId::CHAIN,
        by: By::default(),
        event: Event::ItemsDefined { items: vec![], added: 0 },
    });
    assert!(world.places.is_empty());
}
