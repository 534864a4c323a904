//! Price books, promotions, dated rates and priced sales: what is written comes back, from the log and
//! from a snapshot.

use crate::samples::{damage_every_bit, encoded, line, location, plain_sale, record};
use onhand_engine::catalogue::Location;
use onhand_engine::command::{Channel, Disposition};
use onhand_engine::date::Weekday;
use onhand_engine::event::{Event, Record, Return, Sale};
use onhand_engine::ids::{Label, LocationId, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{Hours, LocalPeriod, PriceBook, PriceRow, Terms};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope, Uses};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Discount, Discounts, LinePricing, Override, Pricing, Why};
use onhand_engine::rules::RulesVersion;
use onhand_engine::tax::{DatedRate, PriceBasis, RatePpm};
use onhand_engine::time::{Period, Timestamp};
use onhand_engine::world::World;
use onhand_engine::zone::{Change, Wall, Zone};
use onhand_persistence::format::{decode, encode, frames, state};
use onhand_persistence::state_hash;
use std::sync::Arc;

/// More than one part of a snapshot takes.
const ROWS: u32 = 70_000;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn terms() -> Terms {
    Terms {
        channels: vec![Channel::Web, Channel::Marketplace],
        locations: vec![LocationId(1), LocationId(7)],
        groups: vec![label("staff")],
        period: Period { from: Some(Timestamp(5)), until: None },
        local: LocalPeriod { from: None, until: Some(Wall(1_800_000_000_000)) },
        hours: Some(
            [
                Hours::new(&[Weekday::Friday, Weekday::Sunday], 1_020, 1_440).unwrap(),
                Hours::new(&Weekday::ALL, 1_439, 0).unwrap(),
            ]
            .into(),
        ),
    }
}

fn book(code: &str, rows: u32) -> Arc<PriceBook> {
    let row = |sku| PriceRow { sku: SkuId(sku), min_qty: Qty::units(i64::from(sku % 3)), price: Minor(i64::from(sku)) };
    let rows = (0..rows).map(row).collect();
    Arc::new(PriceBook::new(label(code), Currency::EUR, PriceBasis::TaxExclusive, terms(), rows).unwrap())
}

fn promotions() -> Vec<Arc<Promotion>> {
    let scope = || Scope { skus: vec![SkuId(4), SkuId(9)], categories: vec!["Tea".into()], except: vec![SkuId(5)] };
    let parts = vec![Part { scope: scope(), units: 2 }, Part { scope: Scope::default(), units: 1 }];
    let benefits = [
        Benefit::Each { scope: scope(), off: Off::Percent(RatePpm(125_000)) },
        Benefit::Each { scope: scope(), off: Off::Amount(Minor(50)) },
        Benefit::Price { scope: scope(), price: Minor(199) },
        Benefit::BuyGet { scope: scope(), buy: 2, get: 1, off: RatePpm(1_000_000) },
        Benefit::Set { parts, price: Minor(1_000) },
        Benefit::Spend { scope: Scope::default(), at_least: Minor(5_000), off: Off::Amount(Minor(500)) },
    ];
    let promotion = |(no, benefit): (usize, Benefit)| {
        Arc::new(Promotion {
            code: label(&format!("P{no}")),
            name: "Teewoche, grün".into(),
            benefit,
            currency: (no % 2 == 0).then_some(Currency::EUR),
            terms: terms(),
            coupon: (no == 1).then(|| label("SAVE")),
            uses: (no == 1).then_some(Uses { in_all: Some(u32::MAX), per_customer: None }),
            priority: 7,
            exclusive: no == 2,
        })
    };
    benefits.into_iter().enumerate().map(promotion).collect()
}

fn priced_sale() -> Sale {
    let discount = |why, amount| Discount { why, amount: Minor(amount) };
    let lines = vec![
        LinePricing {
            discounts: vec![discount(Why::Promotion(label("P4")), 200), discount(Why::Person(label("dented")), 50)]
                .into(),
            overridden: None,
        },
        LinePricing {
            discounts: Discounts::new(),
            overridden: Some(Override { list_price: Some(Minor(1_210)), reason: Some(label("friend")) }),
        },
        LinePricing {
            discounts: Discounts::new(),
            overridden: Some(Override { list_price: Some(Minor(7)), reason: None }),
        },
    ];
    let pricing = Pricing { version: RulesVersion(9), hash: u64::MAX, exempt: Some(label("CERT-7")), lines };
    Sale { lines: vec![line(4, 1), line(5, 1), line(6, 1)], pricing: Some(Arc::new(pricing)), ..plain_sale(1, 4) }
}

/// As most sales with promotions are: nobody named a price.
fn promoted_sale() -> Sale {
    let off = |why, amount| Discount { why, amount: Minor(amount) };
    let line_of = |discounts: Vec<Discount>| LinePricing { discounts: discounts.into(), overridden: None };
    let (spring, dented) = (Why::Promotion(label("SPRING")), Why::Person(label("SPRING")));
    let lines =
        vec![line_of(vec![off(spring.clone(), 200), off(dented, 50)]), line_of(vec![]), line_of(vec![off(spring, 1)])];
    let pricing = Pricing { version: RulesVersion(9), hash: u64::MAX, exempt: None, lines };
    Sale { pricing: Some(Arc::new(pricing)), ..priced_sale() }
}

/// The same, in the ways in which it needs the wide form.
fn promoted_in_wide_forms() -> [Sale; 3] {
    let with = |change: &dyn Fn(&mut Pricing)| {
        let mut sale = promoted_sale();
        sale.pricing.iter_mut().for_each(|pricing| change(Arc::make_mut(pricing)));
        sale
    };
    [
        with(&|pricing| pricing.exempt = Some(label("CERT-7"))),
        with(&|pricing| pricing.lines[1].overridden = Some(Override { list_price: None, reason: None })),
        with(&|pricing| pricing.lines[2].discounts[0].amount = Minor(1 << 40)),
    ]
}

fn dated() -> Event {
    let mut place = location(1);
    let rate = |channel, until| DatedRate {
        class: label("food"),
        channel,
        period: Period { from: None, until },
        parts: vec![RatePpm(50_000), RatePpm(10_000)],
    };
    place.tax.dated = vec![rate(None, Some(Timestamp(99))), rate(Some(Channel::Web), None)];
    Event::LocationDefined { location: place }
}

fn zoned() -> Event {
    let change = |at, offset_min| Change { at: Timestamp(at), offset_min };
    let zone = Zone::new("America/New_York", -300, vec![change(7, -240), change(u64::MAX, -300)], Timestamp(9));
    let Event::LocationDefined { location } = dated() else { panic!("a location") };
    Event::LocationDefined { location: Location { zone: Some(Arc::new(zone.unwrap())), ..location } }
}

fn records() -> Vec<Record> {
    records_with(ROWS)
}

/// Every kind, with a book of so many rows.
pub(crate) fn records_with(rows: u32) -> Vec<Record> {
    let chain = [
        dated(),
        zoned(),
        Event::PriceBookDefined { book: book("BASE", rows) },
        Event::PriceBookDefined { book: book("GONE", 3) },
        Event::PriceBookEnded { book: label("GONE") },
        Event::PromotionsDefined { promotions: promotions(), added: 6 },
        Event::PromotionEnded { promotion: label("P0") },
    ];
    let chain = chain.into_iter().zip(1..).map(|(event, n)| record(n, 0, event));
    let back = Return {
        receipt: None,
        channel: Channel::Till,
        lines: vec![line(4, 1)],
        disposition: Disposition::Resell,
        tenders: vec![],
        of: None,
        redemption: None,
        goods: None,
        unreceipted: None,
        refunds: None,
    };
    let exchanged = Event::Exchanged { back: Box::new(back), sale: Box::new(priced_sale()) };
    let sales = [record(8, 1, Event::SaleRecorded(priced_sale())), record(9, 1, exchanged)];
    let promoted = std::iter::once(promoted_sale()).chain(promoted_in_wide_forms());
    let promoted = (10..).zip(promoted).map(|(n, sale)| record(n, 1, Event::SaleRecorded(sale)));
    chain.chain(sales).chain(promoted).collect()
}

#[test]
fn what_promotions_took_off_takes_little_room_and_leaves_none_behind() {
    let length = |sale: &Sale| {
        let mut bytes = Vec::new();
        encode(&record(1, 1, Event::SaleRecorded(sale.clone())), &mut bytes);
        bytes.len()
    };
    let bare = Sale { pricing: None, ..promoted_sale() };
    assert!(length(&promoted_sale()) < length(&bare) + 100, "{} and {}", length(&promoted_sale()), length(&bare));
    // In the place of a sale with other prices, and of one with none.
    let mut bytes = Vec::new();
    let sales: Vec<Sale> = [promoted_sale(), bare.clone(), promoted_sale(), bare].into();
    sales.iter().zip(1..).for_each(|(sale, n)| encode(&record(n, 1, Event::SaleRecorded(sale.clone())), &mut bytes));
    let mut room = record(0, 1, Event::SaleRecorded(priced_sale()));
    for (frame, sale) in frames(&bytes).zip(sales) {
        frame.unwrap().read_into(&mut room).unwrap();
        assert_eq!(room.event, Event::SaleRecorded(sale));
    }
}

#[test]
fn every_kind_comes_back() {
    let records = records();
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes));
    assert_eq!(decode(&bytes).unwrap(), records);
}

#[test]
fn a_plain_sale_takes_the_place_of_a_priced_one_whole() {
    let plain = record(8, 1, Event::SaleRecorded(plain_sale(2, 4)));
    let mut read = decode(&encoded(&record(7, 1, Event::SaleRecorded(priced_sale())))).unwrap().remove(0);
    let bytes = encoded(&plain);
    frames(&bytes).next().unwrap().unwrap().read_into(&mut read).unwrap();
    assert_eq!(read, plain);
}

#[test]
fn no_bit_makes_it_panic() {
    let small = records().into_iter().filter(|record| !matches!(record.event, Event::PriceBookDefined { .. }));
    for record in small.chain([record(9, 0, Event::PriceBookDefined { book: book("B", 3) })]) {
        let bytes = encoded(&record);
        damage_every_bit(&bytes);
    }
}

#[test]
fn a_snapshot_keeps_the_rules_and_their_version() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let mut parts = Vec::new();
    state::chain_parts(&world.chain, &mut |part| parts.push((LocationId::CHAIN, part)));
    for (location, place) in &world.places {
        state::place_parts(place, &mut |part| parts.push((*location, part)));
    }
    let (mut found, mut known) = (World::default(), Vec::new());
    for (location, part) in &parts {
        state::read_part(*location, part, &mut found, &mut known).unwrap();
    }
    assert_eq!(state_hash(&found), state_hash(&world));
    let (rules, kept) = (found.chain.rules(), world.chain.rules());
    assert_eq!((rules.version, rules.has_dated_rates), (kept.version, true));
    assert_eq!(rules.version, RulesVersion(7));
    assert_eq!(rules.books.list(), kept.books.list());
    assert!(rules.promotions.list().eq(kept.promotions.list()));
    assert_eq!(found.chain.locations(), world.chain.locations());
}
