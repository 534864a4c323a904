//! Items with terms, and what records keep of such goods, come back from disk, in records and snapshots.

use crate::samples::{damage_every_bit, encoded, item, line, plain_sale, record, sku_qty};
use onhand_engine::catalogue::Item;
use onhand_engine::chain::Chain;
use onhand_engine::command::{Channel, Disposition};
use onhand_engine::date::Date;
use onhand_engine::event::{Event, Record, Return, Sale};
use onhand_engine::goods::{AgeChecked, Amounts, Exception, Kit, Lot, Only, Part, Piece, SoldGoods, Terms};
use onhand_engine::ids::{CommandId, Label, LocationId, OrderId, Seq, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::returns::{Grant, Of, PendingGrant, Portion, SaleRef, What};
use onhand_engine::scan::Mark;
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::{decode, encode, state};
use onhand_persistence::state_hash;
use std::sync::Arc;

const SALE: SaleRef = SaleRef { location: LocationId(1), seq: Seq(812) };
const HERE: LocationId = LocationId(1);

fn parts() -> Arc<[Part]> {
    let part = |sku, units| Part { sku: SkuId(sku), qty: Qty::units(units), worth: Minor(499) };
    [part(0, 2), part(1, 1)].into()
}

fn terms() -> Terms {
    Terms {
        parts: parts(),
        edition: 3,
        min_age: Some(18),
        only: Some(Only::Online),
        blocked: Label::new("recalled").ok(),
        max_per_order: Some(Qty::units(6)),
        serials: true,
        lots: true,
    }
}

/// Plain items, then one with terms.
fn items() -> Vec<Item> {
    vec![item(0), item(1), Item { terms: Some(Arc::new(terms())), ..item(2) }]
}

fn mark(text: &str) -> Mark {
    Mark::new(text).unwrap()
}

fn goods() -> SoldGoods {
    SoldGoods {
        kits: vec![Kit { line: 0, parts: parts() }],
        pieces: vec![
            Piece { line: 0, sku: SkuId(1), serial: mark("B-2") },
            Piece { line: 0, sku: SkuId(1), serial: mark("A-1") },
        ],
        lots: vec![Lot { line: 0, lot: Some(mark("L42")), expiry: Date::new(2026, 2, 28) }],
        age: Some(AgeChecked { by: Label::new("ann").unwrap(), birth: Date::new(1988, 4, 1) }),
        exceptions: vec![
            Exception { line: 0, sku: SkuId(2), number: 2032, amounts: None },
            Exception {
                line: 1,
                sku: SkuId(3),
                number: 3060,
                amounts: Some(Amounts { said: Minor(4), own: Minor(5) }),
            },
        ],
    }
}

fn sale() -> Sale {
    Sale { lines: vec![line(2, 2)], goods: goods().boxed(), ..plain_sale(1, 2) }
}

/// A part of a kit and one piece come back.
fn back() -> Return {
    let portions = vec![
        Portion { line: 0, what: What::Part { sku: SkuId(0), qty: Qty::units(1) } },
        Portion { line: 0, what: What::Goods(Qty::units(1)) },
    ];
    let pieces = vec![Piece { line: 1, sku: SkuId(1), serial: mark("B-2") }];
    let kits = vec![Kit { line: 1, parts: parts() }];
    Return {
        receipt: None,
        channel: Channel::Till,
        lines: vec![line(0, 1), line(2, 1)],
        disposition: Disposition::Resell,
        tenders: vec![],
        of: Some(Box::new(Of { sale: SALE, portions, void: None, granted: false })),
        redemption: None,
        goods: SoldGoods { kits, pieces, ..SoldGoods::default() }.boxed(),
        unreceipted: None,
        refunds: None,
    }
}

pub(crate) fn records() -> Vec<Record> {
    let unseen = Return { of: None, ..back() };
    let Return { lines, of, .. } = back();
    let pieces = vec![Piece { line: 1, sku: SkuId(1), serial: mark("A-1") }];
    let grant =
        Grant { portions: of.unwrap().portions, lines, tenders: vec![], credits: vec![], pieces, refunds: vec![] };
    let pending = PendingGrant { to: LocationId(2), sale: Seq(900), deadline: Timestamp(99), grant };
    let asked: Box<[_]> = vec![sku_qty(2, 1)].into();
    let order = OrderId::new("W-1").unwrap();
    let third = SoldGoods { pieces: vec![Piece { line: 0, sku: SkuId(1), serial: mark("C-3") }], ..goods() };
    let events = [
        Event::SaleRecorded(sale()),
        Event::Allocated { order, lines: vec![sku_qty(0, 2), sku_qty(1, 1)], freed: vec![], asked: Some(asked) },
        Event::GoodsReturned(back()),
        Event::GoodsReturned(unseen),
        Event::ReturnGranted { command: CommandId(5), pending: Box::new(pending) },
        Event::Exchanged { back: Box::new(back()), sale: Box::new(sale()) },
        Event::SaleRecorded(Sale { goods: third.boxed(), ..sale() }),
    ];
    let here = events.into_iter().zip(2..).map(|(event, n)| record(n, HERE.0, event));
    std::iter::once(record(1, 0, Event::ItemsDefined { items: items(), added: 3 })).chain(here).collect()
}

#[test]
fn they_come_back_and_no_damage_is_a_panic() {
    let mut bytes = Vec::new();
    records().iter().for_each(|record| encode(record, &mut bytes));
    assert_eq!(decode(&bytes).unwrap(), records());
    records().iter().for_each(|record| damage_every_bit(&encoded(record)));
}

#[test]
fn a_snapshot_keeps_terms_pieces_and_what_came_back_apart() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let mut parts = Vec::new();
    state::chain_parts(&world.chain, &mut |part| parts.push((LocationId::CHAIN, part)));
    state::place_parts(&world.places[&HERE], &mut |part| parts.push((HERE, part)));
    let (mut found, mut known) = (World::default(), Vec::new());
    parts.iter().for_each(|(at, part)| state::read_part(*at, part, &mut found, &mut known).unwrap());
    assert_eq!(found.places, world.places);
    assert_eq!(found.chain.items(), world.chain.items());
    assert_eq!(state_hash(&found), state_hash(&world));
    let store = &found.places[&HERE].store;
    // The second came back with what another location was granted, and was sold again with the exchange.
    let sold: Vec<&str> = store.serials.list().map(|(_, serial)| serial.as_str()).collect();
    assert_eq!(sold, ["A-1", "C-3"]);
    let apart = store.given_back[&SALE.seq].lines[&0].apart.as_ref().unwrap();
    assert_eq!((apart.parts[&SkuId(0)], apart.serials.len()), (Qty::units(2), 1));
}

/// A state that differs in one of these has another hash.
#[test]
fn each_of_them_is_part_of_the_state_s_hash() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let differs = |what: &str, change: &dyn Fn(&mut World)| {
        let mut other = world.clone();
        change(&mut other);
        assert_ne!(state_hash(&other), state_hash(&world), "{what}");
    };
    fn store(world: &mut World) -> &mut onhand_engine::store::Store {
        &mut world.places.get_mut(&HERE).unwrap().store
    }
    differs("serials", &|world| store(world).serials.take_back(SkuId(1), &mark("A-1")));
    differs("serials in another order", &|world| store(world).serials.sell(SkuId(1), &mark("A-1")));
    differs("what came back apart", &|world| {
        store(world).given_back.get_mut(&SALE.seq).unwrap().lines.get_mut(&0).unwrap().apart = None;
    });
    let chain_hash = |chain: &Chain| {
        let mut bytes = Vec::new();
        chain.digest(&mut |some| bytes.extend_from_slice(some));
        bytes
    };
    let kit = Terms { edition: 4, ..terms() };
    let changes = [
        Terms { min_age: None, ..kit.clone() },
        Terms { only: None, ..kit.clone() },
        Terms { blocked: None, ..kit.clone() },
        Terms { max_per_order: None, ..kit.clone() },
        Terms { serials: false, ..kit.clone() },
        Terms { lots: false, ..kit.clone() },
        Terms { parts: [Part { worth: Minor(1), ..parts()[0] }].into(), ..kit },
    ];
    for terms in changes {
        let mut other = world.chain.clone();
        let items = vec![Item { terms: Some(Arc::new(terms)), ..item(2) }];
        other.apply(&Event::ItemsDefined { items, added: 0 }, Timestamp(0));
        assert_ne!(chain_hash(&other), chain_hash(&world.chain));
    }
}
