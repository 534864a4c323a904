//! The chain: codes keep their numbers, keys stay revoked.
#![allow(clippy::unwrap_used)]

use onhand_engine::answer::Answer;
use onhand_engine::catalogue::{Item, Key, KeyId, Location, LocationKind, Role};
use onhand_engine::chain::Chain;
use onhand_engine::command::{Action, Channel};
use onhand_engine::date::Weekday;
use onhand_engine::event::Event;
use onhand_engine::goods::{self, Part};
use onhand_engine::ids::{Label, LocationCode, LocationId, ReservationId, SkuCode, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{Hours, LocalPeriod, PriceBook, PriceRow, Terms};
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::unreceipted::{Limits, Most, PerCustomer};
use onhand_engine::scan::Layout;
use onhand_engine::tax::{PriceBasis, TaxRules};
use onhand_engine::time::{Period, Timestamp};
use onhand_engine::zone::{Change, Wall, Zone};
use std::sync::Arc;

fn item(code: &str, price: i64) -> Item {
    Item {
        sku: SkuId(999),
        code: SkuCode::new(code).unwrap(),
        name: code.into(),
        gtins: vec![],
        unit: Unit::Each,
        tax_class: Label::new("standard").unwrap(),
        price: Some(Minor(price)),
        category: "".into(),
        terms: None,
        unit_cost: None,
    }
}

fn location(code: &str, name: &str) -> Location {
    Location {
        id: LocationId(999),
        code: LocationCode::new(code).unwrap(),
        name: name.into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules::default(),
        zone: None,
    }
}

fn key(id: u64) -> Key {
    let holder = Label::new("till 1").unwrap();
    Key { id: KeyId(id), role: Role::Till, holder, secret_hash: [7; 32], created: Timestamp(1), revoked: None }
}

fn run(chain: &mut Chain, now: u64, action: Action) -> Result<Event, Refusal> {
    let event = chain.decide(&action)?;
    chain.apply(&event, Timestamp(now));
    Ok(event)
}

fn bytes(chain: &Chain) -> Vec<u8> {
    let mut all = Vec::new();
    chain.digest(&mut |bytes| all.extend_from_slice(bytes));
    all
}

#[test]
fn items_keep_their_numbers() {
    let mut chain = Chain::default();
    let define = |items: &[(&str, i64)]| Action::DefineItems {
        items: items.iter().map(|(code, price)| item(code, *price)).collect(),
    };
    let added = |event: Event| match event {
        Event::ItemsDefined { items, added } => (items.iter().map(|item| item.sku.0).collect::<Vec<_>>(), added),
        other => panic!("{other:?}"),
    };
    let first = run(&mut chain, 1, define(&[("TEA", 1), ("CUP", 2), ("TEA", 3)])).unwrap();
    assert_eq!(added(first), (vec![0, 1], 2));
    let second = run(&mut chain, 2, define(&[("MUG", 4), ("CUP", 5), ("POT", 6)])).unwrap();
    assert_eq!(second.answer(), Answer::ItemsDefined { added: 2, changed: 1 });
    assert_eq!(added(second), (vec![2, 1, 3], 2));
    let prices: Vec<_> = chain.items().iter().map(|item| item.price.unwrap().0).collect();
    assert_eq!(prices, [3, 5, 4, 6]);
    for (at, item) in chain.items().iter().enumerate() {
        assert_eq!(chain.item_by_code(&item.code), Some(item.sku));
        assert_eq!((item.sku.index(), chain.item(item.sku)), (at, Some(item)));
    }
    assert_eq!(chain.item(SkuId(4)), None);
}

/// Parts are named by their places in the request, before or after the kit, new or known.
#[test]
fn a_kit_and_its_parts_are_defined_together() {
    let mut chain = Chain::default();
    run(&mut chain, 1, Action::DefineItems { items: vec![item("TEA", 100)] }).unwrap();
    let part = |sku| Part { sku, qty: Qty::units(2), worth: Minor::ZERO };
    let kit = |parts: &[SkuId]| {
        let terms = goods::Terms { parts: parts.iter().copied().map(part).collect(), ..goods::Terms::default() };
        Item { terms: Some(Arc::new(terms)), ..item("GIFT", 500) }
    };
    let gift = kit(&[SkuId::in_request(2), SkuId::in_request(1), SkuId::in_request(3)]);
    let items = vec![gift, item("MUG", 7), item("TEA", 90), item("CUP", 4), item("CUP", 5)];
    run(&mut chain, 2, Action::DefineItems { items }).unwrap();
    let parts = |chain: &Chain| -> Vec<(u32, i64)> {
        let terms = chain.item(SkuId(1)).unwrap().terms.clone().unwrap();
        terms.parts.iter().map(|part| (part.sku.0, part.worth.0)).collect()
    };
    assert_eq!(parts(&chain), [(0, 180), (2, 14), (3, 10)]);
    let before = bytes(&chain);
    for (wrong, number) in [(&[5][..], 1003), (&[0], 2030), (&[1, 1], 2030)] {
        let parts: Vec<SkuId> = wrong.iter().map(|at| SkuId::in_request(*at)).collect();
        let items = vec![kit(&parts), item("POT", 1)];
        assert_eq!(run(&mut chain, 3, Action::DefineItems { items }).unwrap_err().number(), number);
    }
    assert_eq!(bytes(&chain), before);
}

#[test]
fn locations_are_numbered_from_one() {
    let mut chain = Chain::default();
    for (code, name, id) in [("S1", "North", 1), ("WEB", "Warehouse", 2), ("S1", "North Gate", 1)] {
        let event = run(&mut chain, 1, Action::DefineLocation { location: location(code, name) }).unwrap();
        assert!(matches!(event, Event::LocationDefined { location } if location.id == LocationId(id)));
        assert_eq!(chain.location_by_code(&LocationCode::new(code).unwrap()), Some(LocationId(id)));
    }
    assert_eq!(chain.locations().len(), 2);
    assert_eq!(&*chain.location(LocationId(1)).unwrap().name, "North Gate");
    assert_eq!(chain.location(LocationId::CHAIN), None);
    assert_eq!(chain.location(LocationId(3)), None);
}

#[test]
fn a_revoked_key_stays_revoked() {
    let mut chain = Chain::default();
    assert_eq!(run(&mut chain, 1, Action::RevokeKey { key: KeyId(1) }), Err(Refusal::UnknownKey));
    run(&mut chain, 1, Action::CreateKey { key: key(1) }).unwrap();
    run(&mut chain, 5, Action::RevokeKey { key: KeyId(1) }).unwrap();
    run(&mut chain, 9, Action::RevokeKey { key: KeyId(1) }).unwrap();
    assert_eq!(chain.keys[&KeyId(1)].revoked, Some(Timestamp(5)));
    assert_eq!(run(&mut chain, 9, Action::CreateKey { key: key(1) }).unwrap_err().number(), 1008);
    assert_eq!(chain.keys[&KeyId(1)].revoked, Some(Timestamp(5)));
}

#[test]
fn layouts_belong_to_locations_that_there_are_and_replace_each_other() {
    let mut chain = Chain::default();
    let layouts = |texts: &[&str]| texts.iter().map(|text| Layout::parse(text).unwrap()).collect::<Vec<_>>();
    let set = |texts: &[&str]| Action::SetLabels { location: LocationId(1), layouts: layouts(texts) };
    assert_eq!(run(&mut chain, 1, set(&["20IIIIIVPPPPC"])), Err(Refusal::UnknownLocation));
    run(&mut chain, 1, Action::DefineLocation { location: location("S1", "North") }).unwrap();
    let before = bytes(&chain);
    let event = run(&mut chain, 1, set(&["20IIIIIVPPPPC", "28IIIIVWWWWWC"])).unwrap();
    assert_eq!(event.answer(), Answer::LabelsSet);
    let first = bytes(&chain);
    assert_ne!(first, before);
    run(&mut chain, 2, set(&["28IIIIVWWWWWC"])).unwrap();
    assert_eq!(*chain.labels()[&LocationId(1)], *layouts(&["28IIIIVWWWWWC"]));
    assert_ne!(bytes(&chain), first);
    // Defining the location again leaves them as they are; none at all is as if there never were any.
    run(&mut chain, 3, Action::DefineLocation { location: location("S1", "North") }).unwrap();
    assert_eq!(chain.labels().len(), 1);
    run(&mut chain, 4, set(&[])).unwrap();
    assert_eq!(bytes(&chain), before);
}

#[test]
fn a_location_s_command_is_not_the_chain_s() {
    let action = Action::Release { reservation: ReservationId(1) };
    assert_eq!(Chain::default().decide(&action), Err(Refusal::UnknownLocation));
}

#[test]
fn the_digest_tells_states_apart_and_no_clocks() {
    let with = |now: u64, actions: &[Action]| {
        let mut chain = Chain::default();
        actions.iter().for_each(|action| drop(run(&mut chain, now, action.clone()).unwrap()));
        bytes(&chain)
    };
    let (create, revoke) = (Action::CreateKey { key: key(1) }, Action::RevokeKey { key: KeyId(1) });
    let states = [
        with(1, &[]),
        with(1, &[Action::DefineItems { items: vec![item("TEA", 1)] }]),
        with(1, &[Action::DefineItems { items: vec![item("TEA", 2)] }]),
        with(1, &[Action::DefineItems { items: vec![Item { unit: Unit::Litre, ..item("TEA", 1) }] }]),
        with(1, &[Action::DefineLocation { location: location("S1", "North") }]),
        with(1, &[Action::DefineLocation { location: location("S1", "South") }]),
        with(1, std::slice::from_ref(&create)),
        with(1, &[create.clone(), revoke.clone()]),
    ];
    for (at, one) in states.iter().enumerate() {
        states[at + 1..].iter().for_each(|other| assert_ne!(one, other));
    }
    assert_eq!(states[7], with(2, &[create, revoke]));
}

/// Whom rules are for, where and when, is part of them; so is the clock of a location, and what limits returns there.
#[test]
fn the_digest_tells_rules_apart() {
    let of = |event: Event| {
        let mut chain = Chain::default();
        chain.apply(&event, Timestamp(1));
        bytes(&chain)
    };
    let label = |text: &str| Label::new(text).unwrap();
    let book = |terms: Terms| {
        let rows = vec![PriceRow { sku: SkuId(1), min_qty: Qty::ZERO, price: Minor(5) }];
        let book = PriceBook::new(label("B"), Currency::EUR, PriceBasis::TaxInclusive, terms, rows).unwrap();
        of(Event::PriceBookDefined { book: Arc::new(book) })
    };
    let hours = |from| Some([Hours::new(&[Weekday::Friday], from, 1_200).unwrap()].into());
    let (first, second) = (Some(Timestamp(1)), Some(Timestamp(2)));
    let (wall, later) = (Some(Wall(1)), Some(Wall(2)));
    let zone = |name, offset_min, changes: &[(u64, i16)], known_until| {
        let change = |(at, offset_min): &(u64, i16)| Change { at: Timestamp(*at), offset_min: *offset_min };
        let changes = changes.iter().map(change).collect();
        let zone = Some(Arc::new(Zone::new(name, offset_min, changes, Timestamp(known_until)).unwrap()));
        of(Event::LocationDefined { location: Location { zone, id: LocationId(0), ..location("S1", "North") } })
    };
    let limited = |at, limits| of(Event::ReturnLimitsSet { at, limits: Some(limits) });
    let here = |limits| limited(LocationId(1), limits);
    let most = |amount, returns| Most { amount, returns };
    let customer = |days, most| Limits { per_customer: Some(PerCustomer { days, most }), ..Limits::default() };
    let nobody = Limits::default();
    let states = [
        book(Terms::default()),
        book(Terms { channels: vec![Channel::Till], ..Terms::default() }),
        book(Terms { channels: vec![Channel::Web], ..Terms::default() }),
        book(Terms { locations: vec![LocationId(1)], ..Terms::default() }),
        book(Terms { locations: vec![LocationId(2)], ..Terms::default() }),
        book(Terms { groups: vec![label("staff")], ..Terms::default() }),
        book(Terms { groups: vec![label("club")], ..Terms::default() }),
        book(Terms { period: Period { from: first, until: None }, ..Terms::default() }),
        book(Terms { period: Period { from: None, until: first }, ..Terms::default() }),
        book(Terms { period: Period { from: first, until: second }, ..Terms::default() }),
        book(Terms { local: LocalPeriod { from: wall, until: None }, ..Terms::default() }),
        book(Terms { local: LocalPeriod { from: None, until: wall }, ..Terms::default() }),
        book(Terms { local: LocalPeriod { from: wall, until: later }, ..Terms::default() }),
        book(Terms { hours: hours(600), ..Terms::default() }),
        book(Terms { hours: hours(601), ..Terms::default() }),
        zone("A/B", 0, &[], 9),
        zone("A/C", 0, &[], 9),
        zone("A/B", 60, &[], 9),
        zone("A/B", 0, &[], 8),
        zone("A/B", 0, &[(5, 60)], 9),
        zone("A/B", 0, &[(6, 60)], 9),
        zone("A/B", 0, &[(5, 120)], 9),
        limited(LocationId::CHAIN, nobody),
        here(nobody),
        here(Limits { can_be_lifted: true, ..nobody }),
        here(Limits { amount_max: Some(Minor(0)), ..nobody }),
        here(Limits { amount_max: Some(Minor(5)), ..nobody }),
        here(Limits { per_day: most(Some(Minor(5)), None), ..nobody }),
        here(Limits { per_day: most(None, Some(5)), ..nobody }),
        here(customer(7, most(None, None))),
        here(customer(8, most(None, None))),
        here(customer(7, most(Some(Minor(5)), None))),
        here(customer(7, most(None, Some(5)))),
    ];
    for (at, one) in states.iter().enumerate() {
        for (later, other) in states.iter().enumerate().skip(at + 1) {
            assert_ne!(one, other, "{at} and {later}");
        }
    }
}

#[test]
fn an_item_knows_which_quantities_fit() {
    let (each, kilo) = (item("CUP", 1), Item { unit: Unit::Kilogram, ..item("HAM", 1) });
    for (milli, of_each, of_kilo) in [
        (1_000, true, true),
        (1, false, true),
        (0, false, false),
        (-1_000, false, false),
        (Qty::MAX.milli() + 1_000, false, false),
    ] {
        let qty = Qty::from_milli(milli);
        assert_eq!((each.check_qty(qty).is_ok(), kilo.check_qty(qty).is_ok()), (of_each, of_kilo), "{qty}");
    }
    assert_eq!(each.check_qty(Qty::ZERO), Err(Refusal::BadQuantity { sku: SkuId(999) }));
}

#[test]
fn roles_have_names() {
    for role in Role::ALL {
        assert_eq!(Role::named(role.name()), Some(role));
    }
    assert_eq!(Role::named("root"), None);
}
