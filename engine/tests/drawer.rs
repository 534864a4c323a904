//! Till sessions as properties of random days, named by their acceptance numbers.
#![allow(clippy::unwrap_used)]

mod build;

use build::{TEA, number, run, sell, with_tea};
use onhand_engine::answer::Answer;
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{Action, Channel, Disposition, Said, SaleLine, Sell, Standing, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::journal::JournalLine;
use onhand_engine::drawer::report::{Count, Counted, Denomination, Report};
use onhand_engine::drawer::rules::{Account, DrawerRules};
use onhand_engine::drawer::{Ask, Happening, Movement, Told};
use onhand_engine::event::Event;
use onhand_engine::ids::{Label, Owner, SessionNo, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::tax::{PriceBasis, RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;
use proptest::prelude::*;
use std::collections::BTreeMap;

const TILL: TillNo = TillNo(1);

fn ask(place: &mut PlaceState, ask: Ask) -> Result<Event, onhand_engine::refusal::Refusal> {
    run(place, 2, Channel::Till, Action::Drawer { till: TILL, ask })
}

fn open(place: &mut PlaceState, float: i64) {
    let business_day = Date::parse("2026-01-31").unwrap();
    ask(place, Ask::Open { business_day: business_day.into(), float: Minor(float), basis: PriceBasis::TaxInclusive })
        .unwrap();
}

fn close(place: &mut PlaceState, counts: Vec<Count>) -> (Report, Vec<JournalLine>) {
    match ask(place, Ask::Close { session: None, counts, pending: 0 }).unwrap() {
        Event::Drawer { happening: Happening::SessionClosed { z, journal }, .. } => (*z, journal),
        other => panic!("not closed: {other:?}"),
    }
}

fn x(place: &mut PlaceState) -> Report {
    let action = Action::Drawer { till: TILL, ask: Ask::Read };
    match build::run_at(place, 3, Channel::Till, action, Timestamp(1)).unwrap() {
        Decision::Already(Answer::Drawer(Told::Read(x))) => *x,
        other => panic!("no X: {other:?}"),
    }
}

fn cash_count(amount: i64) -> Count {
    Count { kind: TenderKind::Cash, counted: Counted::Amount(Minor(amount)), reason: None }
}

fn tender(kind: TenderKind, amount: i64) -> Tender {
    Tender { kind, amount: Minor(amount) }
}

fn line(gross: i64, rate_ppm: u32) -> SaleLine {
    let tax = gross * i64::from(rate_ppm) / (1_000_000 + i64::from(rate_ppm));
    let taxed = Taxed { net: Minor(gross - tax), tax: Minor(tax), rate: RatePpm(rate_ppm) };
    SaleLine { sku: TEA, qty: Qty::units(1), unit_price: Minor(gross), taxed, unit_cost: cost(gross) }
}

/// What goods of that price had cost; of every third nobody knows.
fn cost(gross: i64) -> Option<Minor> {
    (gross % 3 != 0).then_some(Minor(gross / 2))
}

fn sale(lines: Vec<SaleLine>, tenders: Vec<Tender>) -> Sell {
    Sell { till: Some(TILL), lines, tenders, ..sell(&[]) }
}

fn fact(sell: Sell, session: Option<SessionNo>) -> Action {
    Action::Sell(Sell { standing: Standing::Fact, session, ..sell })
}

fn refund(lines: Vec<SaleLine>, tenders: Vec<Tender>) -> Action {
    refund_to(lines, tenders, Disposition::Resell)
}

fn refund_to(lines: Vec<SaleLine>, tenders: Vec<Tender>, disposition: Disposition) -> Action {
    let (till, currency, said) = (Some(TILL), Currency::EUR, Said::default());
    Action::Return {
        till,
        currency,
        lines,
        said,
        disposition,
        tenders,
        accounts: Box::default(),
        of: None,
        goods: None,
        unreceipted: None,
    }
}

fn nearest(step: u32, tie: Tie) -> RoundingRule {
    RoundingRule { step, direction: Direction::Nearest, tie }
}

fn rounding_by(place: &mut PlaceState, due: RoundingRule, change: RoundingRule) {
    let rules = DrawerRules { rounding: Some(CashRounding { due, change }), accounts: BTreeMap::new() };
    run(place, 4, Channel::Till, Action::SetDrawerRules { rules: Box::new(rules) }).unwrap();
}

fn sum(journal: &[JournalLine], account: Account) -> i64 {
    journal.iter().filter(|line| line.account == account).map(|line| line.amount.0).sum()
}

/// What somebody does at a till.
#[derive(Clone, Debug)]
enum Deed {
    /// Sold: lines of gross and rate, how much of it by card, how much cash is handed over above what is due.
    Sold {
        lines: Vec<(i64, u32)>,
        by_card: i64,
        handed_over: i64,
        late: bool,
    },
    /// As it was said to be, whatever the tenders come to.
    Fact {
        gross: i64,
        rate: u32,
        kind: usize,
        amount: i64,
        late: bool,
    },
    Returned {
        gross: i64,
        rate: u32,
        kind: usize,
        to: Disposition,
    },
    Moved(usize, i64),
    NoSale,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let rate = || prop::sample::select(vec![0, 70_000, 210_000, 99_750]);
    let sold = (prop::collection::vec((1_i64..100_000, rate()), 1..4), 0_i64..50_000, 0_i64..10_000, any::<bool>())
        .prop_map(|(lines, by_card, handed_over, late)| Deed::Sold { lines, by_card, handed_over, late });
    let fact = (1_i64..100_000, rate(), 0_usize..8, -1_000_i64..100_000, any::<bool>())
        .prop_map(|(gross, rate, kind, amount, late)| Deed::Fact { gross, rate, kind, amount, late });
    let returned = (1_i64..100_000, rate(), 0_usize..7, prop::sample::select(Disposition::ALL.to_vec()))
        .prop_map(|(gross, rate, kind, to)| Deed::Returned { gross, rate, kind, to });
    let moved = (0_usize..3, 1_i64..100_000).prop_map(|(way, amount)| Deed::Moved(way, amount));
    prop::collection::vec(prop_oneof![4 => sold, 2 => fact, 2 => returned, 2 => moved, 1 => Just(Deed::NoSale)], 0..40)
}

fn kind(index: usize) -> TenderKind {
    TenderKind::MONEY.get(index).copied().unwrap_or(TenderKind::CashRounding)
}

/// Does it, and says what it should have brought into the drawer.
fn does(place: &mut PlaceState, deed: &Deed) -> i64 {
    let (change_of, due_of) = (nearest(5, Tie::Up), nearest(5, Tie::Down));
    match deed {
        Deed::Sold { lines, by_card, handed_over, late } => {
            let lines: Vec<SaleLine> = lines.iter().map(|(gross, rate)| line(*gross, *rate)).collect();
            let due: i64 = lines.iter().map(|line| line.taxed.gross().0).sum();
            let by_card = (*by_card).min(due);
            let in_cash = due - by_card;
            let mut tenders = vec![tender(TenderKind::Card, by_card)];
            let mut left = 0;
            if in_cash > 0 && *handed_over > 0 {
                let change = change_of.round(Minor(*handed_over)).0;
                left = in_cash + handed_over - change;
                tenders.push(tender(TenderKind::Cash, in_cash + handed_over));
                tenders.push(tender(TenderKind::Cash, -change));
            } else if due_of.round(Minor(in_cash)).0 > 0 {
                left = due_of.round(Minor(in_cash)).0;
                tenders.push(tender(TenderKind::Cash, left));
            } else if in_cash > 0 {
                left = in_cash;
                tenders.push(tender(TenderKind::Cash, in_cash));
            }
            let sold = sale(lines, tenders);
            if *late {
                run(place, 5, Channel::Till, fact(sold, Some(SessionNo(1)))).unwrap();
                return 0;
            }
            run(place, 5, Channel::Till, Action::Sell(sold)).unwrap();
            left
        }
        Deed::Fact { gross, rate, kind: index, amount, late } => {
            let sold = sale(vec![line(*gross, *rate)], vec![tender(kind(*index), *amount)]);
            run(place, 6, Channel::Web, fact(sold, late.then_some(SessionNo(1)))).unwrap();
            if *late || kind(*index) != TenderKind::Cash { 0 } else { *amount }
        }
        Deed::Returned { gross, rate, kind: index, to } => {
            let given = vec![tender(kind(*index), *gross)];
            run(place, 7, Channel::Till, refund_to(vec![line(*gross, *rate)], given, *to)).unwrap();
            if kind(*index) == TenderKind::Cash { -gross } else { 0 }
        }
        Deed::Moved(way, amount) => {
            let movement = [Movement::PaidIn, Movement::PaidOut, Movement::Drop][*way];
            let (reason, person) = (Label::new("because").unwrap(), Owner::new("ann").unwrap());
            ask(place, Ask::Move { movement, amount: Minor(*amount), reason, person }).unwrap();
            if movement == Movement::PaidIn { *amount } else { -amount }
        }
        Deed::NoSale => {
            ask(place, Ask::NoSale { reason: Label::new("because").unwrap() }).unwrap();
            0
        }
    }
}

/// What the goods of some deeds had cost: on which accounts that is, and of how many lines nobody knows.
fn costs(deeds: &[Deed]) -> (BTreeMap<Account, i64>, u64) {
    let (mut sums, mut unknown) = (BTreeMap::<Account, i64>::new(), 0);
    let mut book = |gross: i64, debit: Account, credit: Account| match cost(gross) {
        Some(cost) => {
            *sums.entry(debit).or_default() += cost.0;
            *sums.entry(credit).or_default() -= cost.0;
        }
        None => unknown += 1,
    };
    for deed in deeds {
        match deed {
            Deed::Sold { lines, .. } => {
                lines.iter().for_each(|(gross, _)| book(*gross, Account::CostOfGoods, Account::Inventory));
            }
            Deed::Fact { gross, .. } => book(*gross, Account::CostOfGoods, Account::Inventory),
            Deed::Returned { gross, to: Disposition::Resell, .. } => {
                book(*gross, Account::Inventory, Account::CostOfGoods);
            }
            Deed::Returned { gross, to: Disposition::Damaged, .. } => {
                book(*gross, Account::Shrink, Account::CostOfGoods);
            }
            Deed::Returned { gross, to: Disposition::ToSupplier, .. } => {
                book(*gross, Account::SupplierClaims, Account::CostOfGoods);
            }
            Deed::Moved(..) | Deed::NoSale => {}
        }
    }
    (sums, unknown)
}

proptest! {
    /// T45: whatever mix of sales, facts, returns, tenders, rounding, movements and counts a day brings,
    /// its journal sums to zero, leaves the drawer empty, and the X before is the Z.
    #[test]
    fn t45_the_journal_of_any_day_balances(
        deeds in deeds(),
        float in 0_i64..100_000,
        counted in prop::collection::vec((0_usize..7, -100_000_i64..1_000_000), 0..5),
        counted_before in prop::collection::vec((0_usize..7, 0_i64..1_000_000), 0..5),
    ) {
        let counts = |some: &[(usize, i64)]| -> Vec<Count> {
            let count = |(index, amount): &(usize, i64)| Count {
                kind: kind(*index), counted: Counted::Amount(Minor(*amount)), reason: None,
            };
            some.iter().map(count).collect()
        };
        let mut place = with_tea(10_000);
        rounding_by(&mut place, nearest(5, Tie::Down), nearest(5, Tie::Up));
        open(&mut place, 0);
        close(&mut place, counts(&counted_before));
        open(&mut place, float);
        let expected: i64 = float + deeds.iter().map(|deed| does(&mut place, deed)).sum::<i64>();
        let before = place.clone();
        let read = x(&mut place);
        prop_assert_eq!(&place, &before, "an X changes nothing");
        prop_assert_eq!(read.expected(TenderKind::Cash), Minor(expected));
        let (z, journal) = close(&mut place, counts(&counted));
        prop_assert_eq!(journal.iter().map(|line| line.amount.0).sum::<i64>(), 0);
        prop_assert_eq!(sum(&journal, Account::Drawer), 0);
        prop_assert!(journal.iter().all(|line| line.amount != Minor::ZERO || line.unknown_lines > 0));
        // What goods had cost is all in the journal, or told as not known; it balances by itself.
        let (expected, unknown) = costs(&deeds);
        for account in [Account::CostOfGoods, Account::Inventory, Account::Shrink, Account::SupplierClaims] {
            prop_assert_eq!(sum(&journal, account), expected.get(&account).copied().unwrap_or_default());
        }
        prop_assert_eq!(journal.iter().map(|line| line.unknown_lines).sum::<u64>(), unknown);
        prop_assert_eq!(journal.iter().filter(|line| line.is_of_costs()).map(|line| line.amount.0).sum::<i64>(), 0);
        prop_assert_eq!((&z.books, &z.late, z.grand, z.moves), (&read.books, &read.late, read.grand, read.moves));
        let over: i64 = z.tenders.iter().map(|line| line.variance().0).sum();
        let of_variance: i64 = journal.iter()
            .filter(|line| line.account == Account::OverShort && line.late.is_none())
            .map(|line| line.amount.0).sum();
        prop_assert_eq!(of_variance, -over);
        prop_assert_eq!(number(&ask(&mut place, Ask::Close { session: None, counts: vec![], pending: 0 })), 3010);
        // Revenue, tax and rounding are what the sales say, those that came late included.
        let totals = place.store.totals;
        let net: i64 = totals.iter().map(|one| one.net.0 - one.returned_net.0).sum();
        let tax: i64 = totals.iter().map(|one| one.tax.0 - one.returned_tax.0).sum();
        prop_assert_eq!(-sum(&journal, Account::Revenue) - sum(&journal, Account::Returns), net);
        prop_assert_eq!(-sum(&journal, Account::TaxPayable), tax);
        prop_assert_eq!(z.grand.sold.minus(z.grand.returned), Minor(net + tax));
        let findings = onhand_engine::world::World { places: [(build::LOCATION, place)].into(), ..Default::default() };
        prop_assert_eq!(findings.check(), Vec::<String>::new());
    }

    /// T46: rounding applies to what is left in cash; exact cash is taken; no other sum is.
    #[test]
    fn t46_only_the_cash_remainder_is_rounded(
        due in 1_i64..100_000, by_card in 0_i64..100_000, off_by in -20_i64..20, step in 2_u32..20,
    ) {
        let mut place = with_tea(10);
        let rule = nearest(step, Tie::Up);
        rounding_by(&mut place, rule, rule);
        let in_cash = due - by_card.min(due);
        let paid = in_cash + off_by;
        let tenders = vec![tender(TenderKind::Card, due - in_cash), tender(TenderKind::Cash, paid)];
        let outcome = run(&mut place, 2, Channel::Till, Action::Sell(sale(vec![line(due, 0)], tenders)));
        // Cash beyond what is due, and no change: its change was rounded to nothing.
        let fits = in_cash > 0 && paid > 0
            && (paid == rule.round(Minor(in_cash)).0 || (off_by > 0 && rule.round(Minor(off_by)) == Minor::ZERO));
        prop_assert_eq!(number(&outcome), if off_by == 0 || fits { 0 } else { 3002 });
        if let Ok(Event::SaleRecorded(sale)) = outcome {
            let all: Minor = sale.tenders.iter().map(|tender| tender.amount).sum();
            prop_assert_eq!(all, Minor(due), "tenders and rounding are what is due");
            let rounding = sale.tenders.iter().filter(|tender| tender.kind == TenderKind::CashRounding);
            prop_assert_eq!(rounding.count(), usize::from(off_by != 0));
        }
    }

    #[test]
    fn a_rounded_amount_is_the_nearest_multiple(amount in -1_000_000_i64..1_000_000, step in 1_u32..1_000) {
        let by = |direction, tie| RoundingRule { step, direction, tie }.round(Minor(amount)).0;
        let (step, size) = (i64::from(step), amount.abs());
        let (down, up) = (by(Direction::Down, Tie::Up).abs(), by(Direction::Up, Tie::Up).abs());
        prop_assert!(down % step == 0 && up % step == 0 && down <= size && size <= up && up - down <= step);
        prop_assert_eq!(up == down, size % step == 0);
        for (tie, at_a_tie) in [(Tie::Up, up), (Tie::Down, down)] {
            let found = by(Direction::Nearest, tie).abs();
            let expected = match (size - down).cmp(&(up - size)) {
                std::cmp::Ordering::Less => down,
                std::cmp::Ordering::Greater => up,
                std::cmp::Ordering::Equal => at_a_tie,
            };
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn cash_rounding_of_the_known_vectors() {
    let rule = nearest(5, Tie::Up);
    let rounded = [1_001, 1_002, 1_003, 1_007, 1_008].map(|amount| rule.round(Minor(amount)).0);
    assert_eq!(rounded, [1_000, 1_000, 1_005, 1_005, 1_010]);
    // New Zealand's ten cents, either way.
    assert_eq!(nearest(10, Tie::Up).round(Minor(1_005)), Minor(1_010));
    assert_eq!(nearest(10, Tie::Down).round(Minor(1_005)), Minor(1_000));
    // Forint: 5 Ft are 500 minor units.
    assert_eq!(nearest(500, Tie::Up).round(Minor(123_249)), Minor(123_000));
    assert_eq!(nearest(500, Tie::Up).round(Minor(123_250)), Minor(123_500));
    // No step: nothing to round to.
    assert_eq!(nearest(0, Tie::Up).round(Minor(1_003)), Minor(1_003));
}

/// T47: 60 sold, 100 handed over, 40 of change: the drawer is expected to have 60 more.
#[test]
fn t47_change_is_deducted_once() {
    let mut place = with_tea(10);
    open(&mut place, 20_000);
    let tenders = vec![tender(TenderKind::Cash, 10_000), tender(TenderKind::Cash, -4_000)];
    run(&mut place, 5, Channel::Till, Action::Sell(sale(vec![line(6_000, 210_000)], tenders))).unwrap();
    let read = x(&mut place);
    let cash = read.books.tenders[0];
    assert_eq!((cash.taken, cash.change, cash.refunded), (Minor(10_000), Minor(4_000), Minor::ZERO));
    assert_eq!(read.expected(TenderKind::Cash), Minor(26_000));
}

/// T48: whatever is counted is accepted, and the difference is posted with its reason.
#[test]
fn t48_any_count_closes_the_session() {
    for counted in [0, 1, 9_999, 10_000, 10_001, 10_000_000_000_000, -5] {
        let mut place = with_tea(1);
        open(&mut place, 10_000);
        let reason = Some(Label::new("nobody knows").unwrap());
        let (z, journal) = close(&mut place, vec![Count { reason: reason.clone(), ..cash_count(counted) }]);
        let cash = z.line(TenderKind::Cash).unwrap();
        assert_eq!((cash.expected, cash.variance()), (Minor(10_000), Minor(counted - 10_000)));
        assert_eq!(cash.reason, reason);
        assert_eq!(sum(&journal, Account::OverShort), 10_000 - counted);
        assert_eq!(sum(&journal, Account::Safe), counted - 10_000);
    }
}

#[test]
fn what_is_no_count_is_refused_and_changes_nothing() {
    let mut place = with_tea(1);
    open(&mut place, 10_000);
    let before = place.clone();
    let pieces = |some: Vec<Denomination>| Count { counted: Counted::Pieces(some), ..cash_count(0) };
    let one = |value, pieces| Denomination { value: Minor(value), pieces };
    for (counts, expected) in [
        (vec![cash_count(10_000_000_000_001)], 3003),
        (vec![Count { kind: TenderKind::CashRounding, ..cash_count(1) }], 3003),
        (vec![pieces(vec![one(0, 1)])], 3003),
        (vec![pieces(vec![one(-5, 1)])], 3003),
        (vec![pieces(vec![one(10_000_000_000_000, 2)])], 3003),
        (vec![pieces(vec![one(5, 1); 501])], 1011),
    ] {
        assert_eq!(number(&ask(&mut place, Ask::Close { session: None, counts, pending: 0 })), expected);
        assert_eq!(place, before);
    }
    let voucher = Count { kind: TenderKind::Voucher, ..cash_count(70) };
    let boxes = [pieces(vec![one(5_000, 1)]), pieces(vec![one(200, 3), one(5, 4)])];
    let (z, _) = close(&mut place.clone(), [&boxes[..], &[voucher]].concat());
    assert_eq!(z.line(TenderKind::Cash).unwrap().counted.as_ref().unwrap().total(), Minor(5_620));
    assert_eq!(z.line(TenderKind::Voucher).unwrap().variance(), Minor(70), "none was taken");
    let (z, _) = close(&mut place, [&boxes[..], &[cash_count(30)]].concat());
    assert_eq!(z.line(TenderKind::Cash).unwrap().counted, Some(Counted::Amount(Minor(5_650))));
    let business_day = Date::parse("2026-01-31").unwrap();
    let (float, basis) = (Minor(-1), PriceBasis::TaxInclusive);
    assert_eq!(number(&ask(&mut place, Ask::Open { business_day: business_day.into(), float, basis })), 3003);
}

/// T50: rates may change while a session is open; what was sold keeps the tax it was sold with.
#[test]
fn t50_a_sale_keeps_its_tax_when_the_rate_changes() {
    let mut place = with_tea(10);
    open(&mut place, 0);
    for rate in [190_000, 160_000, 190_000] {
        let sold = sale(vec![line(11_900, rate)], vec![tender(TenderKind::Card, 11_900)]);
        run(&mut place, 5, Channel::Till, Action::Sell(sold)).unwrap();
    }
    let back = refund(vec![line(11_900, 190_000)], vec![tender(TenderKind::Card, 11_900)]);
    run(&mut place, 6, Channel::Till, back).unwrap();
    let (z, journal) = close(&mut place, vec![]);
    let taxes: Vec<(u32, i64)> = z.books.sold.iter().map(|((_, rate), sum)| (rate.0, sum.tax.0)).collect();
    assert_eq!(taxes, [(160_000, 1_641), (190_000, 3_800)]);
    assert_eq!(z.books.returned[&(Channel::Till, RatePpm(190_000))].tax, Minor(1_900));
    assert_eq!(-sum(&journal, Account::TaxPayable), 1_641 + 3_800 - 1_900);
}

#[test]
fn z_numbers_have_no_gaps_and_the_grand_total_never_begins_again() {
    let mut place = with_tea(100);
    let mut grand = 0;
    for no in 1..=20 {
        open(&mut place, 0);
        for _ in 0..no {
            let sold = sale(vec![line(100, 0)], vec![tender(TenderKind::Cash, 100)]);
            run(&mut place, 5, Channel::Till, Action::Sell(sold)).unwrap();
            if no > 5 {
                break;
            }
        }
        let (z, _) = close(&mut place, vec![]);
        grand += z.books.gross_sold().0;
        assert_eq!((z.session, z.grand.sold), (SessionNo(no), Minor(grand)));
    }
}

#[test]
fn a_line_below_its_shelf_price_is_a_discount_and_a_rounded_one_is_not() {
    for (basis, gross, net) in [(PriceBasis::TaxInclusive, 900, 750), (PriceBasis::TaxExclusive, 1_080, 900)] {
        let mut place = with_tea(10);
        let business_day = Date::parse("2026-01-31").unwrap();
        ask(&mut place, Ask::Open { business_day: business_day.into(), float: Minor::ZERO, basis }).unwrap();
        let taxed = Taxed { net: Minor(net), tax: Minor(gross - net), rate: RatePpm(200_000) };
        let reduced = SaleLine { sku: TEA, qty: Qty::units(2), unit_price: Minor(500), taxed, unit_cost: None };
        let as_priced = SaleLine { unit_price: Minor(450), ..reduced };
        // Two for 10.01: each is 5.01 in the books, and that is no discount.
        let odd = Taxed { net: Minor(1_001), tax: Minor::ZERO, rate: RatePpm(0) };
        let rounded = SaleLine { sku: TEA, qty: Qty::units(2), unit_price: Minor(501), taxed: odd, unit_cost: None };
        let sold = Sell { tenders: vec![], ..sale(vec![reduced, as_priced, rounded], vec![]) };
        run(&mut place, 5, Channel::Till, Action::Sell(sold.clone())).unwrap();
        close(&mut place, vec![]);
        // Late, it goes by the prices of its own session.
        ask(
            &mut place,
            Ask::Open { business_day: business_day.into(), float: Minor::ZERO, basis: PriceBasis::TaxInclusive },
        )
        .unwrap();
        run(&mut place, 6, Channel::Till, fact(sold.clone(), Some(SessionNo(1)))).unwrap();
        let late = x(&mut place).late[0].books.discounts;
        assert_eq!((late.count, late.amount), (1, Minor(100)), "{basis:?}");
    }
}

#[test]
fn business_days_are_dates_of_the_calendar() {
    for good in ["2026-01-31", "2024-02-29", "2000-02-29", "1970-01-01", "9999-12-31"] {
        let day = Date::parse(good).unwrap();
        assert_eq!(day.to_string(), good);
        assert_eq!(Date::numbered(day.number()), Some(day));
    }
    for bad in [
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "1969-12-31",
        "2026-1-31",
        "2026/01/31",
        "20260131",
        "2026-01-31 ",
        "2026-01-3x",
        "+026-01-31",
        "2026--1-31",
        "",
    ] {
        assert_eq!(Date::parse(bad), None, "{bad}");
    }
}

/// Expected cash is the float and every movement since, through a million of them.
#[test]
fn expected_cash_is_the_sum_of_its_parts_for_a_million_movements() {
    let mut place = with_tea(2_000_000);
    open(&mut place, 12_345);
    let (mut expected, mut seed) = (12_345_i64, 0x9e37_79b9_7f4a_7c15_u64);
    let (reason, person) = (Label::new("because").unwrap(), Owner::new("ann").unwrap());
    let moved = |movement, amount| Happening::CashMoved {
        movement,
        amount: Minor(amount),
        reason: reason.clone(),
        person: person.clone(),
    };
    let till = place.tills.get_mut(&TILL).unwrap();
    for _ in 0..1_000_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let amount = i64::try_from(seed >> 44).unwrap() + 1;
        let (happening, sign) = match (seed >> 33) % 3 {
            0 => (moved(Movement::PaidIn, amount), 1),
            1 => (moved(Movement::PaidOut, amount), -1),
            _ => (moved(Movement::Drop, amount), -1),
        };
        till.apply(&Event::Drawer { till: TILL, happening });
        expected += sign * amount;
    }
    let report = till.drawer.as_ref().unwrap().read(Timestamp(1)).unwrap();
    assert_eq!(report.expected(TenderKind::Cash), Minor(expected));
    let moves = report.moves;
    assert_eq!(moves.paid_in.count + moves.paid_out.count + moves.dropped.count, 1_000_000);
}
