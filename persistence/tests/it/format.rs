//! What is written comes back; what is damaged is an error and never a panic.

use crate::samples::{damage_every_bit, encoded, every_kind, of_accounts, of_costs, plain_sale, record};
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{LocationId, Seq};
use onhand_engine::money::Minor;
use onhand_engine::scan::Layout;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, decode_each, encode, frames, state};
use onhand_persistence::log::Remembered;
use onhand_persistence::state_hash;

fn every_record() -> Vec<Record> {
    every_kind().into_iter().chain(of_accounts()).chain(of_costs()).collect()
}

#[test]
fn every_kind_comes_back() {
    let records = every_record();
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes));
    assert_eq!(decode(&bytes).unwrap(), records);
    let mut told = Vec::new();
    decode_each(&bytes, |record| told.push(record)).unwrap();
    assert_eq!(told, records);
}

#[test]
fn a_head_tells_place_time_and_command() {
    for record in every_record() {
        let bytes = encoded(&record);
        let frame = frames(&bytes).next().unwrap().unwrap();
        assert_eq!((frame.location(), frame.time(), frame.command()), (record.location, record.time, record.command));
    }
}

#[test]
fn a_sale_of_one_line_is_near_100_bytes() {
    let length = encoded(&record(1, 1, Event::SaleRecorded(plain_sale(1, 4)))).len();
    assert!(length <= 104, "{length}");
}

#[test]
fn what_goods_had_cost_takes_room_only_where_it_is_known() {
    let plain = record(1, 1, Event::SaleRecorded(plain_sale(1, 4)));
    let mut costed = plain_sale(1, 4);
    costed.lines[0].unit_cost = Some(Minor(640));
    let costed = record(1, 1, Event::SaleRecorded(costed));
    assert_eq!(encoded(&costed).len(), encoded(&plain).len() + 12);
    // A record that is read into another leaves nothing of it behind.
    let mut read = plain.clone();
    for record in [&costed, &plain, &costed] {
        frames(&encoded(record)).next().unwrap().unwrap().read_into(&mut read).unwrap();
        assert_eq!(read, *record);
    }
}

#[test]
fn what_items_cost_comes_back_from_a_snapshot() {
    let mut world = World::default();
    of_costs().iter().for_each(|record| world.apply(record));
    let (mut found, mut known) = (World::default(), Vec::new());
    state::chain_parts(&world.chain, &mut |part| {
        state::read_part(LocationId::CHAIN, &part, &mut found, &mut known).unwrap();
    });
    assert_eq!(found.chain.items(), world.chain.items());
    assert_eq!(found.chain.items()[0].unit_cost, Some(Minor(210)));
}

#[test]
fn sales_returns_and_drawers_are_known_without_reading_them() {
    for record in every_record() {
        let bytes = encoded(&record);
        let is_of_tills = record.event.is_trade() || matches!(record.event, Event::Drawer { .. });
        let frame = frames(&bytes).next().unwrap().unwrap();
        assert_eq!(frame.is_of_tills().unwrap(), is_of_tills, "{record:?}");
        let owner = match &record.event {
            Event::SaleRecorded(sale) => sale.owner.as_ref().map(|owner| owner.as_str()),
            _ => None,
        };
        assert_eq!(frame.is_sale_of("cart 5").unwrap(), owner == Some("cart 5"), "{record:?}");
    }
}

#[test]
fn cut_anywhere_it_is_an_error_or_fewer_records() {
    let records = every_record();
    let mut bytes = Vec::new();
    let mut ends = vec![0];
    for record in &records {
        encode(record, &mut bytes);
        ends.push(bytes.len());
    }
    for length in 0..bytes.len() {
        match ends.iter().position(|end| *end == length) {
            Some(whole) => assert_eq!(decode(&bytes[..length]).unwrap(), records[..whole]),
            None => assert!(decode(&bytes[..length]).is_err(), "cut at {length}"),
        }
    }
}

#[test]
fn no_bit_makes_it_panic() {
    every_record().iter().for_each(|record| damage_every_bit(&encoded(record)));
}

#[test]
fn accounts_and_what_is_still_settling_come_back_from_a_snapshot() {
    let mut world = World::default();
    of_accounts().iter().for_each(|record| world.apply(record));
    let place = &world.places[&LocationId(1)];
    assert_eq!(place.store.settling.list.len(), 1);
    let (mut found, mut known) = (World::default(), Vec::new());
    for (location, place) in &world.places {
        state::place_parts(place, &mut |part| state::read_part(*location, &part, &mut found, &mut known).unwrap());
    }
    assert_eq!(found.places, world.places);
    assert_eq!(state_hash(&found), state_hash(&world));
    let answers: Vec<Remembered> = of_accounts().iter().map(|record| Remembered::of(record, Seq(1))).collect();
    let all: Vec<&Remembered> = answers.iter().collect();
    let place = answers[0].location();
    let mut read = Vec::new();
    state::memo_parts(&all, &mut |part| state::read_part(place, &part, &mut World::default(), &mut read).unwrap());
    let said = |some: &[Remembered]| some.iter().map(Remembered::answer).collect::<Vec<_>>();
    assert_eq!(said(&read), said(&answers));
}

#[test]
fn layouts_of_labels_come_back_from_the_log_and_from_a_snapshot() {
    let layouts = ["20IIIIIVPPPPC", "28IIIIVWWWWWC"].map(|text| Layout::parse(text).unwrap()).to_vec();
    let set = record(9, 0, Event::LabelsSet { location: LocationId(1), layouts: layouts.clone() });
    assert_eq!(decode(&encoded(&set)).unwrap(), std::slice::from_ref(&set));
    let mut world = World::default();
    every_kind().iter().chain([&set]).for_each(|record| world.apply(record));
    let (mut found, mut known) = (World::default(), Vec::new());
    state::chain_parts(&world.chain, &mut |part| {
        state::read_part(LocationId::CHAIN, &part, &mut found, &mut known).unwrap();
    });
    assert_eq!(found.chain.labels(), world.chain.labels());
    assert_eq!(*found.chain.labels()[&LocationId(1)], *layouts);
    let answer = Remembered::of(&set, Seq(1));
    state::memo_parts(&[&answer], &mut |part| {
        state::read_part(LocationId::CHAIN, &part, &mut found, &mut known).unwrap();
    });
    assert_eq!(known, [answer]);
}
