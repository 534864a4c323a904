//! The digest: the same bytes for the same state, other bytes for another.
#![allow(clippy::unwrap_used)]

use onhand_engine::command::{Bucket, Channel, SkuQty};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, LocationId, Owner, ReservationId, SkuId, TillNo};
use onhand_engine::qty::Qty;
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
