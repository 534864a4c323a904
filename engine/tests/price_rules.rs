//! Rules of prices by hand: what is a price of the shop's own, which book is asked first, how a book is read back,
//! and which promotions and baskets can be taken up.
#![allow(clippy::unwrap_used)]

mod build;
mod random;

use build::{TEA, owner, run, sell, with_tea};
use onhand_engine::account::{AccountKind, Measure, TAKES_MAX, Take, Way};
use onhand_engine::basket::{Ask, Basket, COUPONS_MAX, NamedLine, VoidedLine};
use onhand_engine::command::{Action, Channel, Command, Sell};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, SkuId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::pricing::{PriceBook, PriceRow, Setting, Terms};
use onhand_engine::promotion::{Benefit, Off, Part, Promotion, Scope, Uses};
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::quote::{BasketLine, ByHand, is_at_price};
use onhand_engine::refusal::Refusal;
use onhand_engine::rules::Rules;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRounding};
use onhand_engine::time::{Millis, Period, Timestamp};
use random::{NOW, basket, item, label, location};
use std::ops::Bound;
use std::sync::Arc;

const BEYOND: Minor = Minor(Minor::MAX.0 + 1);

/// A label for 10.04 at 100.00 a kilogram says 0.100 kg: that is what the shop asks, though 0.100 kg make 10.00.
#[test]
fn what_a_label_says_is_the_price_where_its_weight_is_worked_out_from_it() {
    let milli = Qty::from_milli;
    for (amount, unit_price, qty, unit, expected) in [
        (1_000, 10_000, milli(100), Unit::Kilogram, true),
        (1_004, 10_000, milli(100), Unit::Kilogram, true),
        (1_004, 10_000, milli(101), Unit::Kilogram, false),
        (1_006, 10_000, milli(100), Unit::Kilogram, false),
        (1_004, 10_000, milli(100), Unit::Each, false),
        (1_000, 10_000, milli(100), Unit::Each, true),
        (1_200, 400, Qty::units(3), Unit::Each, true),
        (1_201, 400, Qty::units(3), Unit::Each, false),
        (799, 1_299, milli(615), Unit::Kilogram, true),
        (900, 1_299, milli(615), Unit::Kilogram, false),
    ] {
        let found = is_at_price(Minor(amount), Minor(unit_price), qty, unit);
        assert_eq!(found, expected, "{amount} for {qty} at {unit_price}, {unit:?}");
    }
}

fn terms(at: bool, group: bool, channel: bool, from: Option<u64>) -> Terms {
    let period = Period { from: from.map(Timestamp), until: None };
    Terms {
        locations: at.then_some(LocationId(1)).into_iter().collect(),
        groups: group.then(|| label("staff")).into_iter().collect(),
        channels: channel.then_some(Channel::Till).into_iter().collect(),
        period,
        ..Terms::default()
    }
}

fn row(sku: u32, min: i64, price: i64) -> PriceRow {
    PriceRow { sku: SkuId(sku), min_qty: Qty::units(min), price: Minor(price) }
}

fn book(code: &str, currency: Currency, basis: PriceBasis, terms: Terms, rows: Vec<PriceRow>) -> Arc<PriceBook> {
    Arc::new(PriceBook::new(label(code), currency, basis, terms, rows).unwrap())
}

/// Place before group before channel before the later beginning before the code, in whatever order they come.
#[test]
fn books_are_asked_the_one_that_names_more_first() {
    let ranked = [
        ("ALL", terms(true, true, true, None)),
        ("AT_GROUP", terms(true, true, false, Some(9))),
        ("AT_CHANNEL", terms(true, false, true, None)),
        ("AT_LATER", terms(true, false, false, Some(5))),
        ("AT", terms(true, false, false, None)),
        ("GROUP", terms(false, true, false, None)),
        ("CHANNEL", terms(false, false, true, None)),
        ("LATER", terms(false, false, false, Some(7))),
        ("SOONER", terms(false, false, false, Some(6))),
        ("A", terms(false, false, false, None)),
        ("B", terms(false, false, false, None)),
    ];
    let expected: Vec<Label> = ranked.iter().map(|(code, _)| label(code)).collect();
    for turn in 0..ranked.len() {
        let mut rules = Rules::default();
        let mut books = ranked.to_vec();
        books.rotate_left(turn);
        for (code, terms) in books {
            rules.put_book(book(code, Currency::EUR, PriceBasis::TaxInclusive, terms, vec![row(1, 0, 5)]));
        }
        let found: Vec<Label> = rules.books.list().iter().map(|book| book.code.clone()).collect();
        assert_eq!(found, expected);
        rules.remove_book(&label("GROUP"));
        assert_eq!(rules.books.list().len(), ranked.len() - 1);
    }
}

/// A book counts only where its currency and its way of naming prices are the location's.
#[test]
fn a_book_holds_where_its_currency_and_basis_are_those_of_the_place() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let usd = Currency::parse("USD").unwrap();
    let line = BasketLine { item: item(1, 400), qty: Qty::units(1), named: None, taxed: None, discount: None };
    for (currency, basis, terms, price) in [
        (Currency::EUR, PriceBasis::TaxInclusive, Terms::default(), 300),
        (usd, PriceBasis::TaxInclusive, Terms::default(), 400),
        (Currency::EUR, PriceBasis::TaxExclusive, Terms::default(), 400),
        (usd, PriceBasis::TaxExclusive, Terms::default(), 400),
        (Currency::EUR, PriceBasis::TaxInclusive, terms(false, true, false, None), 400),
        (Currency::EUR, PriceBasis::TaxInclusive, terms(true, false, true, None), 300),
    ] {
        let mut rules = Rules::default();
        rules.put_book(book("B", currency, basis, terms, vec![row(1, 0, 300)]));
        let quote = rules.quote(&basket(&place, std::slice::from_ref(&line), &[]), NOW).unwrap();
        assert_eq!(quote.lines[0].unit_price, Minor(price), "{currency:?} {basis:?}");
    }
}

/// A book that is read back in pieces is the book that was written.
#[test]
fn a_book_is_read_back_piece_by_piece() {
    let rows = vec![row(1, 0, 5), row(1, 10, 4), row(2, 0, 7), row(3, 0, 9)];
    let of = |rows| book("B", Currency::EUR, PriceBasis::TaxInclusive, Terms::default(), rows);
    let mut rules = Rules::default();
    rules.put_book(of(rows[..1].to_vec()));
    assert!(rules.extend_book(&label("B"), rows[1..3].to_vec()));
    assert!(rules.extend_book(&label("B"), rows[3..].to_vec()));
    assert!(!rules.extend_book(&label("C"), rows.clone()));
    assert_eq!(rules.books.book(&label("B")), Some(&of(rows)));
    assert_eq!(rules.books.book(&label("C")), None);
}

/// The largest amount is one, and the next is none.
#[test]
fn a_line_may_cost_the_largest_amount() {
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let line =
        |price: i64| BasketLine { item: item(1, price), qty: Qty::units(1), named: None, taxed: None, discount: None };
    let quote = |price| Rules::default().quote(&basket(&place, &[line(price)], &[]), NOW).map(|quote| quote.gross());
    assert_eq!(quote(Minor::MAX.0).unwrap(), Minor::MAX);
    assert_eq!(quote(BEYOND.0).unwrap_err().why, Refusal::BadAmount);
}

fn promotion(benefit: Benefit) -> Promotion {
    let has_no_amounts = matches!(&benefit, Benefit::BuyGet { .. } | Benefit::Each { off: Off::Percent(_), .. });
    Promotion {
        code: label("P"),
        name: "P".into(),
        currency: (!has_no_amounts).then_some(Currency::EUR),
        benefit,
        terms: Terms::default(),
        coupon: None,
        uses: None,
        priority: 0,
        exclusive: false,
    }
}

fn each(off: Off) -> Benefit {
    Benefit::Each { scope: Scope::default(), off }
}

fn amount(amount: i64) -> Off {
    Off::Amount(Minor(amount))
}

fn percent(ppm: u32) -> Off {
    Off::Percent(RatePpm(ppm))
}

fn priced(price: i64) -> Benefit {
    Benefit::Price { scope: Scope::default(), price: Minor(price) }
}

fn buy(buy: u32, get: u32, off: u32) -> Benefit {
    Benefit::BuyGet { scope: Scope::default(), buy, get, off: RatePpm(off) }
}

fn set(parts: usize, units: u32, price: i64) -> Benefit {
    let part = Part { scope: Scope::default(), units };
    Benefit::Set { parts: vec![part; parts], price: Minor(price) }
}

fn spend(at_least: i64, off: Off) -> Benefit {
    Benefit::Spend { scope: Scope::default(), at_least: Minor(at_least), off }
}

/// Nothing in a promotion may make a line negative or mean nothing; the field that does is named.
#[test]
fn a_promotion_that_cannot_be_names_the_field() {
    let (most, beyond) = (Minor::MAX.0, BEYOND.0);
    for benefit in [
        each(percent(1)),
        each(percent(1_000_000)),
        each(amount(1)),
        each(amount(most)),
        priced(0),
        priced(most),
        buy(1, 1, 1),
        buy(1_000, 1_000, 1_000_000),
        set(1, 1, 0),
        set(20, 1_000, most),
        spend(1, amount(1)),
        spend(most, amount(most)),
        spend(1, percent(1_000_000)),
    ] {
        assert_eq!(promotion(benefit.clone()).check(), Ok(()), "{benefit:?}");
    }
    for (benefit, field) in [
        (each(percent(0)), "percent_ppm"),
        (each(percent(1_000_001)), "percent_ppm"),
        (each(amount(0)), "amount"),
        (each(amount(-1)), "amount"),
        (each(amount(beyond)), "amount"),
        (priced(-1), "price"),
        (priced(beyond), "price"),
        (buy(0, 1, 1), "buy"),
        (buy(1_001, 1, 1), "buy"),
        (buy(1, 0, 1), "get"),
        (buy(1, 1_001, 1), "get"),
        (buy(1, 1, 0), "percent_ppm"),
        (set(0, 1, 1), "parts"),
        (set(21, 1, 1), "parts"),
        (set(1, 0, 1), "units"),
        (set(1, 1_001, 1), "units"),
        (set(1, 1, -1), "price"),
        (spend(0, amount(1)), "at_least"),
        (spend(beyond, amount(1)), "at_least"),
        (spend(5, amount(0)), "amount"),
        (spend(5, amount(6)), "amount"),
        (spend(5, percent(0)), "percent_ppm"),
    ] {
        assert_eq!(promotion(benefit.clone()).check().unwrap_err().field, field, "{benefit:?}");
    }
    let sound = promotion(each(amount(1)));
    let period = |from, until| Period { from: Some(Timestamp(from)), until: Some(Timestamp(until)) };
    let coupon = Some(label("SHOWN"));
    let uses = |in_all, per_customer| Some(Uses { in_all, per_customer });
    for (broken, field) in [
        (Promotion { currency: None, ..sound.clone() }, "currency"),
        (Promotion { currency: Some(Currency::EUR), ..promotion(buy(1, 1, 1)) }, "currency"),
        (Promotion { terms: Terms { period: period(5, 5), ..Terms::default() }, ..sound.clone() }, "until"),
        (Promotion { uses: uses(Some(1), None), ..sound.clone() }, "uses"),
        (Promotion { uses: uses(None, None), coupon: coupon.clone(), ..sound.clone() }, "uses"),
        (Promotion { uses: uses(Some(0), None), coupon: coupon.clone(), ..sound.clone() }, "uses"),
        (Promotion { uses: uses(Some(1), Some(0)), coupon: coupon.clone(), ..sound.clone() }, "uses"),
    ] {
        assert_eq!(broken.check().unwrap_err().field, field, "{broken:?}");
    }
    for fine in [
        Promotion { terms: Terms { period: period(5, 6), ..Terms::default() }, ..sound.clone() },
        Promotion { uses: uses(Some(1), None), coupon: coupon.clone(), ..sound.clone() },
        Promotion { uses: uses(None, Some(1)), coupon: coupon.clone(), ..sound.clone() },
    ] {
        assert_eq!(fine.check(), Ok(()), "{fine:?}");
    }
}

/// Whoever sends promotions again under the same id is told when a number in them is another.
#[test]
fn another_number_in_a_promotion_is_another_content() {
    let of = |benefit: &Benefit| {
        let promotions = vec![Arc::new(Promotion { currency: None, ..promotion(benefit.clone()) })];
        let (location, action) = (LocationId::CHAIN, Action::DefinePromotions { promotions });
        Fingerprint::of(&Command { id: CommandId(1), location, channel: Channel::Till, action })
    };
    let all = [
        each(percent(5)),
        each(percent(6)),
        each(amount(5)),
        priced(5),
        priced(6),
        buy(2, 1, 5),
        buy(1, 2, 5),
        buy(2, 1, 6),
        set(1, 2, 5),
        set(1, 3, 5),
        set(1, 2, 6),
        spend(5, percent(5)),
        spend(6, percent(5)),
        spend(5, percent(6)),
        spend(5, amount(5)),
    ];
    for (at, one) in all.iter().enumerate() {
        assert_eq!(of(one), of(one));
        for other in all.iter().skip(at + 1) {
            assert_ne!(of(one).money, of(other).money, "{one:?} {other:?}");
        }
    }
}

/// Promotions are read page by page, by code; those of a coupon are known where they hold.
#[test]
fn promotions_are_found_by_code_and_by_coupon() {
    let mut rules = Rules::default();
    let coupon = |code: &str, coupon: Option<&str>, channels: Vec<Channel>| {
        let terms = Terms { channels, ..Terms::default() };
        Arc::new(Promotion { code: label(code), coupon: coupon.map(label), terms, ..promotion(each(percent(5))) })
    };
    rules.put_promotions([
        coupon("C", Some("SHOWN"), vec![]),
        coupon("A", None, vec![]),
        coupon("D", Some("SHOWN"), vec![Channel::Web]),
        coupon("B", Some("OTHER"), vec![]),
    ]);
    let after =
        |from: Bound<&Label>| -> Vec<String> { rules.promotions.after(from).map(|one| one.code.to_string()).collect() };
    assert_eq!(after(Bound::Unbounded), ["A", "B", "C", "D"]);
    assert_eq!(after(Bound::Excluded(&label("B"))), ["C", "D"]);
    assert_eq!(after(Bound::Included(&label("B"))), ["B", "C", "D"]);
    let place = location(PriceBasis::TaxInclusive, TaxRounding::Line);
    let of = |code: &str, channel| -> Vec<String> {
        let (code, setting) = (label(code), Setting { location: &place, channel, group: None, now: NOW });
        let found: Vec<String> = rules.promotions.of_coupon(&code, &setting).map(|one| one.code.to_string()).collect();
        assert_eq!(rules.promotions.takes(&code, &setting), !found.is_empty());
        found
    };
    assert_eq!(of("SHOWN", Channel::Till), ["C"]);
    assert_eq!(of("SHOWN", Channel::Web), ["C", "D"]);
    assert_eq!(of("OTHER", Channel::Till), ["B"]);
    assert_eq!(of("NONE", Channel::Till), Vec::<String>::new());
}

/// Accounts are named at most so often, each once, and for amounts that can be.
#[test]
fn what_a_sale_takes_from_accounts_has_bounds() {
    let take = |account: usize, amount: i64| {
        let (measure, way, limit) = (Measure::Money(Currency::EUR), Way::Out, Minor::ZERO);
        let (account, amount, worth) = (AccountId(account as u128), Minor(amount), Minor(1));
        Take {
            account,
            kind: AccountKind::GiftCard,
            measure,
            amount,
            worth,
            by_code: true,
            by_customer: false,
            way,
            limit,
        }
    };
    let sold = |takes: Vec<Take>| {
        let action = Action::Sell(Sell { takes: takes.into(), ..sell(&[(TEA, 1)]) });
        run(&mut with_tea(1), 9, Channel::Till, action).map(drop)
    };
    let many = |count| (0..count).map(|no| take(no, 1)).collect();
    assert_eq!(sold(many(TAKES_MAX)), Ok(()));
    assert_eq!(sold(many(TAKES_MAX + 1)), Err(Refusal::TooManyLines { max: TAKES_MAX }));
    assert_eq!(sold(vec![take(1, Minor::MAX.0)]), Ok(()));
    for amount in [0, -1, BEYOND.0] {
        assert_eq!(sold(vec![take(2, 1), take(1, amount)]), Err(Refusal::BadAmount));
    }
    assert_eq!(sold(vec![take(1, 1), take(2, 1), take(1, 1)]), Err(Refusal::WrongAccount { field: "name" }));
}

/// What is put aside, and what is taken out, has quantities and amounts that can be.
#[test]
fn baskets_that_are_put_aside_have_bounds() {
    let line = NamedLine {
        sku: TEA,
        qty: Qty::units(1),
        unit_price: Some(Minor(5)),
        amount: None,
        tax: None,
        price_reason: None,
        discount: None,
    };
    let put_aside = |line: NamedLine, coupons: usize| {
        let basket = Basket {
            lines: vec![line],
            group: None,
            coupons: vec![label("C"); coupons],
            tax_exempt: None,
            customer: None,
            note: None,
            person: None,
        };
        let ask = Ask::Suspend { owner: owner("till 1"), ttl: Millis(60_000), basket: Arc::new(basket), goods: None };
        run(&mut with_tea(1), 9, Channel::Till, Action::Basket { till: TillNo(1), ask }).map(drop)
    };
    assert_eq!(put_aside(line.clone(), COUPONS_MAX), Ok(()));
    assert_eq!(put_aside(line.clone(), COUPONS_MAX + 1), Err(Refusal::TooManyLines { max: COUPONS_MAX }));
    assert_eq!(put_aside(NamedLine { qty: Qty::MAX, ..line.clone() }, 0), Ok(()));
    let off = |off| Some(ByHand { off, reason: label("dented") });
    let more = Qty::from_milli(Qty::MAX.milli() + 1);
    for qty in [Qty::ZERO, Qty::units(-1), more] {
        let refused = Err(Refusal::BadQuantity { sku: TEA });
        assert_eq!(put_aside(NamedLine { qty, ..line.clone() }, 0), refused);
        assert_eq!(voided(qty, Minor(5)), refused);
    }
    assert_eq!(put_aside(NamedLine { amount: Some(Minor::MAX), discount: off(amount(5)), ..line.clone() }, 0), Ok(()));
    for bad in [Minor(-1), BEYOND] {
        assert_eq!(put_aside(NamedLine { unit_price: Some(bad), ..line.clone() }, 0), Err(Refusal::BadAmount));
        assert_eq!(put_aside(NamedLine { amount: Some(bad), ..line.clone() }, 0), Err(Refusal::BadAmount));
        let discount = off(Off::Amount(bad));
        assert_eq!(put_aside(NamedLine { discount, ..line.clone() }, 0), Err(Refusal::BadAmount));
        assert_eq!(voided(Qty::units(1), bad), Err(Refusal::BadAmount));
    }
    assert_eq!(voided(Qty::MAX, Minor::MAX), Ok(()));
    assert_eq!(voided(Qty::units(1), Minor::ZERO), Ok(()));
}

fn voided(qty: Qty, amount: Minor) -> Result<(), Refusal> {
    let line = VoidedLine { sku: TEA, qty, amount, reason: label("mistyped"), person: None };
    let ask = Ask::VoidLine { line, reservation: None };
    run(&mut with_tea(1), 9, Channel::Till, Action::Basket { till: TillNo(1), ask }).map(drop)
}
